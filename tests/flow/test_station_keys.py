"""The key that opens parcels: in a PKCS#12 file, or in a token that never gives it away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from app import clock
from app.cli import run
from app.department.checks.checks import Checks
from app.department.http.web import RunningStation, assemble
from app.department.ops.keys import KeyPlace, OpeningToken, TokenPlace
from app.department.store.folder import StationFolder, choose_key, init_folder, load_folder
from app.errors import (
    DriverCrashed,
    KeyPasswordIncorrect,
    PinIncorrect,
    StationBusy,
    StationKeyInvalid,
)
from app.parcel import DeviceIdentity, seal
from app.parcel.enrolment import make_request, read_request
from app.parcel.recipient import self_certificate
from app.signing.keys.token_process import TokenDriver, TokenKey
from app.signing.keys.token_worker import TokenRefusal, oaep_decoded
from app.signing.record.forward_report import ForwardReport, open_report
from app.signing.trust.practice_pki import Identity, PracticeAuthority
from tests.fixtures.pki.tokens import PIN, calls, shim, token
from tests.fixtures.schools.parcels import SCHOOL, receiver, records
from tests.fixtures.stations.station_main import examine, full, light
from tests.fixtures.waiting import until

OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def identity(number: int = 0) -> Identity:
    key, certificate = receiver(number)
    return Identity(key, certificate, ())


@pytest.fixture
def folder(tmp_path: Path) -> StationFolder:
    return init_folder(tmp_path / "so", "Sở thử")


def with_token(
    folder: StationFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **faults: int
) -> TokenDriver:
    """A SoftHSM token with the key, known to the station; `faults` come with the shim."""
    (folder.path / "open.pin").write_text(PIN + "\n")
    driver = token(tmp_path / "hsm", identity())
    if faults:
        driver = shim(tmp_path, driver, **faults)
    for name, value in driver.environment.items():
        monkeypatch.setenv(name, value)
    choose_key(folder.path, "open", module=driver.path)
    return driver


def take(folder: StationFolder, to: x509.Certificate) -> dict[str, int]:
    """What the station holds after one parcel for this certificate."""
    station = assemble(folder, Checks(light, full, examine))
    try:
        return _take(station, to)
    finally:
        station.keys.close()
        station.archive.close()


def _take(station: RunningStation, to: x509.Certificate) -> dict[str, int]:
    device = DeviceIdentity.new(SCHOOL)
    request = read_request(make_request(device, "Trường", "máy"))
    station.archive.enrol(request, "2040-01-01T00:00:00+07:00")
    sender = station.archive.device(device.device_id)
    assert sender is not None
    parcel = seal(records(3, 1), to=to, device=device, counter=1)
    station.receiving.take(parcel.bytes, sender)
    return station.archive.counts()


def certificate_of(folder: StationFolder) -> x509.Certificate:
    return x509.load_pem_x509_certificate(folder.certificate_pem.encode())


def test_a_key_on_a_token_opens_parcels_and_never_leaves_it(
    folder: StationFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_token(folder, tmp_path, monkeypatch)
    again = load_folder(folder.path)
    assert certificate_of(again) == identity().certificate
    assert take(again, certificate_of(again)) == {"received": 3}


def test_a_key_in_a_pkcs12_file_opens_parcels(folder: StationFolder, tmp_path: Path) -> None:
    (folder.path / "open.pin").write_text("mật khẩu tệp", "utf-8")
    identity().save_pkcs12(tmp_path / "khoa.p12", "mật khẩu tệp")
    words = ["department", "key", "open", "--dir", str(folder.path)]
    assert run([*words, "--pkcs12", str(tmp_path / "khoa.p12")]) == 0
    again = load_folder(folder.path)
    assert (again.path / "open.p12").stat().st_mode & 0o077 == 0
    assert take(again, certificate_of(again)) == {"received": 3}


def test_parcels_sealed_before_the_change_are_still_opened(
    folder: StationFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = certificate_of(folder)
    with_token(folder, tmp_path, monkeypatch)
    assert take(load_folder(folder.path), before) == {"received": 3}


def test_a_wrong_pin_is_tried_once_however_many_workers_start(
    folder: StationFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = with_token(folder, tmp_path, monkeypatch, watch=1)
    before = calls(tmp_path).count("login")
    (folder.path / "open.pin").write_text("000000")
    serve = ["department", "serve", "--dir", str(folder.path), "--port", "0", "--workers", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "app", *serve],
        env={**os.environ, **driver.environment},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "PIN" in (done.stderr + done.stdout).decode()
    assert b"000000" not in done.stderr + done.stdout
    assert calls(tmp_path).count("login") == before + 1
    assert not (folder.path / "address.json").exists()


def test_a_worker_that_starts_anew_with_a_wrong_pin_ends_the_station_not_the_token(
    folder: StationFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = with_token(folder, tmp_path, monkeypatch, watch=1)
    serve = ["department", "serve", "--dir", str(folder.path), "--port", "0", "--workers", "2"]
    station = subprocess.Popen(
        [sys.executable, "-m", "app", *serve],
        env={**os.environ, **driver.environment},
        stderr=subprocess.DEVNULL,
    )
    try:
        good = calls(tmp_path).count("login") + 3  # the look before all else, and two workers
        wait_for(lambda: calls(tmp_path).count("login") == good)
        (folder.path / "open.pin").write_text("000000")
        children = Path(f"/proc/{station.pid}/task/{station.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        assert station.wait(30) == 1
        assert calls(tmp_path).count("login") == good + 1
    finally:
        station.kill()
        station.wait()


def wait_for(condition: Callable[[], bool]) -> None:
    until(condition)


def test_the_seal_works_again_after_its_token_was_gone_but_not_after_a_wrong_pin(
    folder: StationFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = PracticeAuthority(clock.now())
    driver = token(tmp_path / "hsm", authority.organisation("Sở thử"))
    for name, value in driver.environment.items():
        monkeypatch.setenv(name, value)
    (folder.path / "seal.pin").write_text(PIN)
    choose_key(folder.path, "seal", module=driver.path)
    seal_of = load_folder(folder.path).sealing()
    report = ForwardReport("SGD79", "Sở thử", "0" * 64, clock.now(), ())
    for pin in (PIN, "000000"):
        assert open_report(seal_of.sign(report)).report == report
        (folder.path / "seal.pin").write_text(pin)
        assert isinstance(seal_of._key, TokenKey)
        seal_of._key._process._child.kill()
        with pytest.raises(DriverCrashed):
            seal_of.sign(report)
    for _ in range(2):
        with pytest.raises(PinIncorrect):
            seal_of.sign(report)
        (folder.path / "seal.pin").write_text(PIN)  # a person has to start the station again
    seal_of.close()


def test_a_token_that_is_pulled_out_makes_the_school_wait_and_comes_back(
    folder: StationFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_token(folder, tmp_path, monkeypatch)
    place = KeyPlace(folder.path, "open", load_folder(folder.path).open_place)
    key = OpeningToken(place)
    sealed = key.public_key().encrypt(b"k" * 32, OAEP)
    assert key.decrypt(sealed, OAEP) == b"k" * 32
    assert key._key is not None
    key._key._key._process._child.kill()
    with pytest.raises(StationBusy):
        key.decrypt(sealed, OAEP)
    assert key.decrypt(sealed, OAEP) == b"k" * 32
    key.close()


def test_what_was_not_encrypted_for_the_key_is_said_as_software_keys_say_it(
    folder: StationFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_token(folder, tmp_path, monkeypatch)
    key = OpeningToken(KeyPlace(folder.path, "open", load_folder(folder.path).open_place))
    other = receiver(3)[0].public_key().encrypt(b"k" * 32, OAEP)
    for wrong in (other, b"", b"\0" * 256, b"\1" * 256):
        with pytest.raises(ValueError, match=r"padding|not encrypted"):
            key.decrypt(wrong, OAEP)
    assert key.decrypt(key.public_key().encrypt(b"still", OAEP), OAEP) == b"still"
    key.close()


@pytest.mark.parametrize("size", [0, 1, 32, 190])
def test_the_padding_is_undone_as_the_library_makes_it(size: int) -> None:
    """RFC 8017 §7.1.2, against the library's own encoding; every flipped byte is noticed."""
    key = receiver()[0]
    message = bytes(range(size))
    numbers = key.private_numbers()
    sealed = int.from_bytes(key.public_key().encrypt(message, OAEP), "big")
    modulus = numbers.public_numbers.n
    encoded = pow(sealed, numbers.d, modulus).to_bytes(256, "big")
    assert oaep_decoded(encoded) == message
    for at in range(0, 256, 17):
        torn = bytearray(encoded)
        torn[at] ^= 1
        with pytest.raises(TokenRefusal):
            oaep_decoded(bytes(torn))


def test_what_cannot_be_used_is_named_and_changes_nothing(
    folder: StationFolder, tmp_path: Path
) -> None:
    before = (folder.path / "station.json").read_bytes()
    identity().save_pkcs12(tmp_path / "khoa.p12", "đúng")
    with pytest.raises(StationKeyInvalid, match=r"open\.pin"):
        choose_key(folder.path, "open", pkcs12=tmp_path / "khoa.p12")
    (folder.path / "open.pin").write_text("sai", "utf-8")
    with pytest.raises(StationKeyInvalid, match="mật khẩu"):
        choose_key(folder.path, "open", pkcs12=tmp_path / "khoa.p12")
    (folder.path / "seal.pin").write_text("sai", "utf-8")
    with pytest.raises(KeyPasswordIncorrect):
        choose_key(folder.path, "seal", pkcs12=tmp_path / "khoa.p12")
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    Identity(small, self_certificate(small, "ngắn"), ()).save_pkcs12(tmp_path / "s.p12", "sai")
    with pytest.raises(StationKeyInvalid, match="2048"):
        choose_key(folder.path, "open", pkcs12=tmp_path / "s.p12")
    assert (folder.path / "station.json").read_bytes() == before
    assert run(["department", "key", "open", "--dir", str(folder.path)]) == 2


def test_a_place_on_a_token_is_written_as_rfc_7512_writes_it(tmp_path: Path) -> None:
    place = TokenPlace(Path("/opt/một thư mục/lib.so"), "12;3 4", "0a")
    assert KeyPlace(tmp_path, "open", place.uri).token() == place
    for torn in ("pkcs11:id=01", "pkcs11:serial=1;id=2", "pkcs11:?module-path=/x"):
        with pytest.raises(StationKeyInvalid):
            KeyPlace(tmp_path, "open", torn).token()
