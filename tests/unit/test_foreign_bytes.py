"""Bytes from outside, mutated from real ones: what is wrong with them is always one of our errors.

Where a signature stands in front, the mutation comes before it is made: its holder may be hostile.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.department.checks.record_checks import light
from app.errors import AppError
from app.model.delivery import Event, ParcelItem, ReceiptStage, RecordKey
from app.parcel import DeviceIdentity, block, compression, inspect, jws, open_parcel, salvage, seal
from app.parcel.declaration import Declaration, DeclaredClass, declare, read_declaration
from app.parcel.enrolment import issue_enrolment, make_request, read_enrolment, read_request
from app.parcel.format import read_header
from app.parcel.receipts import KIND as RECEIPT
from app.parcel.receipts import issue, read
from app.parcel.request_signature import SignedRequest, sign, verify
from app.transcript import xml_record
from tests.fixtures.schools.parcels import SCHOOL, receiver, records

DEVICE = DeviceIdentity.new(SCHOOL)
STATION = Ed25519PrivateKey.generate()
OPEN_KEY, CERTIFICATE = receiver()
ITEMS = records(2)
PARCEL = seal(ITEMS, to=CERTIFICATE, device=DEVICE, counter=1, block_size=1).bytes
REQUEST = make_request(DEVICE, "Trường thử", "máy")
ENROLMENT = issue_enrolment(
    read_request(REQUEST),
    station="Sở",
    url="https://localhost",
    ca_pem="-",
    certificate_pem=CERTIFICATE.public_bytes(Encoding.PEM).decode(),
    signing_key=STATION,
    valid_until=datetime(2040, 1, 1, tzinfo=UTC),
).encode()
RECEIPT_TOKEN = issue(
    ITEMS[0].key, ReceiptStage.VERIFIED, station="Sở", issued_at="2027-01-01", signing_key=STATION
).token.encode()
DECLARATION = declare(
    Declaration(SCHOOL, 1, (DeclaredClass("2026-2027", "4A", 4, 30),)), DEVICE
).encode()
PLAIN = block.pack(ITEMS)
LENT = compression.dictionary_of(PLAIN)


def item(xml: bytes) -> ParcelItem:
    key = RecordKey(ITEMS[0].key.record_id, 1, ITEMS[0].key.sha256)
    return ParcelItem(key, Event.NEW, xml, SCHOOL, "2026-2027", "4A")


PARSERS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "parcel": (PARCEL, lambda data: open_parcel(data, OPEN_KEY, DEVICE.public_key)),
    "parcel header": (PARCEL, lambda data: inspect(data, DEVICE.public_key)),
    "torn parcel": (PARCEL, lambda data: salvage(data, OPEN_KEY, DEVICE.public_key)),
    "manifest of anybody": (PARCEL, read_header),
    "block of an enrolled device": (PLAIN, block.unpack),
    "frame of a block": (compression.compress(PLAIN), compression.decompress),
    "frame that leans on another": (
        compression.compress(PLAIN, LENT),
        lambda data: compression.decompress(data, LENT),
    ),
    "enrolment request": (REQUEST, read_request),
    "enrolment": (ENROLMENT, lambda data: read_enrolment(data, DEVICE)),
    "receipt": (RECEIPT_TOKEN, lambda d: read(d.decode("latin-1"), STATION.public_key())),
    "declaration": (
        DECLARATION,
        lambda d: read_declaration(d.decode("latin-1"), DEVICE.public_key),
    ),
    "record": (ITEMS[0].xml, xml_record.parse),
    "record at the station": (ITEMS[0].xml, lambda data: light(item(data))),
}


@st.composite
def mutated(draw: st.DrawFn, sample: bytes) -> bytes:
    """Bytes of `sample` changed, cut out, doubled or replaced in up to four places."""
    data = sample
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        to = at + draw(st.integers(0, 64))
        put = draw(st.one_of(st.binary(max_size=32), st.just(data[at:to] * 2)))
        data = data[:at] + put + data[to:]
    return data


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_bytes_end_in_one_of_our_errors(name: str, data: st.DataObject) -> None:
    sample, parse = PARSERS[name]
    try:
        parse(data.draw(mutated(sample)))
    except AppError:
        return


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=8,
)
NAMES = """
record version sha256 stage station issued_at reason evidence format number school school_code
classes device_id url ca certificate receipt_key valid_until
""".split()  # noqa: SIM905
CLAIMS = st.dictionaries(
    st.sampled_from(NAMES),
    ANYTHING,
)


@pytest.mark.parametrize("kind", [RECEIPT, "hocba-declaration+jws", "hocba-enrolment+jws"])
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(claims=CLAIMS)
def test_well_signed_nonsense_ends_in_one_of_our_errors(
    kind: str, claims: dict[str, object]
) -> None:
    token = jws.sign(claims, kind, STATION)
    for parse in (
        lambda: read(token, STATION.public_key()),
        lambda: read_declaration(token, STATION.public_key()),
        lambda: read_enrolment(token.encode(), DEVICE),
    ):
        with pytest.raises(AppError):
            parse()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_request_signatures_are_refused_not_crashed_on(data: st.DataObject) -> None:
    headers = {"host": "localhost"}
    message = SignedRequest("PUT", "https://localhost/v1/parcels/x", headers)
    sign(message, DEVICE, datetime.now(UTC))
    name = data.draw(st.sampled_from(["Signature", "Signature-Input"]))
    before = message.headers[name]
    after = data.draw(mutated(before.encode())).decode("latin-1")
    message.headers[name] = after
    if after != before:
        try:
            verify(message, lambda _: DEVICE.public_key)
        except ValueError:
            return
