"""Receipts, enrolment files and signed requests: believed only from whom and for what they say."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import clock
from app.department.store.folder import StationFolder, init_folder
from app.errors import EnrolmentInvalid, ReceiptInvalid, StationFolderInvalid
from app.model.delivery import ReceiptStage, RecordKey
from app.parcel import DeviceIdentity
from app.parcel.enrolment import issue_enrolment, make_request, read_enrolment, read_request
from app.parcel.receipts import accept, issue
from app.parcel.request_signature import SignedRequest, sign, verify

STATION = Ed25519PrivateKey.generate()
KEY = RecordKey("7f6c1f1e-0000-4000-8000-000000000001", 2, "ab" * 32)
DEVICE = DeviceIdentity.new("79000123")
NOW = "2027-06-01T08:00:00+07:00"


def receipt(stage: ReceiptStage = ReceiptStage.VERIFIED, key: RecordKey = KEY) -> str:
    return issue(
        key, stage, station="Sở", issued_at=NOW, signing_key=STATION, reason="vì thế"
    ).token


def test_a_receipt_says_what_was_signed() -> None:
    accepted = accept(receipt(), STATION.public_key(), {KEY})
    assert (accepted.key, accepted.stage, accepted.reason) == (KEY, ReceiptStage.VERIFIED, "vì thế")


def test_a_receipt_of_another_station_is_not_believed() -> None:
    with pytest.raises(ReceiptInvalid):
        accept(receipt(), Ed25519PrivateKey.generate().public_key(), {KEY})


@pytest.mark.parametrize(
    "other",
    [
        RecordKey("another", KEY.version, KEY.sha256),
        RecordKey(KEY.record_id, 1, KEY.sha256),
        RecordKey(KEY.record_id, KEY.version, "cd" * 32),
    ],
)
def test_a_receipt_must_name_record_version_and_hash(other: RecordKey) -> None:
    with pytest.raises(ReceiptInvalid):
        accept(receipt(key=other), STATION.public_key(), {KEY})


def test_a_receipt_with_any_letter_changed_is_not_believed() -> None:
    token = receipt()
    for at in range(0, len(token) - 1, 7):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(ReceiptInvalid):
            accept(changed, STATION.public_key(), {KEY})


def test_an_unsigned_receipt_is_not_believed() -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"hocba-receipt+jws"}').rstrip(b"=")
    forged = header.decode() + "." + receipt().split(".")[1] + "."
    with pytest.raises(ReceiptInvalid):
        accept(forged, STATION.public_key(), {KEY})


def test_rubbish_is_no_receipt() -> None:
    for rubbish in ("", "a.b.c", "..", "\x00", "x" * 100_000):
        with pytest.raises(ReceiptInvalid):
            accept(rubbish, STATION.public_key(), {KEY})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> StationFolder:
    return init_folder(tmp_path_factory.mktemp("x") / "so", "Sở thử", url="https://so.example:8443")


def enrolment(folder: StationFolder, device: DeviceIdentity = DEVICE, url: str = "") -> str:
    return issue_enrolment(
        read_request(make_request(device, "Trường", "máy 1")),
        station=folder.name,
        url=url or folder.public_url(),
        ca_pem=folder.ca_pem,
        certificate_pem=folder.certificate_pem,
        signing_key=folder.receipt_key,
        valid_until=clock.now() + timedelta(days=1),
    )


def test_two_files_make_a_machine_and_a_station_know_each_other(folder: StationFolder) -> None:
    read = read_enrolment(enrolment(folder), DEVICE)
    assert read.url == "https://so.example:8443"
    assert read.receipt_key == folder.receipt_key.public_key()
    assert len(read.fingerprint) == 19


def test_an_enrolment_for_another_machine_is_refused(folder: StationFolder) -> None:
    with pytest.raises(EnrolmentInvalid):
        read_enrolment(enrolment(folder, DeviceIdentity.new("79000123")), DEVICE)


def test_a_known_station_cannot_be_replaced_by_another(folder: StationFolder) -> None:
    token = enrolment(folder)
    assert read_enrolment(token, DEVICE, folder.receipt_key.public_key()).station == "Sở thử"
    with pytest.raises(EnrolmentInvalid):
        read_enrolment(token, DEVICE, STATION.public_key())


def test_an_address_without_tls_is_refused(folder: StationFolder) -> None:
    with pytest.raises(EnrolmentInvalid):
        read_enrolment(enrolment(folder, url="http://so.example"), DEVICE)


def test_a_receipt_is_no_enrolment() -> None:
    with pytest.raises(EnrolmentInvalid):
        read_enrolment(receipt(), DEVICE, STATION.public_key())


def test_a_request_that_was_changed_on_the_way_is_refused() -> None:
    content = json.loads(make_request(DEVICE, "Trường", "máy 1"))
    for change in ({"school_code": "01000001"}, {"public_key": "00" * 32}, {"signature": "00"}):
        with pytest.raises(EnrolmentInvalid):
            read_request(json.dumps({**content, **change}).encode())


def test_names_that_no_page_can_show_are_refused() -> None:
    for code, name in (("7" * 33, "Trường"), ("79", "T" * 251), ("79", "a\x00b"), ("79", "a\nb")):
        with pytest.raises(EnrolmentInvalid):
            read_request(make_request(DeviceIdentity.new(code), name, "máy"))


def test_rubbish_is_no_request() -> None:
    for rubbish in (b"", b"[]", b"{}", b"\xff\xfe", b"[" * 60_000, b"x" * 70_000):
        with pytest.raises(EnrolmentInvalid):
            read_request(rubbish)


def test_a_folder_that_holds_a_station_is_not_made_anew(folder: StationFolder) -> None:
    with pytest.raises(StationFolderInvalid):
        init_folder(folder.path, "Sở khác")


def test_secret_keys_are_for_their_owner_only(folder: StationFolder) -> None:
    modes = {path.name: path.stat().st_mode & 0o077 for path in Path(folder.path).glob("*.key")}
    assert modes == {"receipt.key": 0, "open.key": 0, "tls.key": 0}


def signed(**headers: str) -> SignedRequest:
    message = SignedRequest("PUT", "https://so.example:8443/v1/parcels/ab", dict(headers))
    sign(message, DEVICE, clock.now())
    return message


def test_a_signed_request_names_its_device() -> None:
    message = signed(**{"upload-offset": "0"})
    device_id, nonce = verify(message, lambda _: DEVICE.public_key)
    assert device_id == DEVICE.device_id
    assert verify(signed(), lambda _: DEVICE.public_key)[1] != nonce


@pytest.mark.parametrize(
    ("method", "url", "headers"),
    [
        ("HEAD", "https://so.example:8443/v1/parcels/ab", {}),
        ("PUT", "https://so.example:8443/v1/parcels/ac", {}),
        ("PUT", "https://other.example:8443/v1/parcels/ab", {}),
        ("PUT", "https://so.example:8443/v1/parcels/ab?after=2026", {}),
        ("PUT", "https://so.example:8443/v1/parcels/ab", {"upload-offset": "9"}),
        ("PUT", "https://so.example:8443/v1/parcels/ab", {"upload-length": "9"}),
    ],
)
def test_a_signature_stands_for_one_request_only(
    method: str, url: str, headers: dict[str, str]
) -> None:
    message = signed(**{"upload-offset": "0"})
    other = SignedRequest(method, url, {**message.headers, **headers})
    with pytest.raises(ValueError, match="signature"):
        verify(other, lambda _: DEVICE.public_key)


def test_an_old_signature_is_not_taken() -> None:
    message = SignedRequest("PUT", "https://so.example/v1/parcels/ab", {})
    sign(message, DEVICE, clock.now() - timedelta(minutes=10))
    with pytest.raises(ValueError, match="signature"):
        verify(message, lambda _: DEVICE.public_key)
