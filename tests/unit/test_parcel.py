"""The parcel: what goes in comes out, and nothing else does."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import subprocess
from pathlib import Path

import pytest
import zstandard
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.errors import ParcelError, ParcelNotForUs, ParcelTampered, ParcelTooLarge
from app.model.delivery import RecordKey
from app.parcel import (
    DeviceIdentity,
    Parcel,
    block,
    compression,
    envelope,
    inspect,
    open_parcel,
    seal,
)
from app.parcel.device import public_key_from_hex
from app.parcel.format import MAGIC, SIGNATURE, block_places, frame, frame_block, read_front
from tests.fixtures.schools.parcels import SCHOOL, receiver, records

DEVICE = DeviceIdentity.new(SCHOOL)
ITEMS = records(6)


@pytest.fixture(scope="module")
def parcel() -> Parcel:
    return seal(ITEMS, to=receiver()[1], device=DEVICE, counter=7, block_size=1)


def test_what_was_sealed_comes_out_in_order_and_byte_for_byte(parcel: Parcel) -> None:
    assert open_parcel(parcel.bytes, receiver()[0], DEVICE.public_key) == ITEMS
    assert parcel.counts == (6, 6)


def test_each_of_several_receivers_can_open(parcel: Parcel) -> None:
    for_two = seal(ITEMS, to=[receiver(1)[1], receiver()[1]], device=DEVICE, counter=1)
    for number in (0, 1):
        assert open_parcel(for_two.bytes, receiver(number)[0], DEVICE.public_key) == ITEMS


def test_the_header_tells_sender_and_counts_without_any_key(parcel: Parcel) -> None:
    header = inspect(parcel.bytes, DEVICE.public_key)
    assert (header.device_id, header.school_code, header.counter, header.items) == (
        DEVICE.device_id,
        SCHOOL,
        7,
        6,
    )


def test_nothing_of_a_record_can_be_read_outside_the_envelope(parcel: Parcel) -> None:
    for item in ITEMS:
        assert item.key.record_id.encode() not in parcel.bytes
        assert b"HOC_BA" not in parcel.bytes


def test_openssl_opens_a_block(parcel: Parcel, tmp_path: Path) -> None:
    key, certificate = receiver()
    front = read_front(parcel.bytes)
    at, entry = next(iter(block_places(front)))
    (tmp_path / "block.der").write_bytes(frame_block(parcel.bytes, at, entry))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (tmp_path / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    command = (
        "openssl cms -decrypt -inform DER -in block.der -inkey key.pem -recip cert.pem -out plain"
    )
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True, timeout=30)
    header = front.header
    content = (tmp_path / "plain").read_bytes()
    compressed = block.bound(content, header.parcel_id, header.device_id, place=0)
    assert block.unpack(compression.decompress(compressed)) == ITEMS[:1]


def test_a_wrong_receiver_is_told_so(parcel: Parcel) -> None:
    with pytest.raises(ParcelNotForUs):
        open_parcel(parcel.bytes, receiver(1)[0], DEVICE.public_key)


def test_another_device_is_not_taken_for_the_sender(parcel: Parcel) -> None:
    with pytest.raises(ParcelTampered):
        inspect(parcel.bytes, DeviceIdentity.new(SCHOOL).public_key)


def test_a_stranger_cannot_sign_in_a_devices_name() -> None:
    stranger = DeviceIdentity.new(SCHOOL)
    honest = seal(ITEMS[:1], to=receiver()[1], device=DEVICE, counter=1)
    front = read_front(honest.bytes)
    forged = honest.bytes.replace(
        frame(SIGNATURE, front.signature), frame(SIGNATURE, stranger.sign(MAGIC + front.manifest))
    )
    assert forged != honest.bytes
    with pytest.raises(ParcelTampered):
        inspect(forged, DEVICE.public_key)


def test_a_flipped_bit_never_goes_unnoticed(parcel: Parcel) -> None:
    chance = random.Random(4)
    for _ in range(60):
        damaged = bytearray(parcel.bytes)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        with pytest.raises(ParcelError):
            open_parcel(bytes(damaged), receiver()[0], DEVICE.public_key)


def test_bytes_behind_the_end_are_refused(parcel: Parcel) -> None:
    with pytest.raises(ParcelTampered):
        open_parcel(parcel.bytes + b"\0", receiver()[0], DEVICE.public_key)


def test_foreign_bytes_are_refused_without_a_traceback() -> None:
    chance = random.Random(5)
    for size in (0, 1, 15, 16, 100, 5000):
        with pytest.raises(ParcelError):
            open_parcel(chance.randbytes(size), receiver()[0], DEVICE.public_key)
        with pytest.raises(ParcelError):
            envelope.decrypt(chance.randbytes(size), receiver()[0])


def test_a_flip_anywhere_in_the_envelope_is_refused() -> None:
    sealed = envelope.encrypt(b"hello", [receiver()[1]])
    assert envelope.decrypt(sealed, receiver()[0]) == b"hello"
    changed = 0
    for at in range(0, len(sealed), 5):
        damaged = bytearray(sealed)
        damaged[at] ^= 4
        try:
            plain = envelope.decrypt(bytes(damaged), receiver()[0])
        except ParcelError:
            changed += 1
        else:  # names in the recipient's label are not needed to open
            assert plain == b"hello"
    assert changed > 50


def test_a_decompression_bomb_is_refused_before_it_grows() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(80 * 1024 * 1024))
    assert len(bomb) < 10_000
    with pytest.raises(ParcelTooLarge):
        compression.decompress(bomb)


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1024))
    with pytest.raises(ParcelTampered):
        compression.decompress(unsized)
    sized = bytearray(compression.compress(bytes(1024)))
    at = sized.index((1024 - 256).to_bytes(2, "little"))  # RFC 8878, 3.1.1.1.4
    for said in (0, 1, 600):
        sized[at : at + 2] = said.to_bytes(2, "little")
        with pytest.raises(ParcelTampered):
            compression.decompress(bytes(sized))


def test_a_block_cannot_be_moved_to_another_parcel_or_place() -> None:
    content = block.binding("a" * 32, DEVICE.device_id, 0) + b"rest"
    assert block.bound(content, "a" * 32, DEVICE.device_id, 0) == b"rest"
    others = [("b" * 32, DEVICE.device_id, 0), ("a" * 32, "c" * 32, 0), ("a" * 32, "a" * 32, 1)]
    for other in [*others, ("a" * 32, DEVICE.device_id, 1)]:
        with pytest.raises(ParcelTampered):
            block.bound(content, *other)
    with pytest.raises(ParcelTampered):
        block.bound(content[:30], "a" * 32, DEVICE.device_id, 0)


def test_a_record_filed_under_a_wrong_hash_is_not_sealed() -> None:
    wrong = dataclasses.replace(ITEMS[0], key=RecordKey("id", 1, "0" * 64))
    with pytest.raises(ParcelTampered):
        seal([wrong], to=receiver()[1], device=DEVICE, counter=1)


def test_an_oversized_record_is_not_sealed() -> None:
    huge = records(1)[0].xml.ljust(5 * 1024 * 1024)
    item = dataclasses.replace(ITEMS[0], xml=huge)
    with pytest.raises(ParcelError):
        seal([item], to=receiver()[1], device=DEVICE, counter=1)


def test_an_empty_parcel_is_not_made() -> None:
    with pytest.raises(ParcelError):
        seal([], to=receiver()[1], device=DEVICE, counter=1)


def test_a_parcel_of_the_first_day_opens_for_ever() -> None:
    """The published vector of app/parcel/FORMAT.md."""
    place = Path(__file__).parents[1] / "data" / "parcel"
    expected = json.loads((place / "expected.json").read_text())
    data = (place / "parcel.hbx").read_bytes()
    key = load_pem_private_key((place / "open.key").read_bytes(), None)
    items = open_parcel(data, key, public_key_from_hex(expected["sender_public_key"]))
    assert hashlib.sha256(data).hexdigest() == expected["sha256"]
    assert [
        {
            "id": item.key.record_id,
            "version": item.key.version,
            "sha256": hashlib.sha256(item.xml).hexdigest(),
            "event": item.event.value,
            "size": len(item.xml),
        }
        for item in items
    ] == expected["items"]
