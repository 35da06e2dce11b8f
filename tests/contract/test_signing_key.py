"""What every kind of key must do, and what a token must do when things go wrong."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.errors import (
    DriverCrashed,
    DriverHangs,
    DriverUnusable,
    KeyFileMissing,
    KeyFileUnreadable,
    KeyMissing,
    KeyPasswordIncorrect,
    PinIncorrect,
    PinLocked,
    TokenError,
    TokenMissing,
    TokenRemoved,
)
from app.signing.keys.key_choice import KeyChoice
from app.signing.keys.keys import Pkcs12Key, Scheme, SigningKey, sign_checked, verify
from app.signing.keys.token_process import (
    TokenDriver,
    TokenTimeouts,
    list_certificates,
    list_tokens,
)
from app.signing.trust.practice_pki import Algorithm
from tests.fixtures.pki.pki import HOMEROOM, MATHS, staffroom
from tests.fixtures.pki.tokens import calls, open_first, open_token_key, shim, token
from tests.fixtures.pki.windows import open_store_key, real_store, store

_PLACES = ["pkcs12", "token", "cng", *(["windows"] if sys.platform == "win32" else [])]
_KINDS = [f"{place}_{scheme}" for place in _PLACES for scheme in ("ec", "pss", "pkcs1")]
"""`windows`: the real certificate store, collected where Windows is; `cng`: a stand-in for it."""


@pytest.fixture(scope="module")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> TokenDriver:
    """CKA_ID 01: EC, 02: RSA; both under the same label."""
    folder = tmp_path_factory.mktemp("softhsm")
    ec, rsa = staffroom(Algorithm.EC).homeroom, staffroom(Algorithm.RSA).maths
    return token(folder, ec, rsa)


@pytest.fixture(params=_KINDS)
def key(
    request: pytest.FixtureRequest, softhsm: TokenDriver, tmp_path: Path
) -> Iterator[SigningKey]:
    place, _, scheme = request.param.partition("_")
    is_ec = scheme == "ec"
    wanted = Scheme.PKCS1 if scheme == "pkcs1" else Scheme.PSS
    identity = staffroom(Algorithm.EC).homeroom if is_ec else staffroom(Algorithm.RSA).maths
    with ExitStack() as kept:
        if place == "pkcs12":
            file = tmp_path / "key.p12"
            identity.save_pkcs12(file, "mật khẩu")
            opened: SigningKey = Pkcs12Key.open(file, "mật khẩu", rsa_scheme=wanted)
        elif place == "token":
            opened = open_first(softhsm, "01" if is_ec else "02", rsa_schemes=(wanted,))
        elif place == "cng":
            opened = open_store_key(store(tmp_path, identity), identity, rsa_schemes=(wanted,))
        else:
            driver = kept.enter_context(real_store(tmp_path, identity))
            opened = open_store_key(driver, identity, rsa_schemes=(wanted,))
        yield kept.enter_context(opened)


def test_a_signature_verifies_with_the_certificate(key: SigningKey) -> None:
    signature = sign_checked(key, b"data")
    assert verify(key.certificate, key.scheme, signature, b"data")
    assert not verify(key.certificate, key.scheme, signature, b"other data")


def test_a_key_knows_its_holder_and_its_issuer(key: SigningKey) -> None:
    assert key.holder in (HOMEROOM[0], MATHS[0])
    assert [c.subject for c in key.chain] == [key.certificate.issuer]


def test_a_key_signs_more_than_once(key: SigningKey) -> None:
    assert all(sign_checked(key, bytes([n])) for n in range(3))


def test_signatures_may_be_asked_for_ahead(key: SigningKey) -> None:
    asked = [(bytes([n]), key.begin(bytes([n]))) for n in range(3)]
    assert key.sign(b"between")
    for data, pending in reversed(asked):
        assert verify(key.certificate, key.scheme, pending(), data)


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        ("password", KeyPasswordIncorrect),
        ("torn", KeyFileUnreadable),
        ("no key file", KeyFileUnreadable),
        ("empty", KeyFileUnreadable),
        ("absent", KeyFileMissing),
        ("replaced", KeyFileMissing),
    ],
)
def test_what_is_wrong_with_a_key_file_is_told_apart(
    tmp_path: Path, damage: str, error: type[KeyFileUnreadable]
) -> None:
    file, people = tmp_path / "key.p12", staffroom()
    choice = KeyChoice(people.homeroom.certificate, file=file)
    person = people.principal if damage == "replaced" else people.homeroom
    if damage != "absent":
        person.save_pkcs12(file, "đúng")
    if damage == "torn":
        file.write_bytes(file.read_bytes()[:-1])
    if damage == "no key file":
        file.write_bytes(people.homeroom.certificate.public_bytes(Encoding.DER))
    if damage == "empty":
        file.write_bytes(b"")
    with pytest.raises(error) as caught:
        choice.open("sai" if damage == "password" else "đúng")
    assert caught.type is error


def test_certificates_are_found_without_a_pin(softhsm: TokenDriver, tmp_path: Path) -> None:
    driver = shim(tmp_path, softhsm)
    found = {c.cka_id: c.holder for c in list_certificates(driver)}
    assert found == {"01": HOMEROOM[0], "02": MATHS[0]}
    assert calls(tmp_path) == []


def test_keys_are_chosen_by_id_though_labels_are_equal(softhsm: TokenDriver) -> None:
    for cka_id, holder in (("01", HOMEROOM[0]), ("02", MATHS[0])):
        with open_first(softhsm, cka_id) as key:
            assert key.holder == holder
            assert sign_checked(key, b"data")


def test_a_token_that_can_uses_pss(softhsm: TokenDriver) -> None:
    with open_first(softhsm, "02") as key:
        assert key.scheme is Scheme.PSS


def test_a_wrong_pin_is_tried_exactly_once(softhsm: TokenDriver, tmp_path: Path) -> None:
    driver = shim(tmp_path, softhsm)
    with pytest.raises(PinIncorrect):
        open_first(driver, pin="000000")
    assert calls(tmp_path) == ["login"]


def test_a_locked_pin_is_named(softhsm: TokenDriver, tmp_path: Path) -> None:
    with pytest.raises(PinLocked):
        open_first(shim(tmp_path, softhsm, lock=1), pin="000000")
    assert calls(tmp_path) == ["login"]


def test_no_pin_is_tried_on_an_absent_token_or_key(softhsm: TokenDriver, tmp_path: Path) -> None:
    driver = shim(tmp_path, softhsm)
    serial = list_certificates(driver)[0].token.serial
    with pytest.raises(TokenMissing):
        open_token_key(driver, "no-such-serial", "01", "135790")
    with pytest.raises(KeyMissing):
        open_token_key(driver, serial, "77", "135790")
    assert calls(tmp_path) == []


def test_a_token_pulled_out_is_removed_for_good(softhsm: TokenDriver, tmp_path: Path) -> None:
    with open_first(shim(tmp_path, softhsm, remove=3)) as key:
        assert key.sign(b"1")
        assert key.sign(b"2")
        for _ in range(2):
            with pytest.raises(TokenRemoved):
                key.sign(b"3")


def test_a_general_error_of_a_present_token_is_not_called_removal(
    softhsm: TokenDriver, tmp_path: Path
) -> None:
    with open_first(shim(tmp_path, softhsm, general=1)) as key:
        with pytest.raises(TokenError) as caught:
            key.sign(b"1")
        assert caught.type is TokenError


def test_a_general_error_of_a_token_that_is_gone_is_removal_and_final(
    softhsm: TokenDriver, tmp_path: Path
) -> None:
    """So do some drivers answer when the token was pulled out."""
    gone = tmp_path / "absent"
    with open_first(shim(tmp_path, softhsm, general=2, absent=str(gone))) as key:
        assert key.sign(b"1")
        gone.touch()
        with pytest.raises(TokenRemoved):
            key.sign(b"2")
        gone.unlink()
        with pytest.raises(TokenRemoved):
            key.sign(b"3")
    assert calls(tmp_path) == ["login", "sign", "sign"]


def test_a_crashing_driver_is_an_error_and_nothing_more(
    softhsm: TokenDriver, tmp_path: Path
) -> None:
    with open_first(shim(tmp_path, softhsm, crash=1)) as key:
        with pytest.raises(DriverCrashed):
            key.sign(b"1")
        with pytest.raises(DriverCrashed):
            key.sign(b"2")


def test_a_hanging_driver_is_given_up_in_time(softhsm: TokenDriver, tmp_path: Path) -> None:
    patience = TokenTimeouts(sign=0.5)
    with open_first(shim(tmp_path, softhsm, hang=1), patience=patience) as key:
        begin = time.monotonic()
        with pytest.raises(DriverHangs):
            key.sign(b"1")
        assert time.monotonic() - begin < 5
        assert key._process._child.poll() is not None  # with the login that it held


@pytest.mark.parametrize("content", [b"", b"not a library", None])
def test_a_file_that_is_no_driver_is_unusable(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "driver.so"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DriverUnusable):
        list_tokens(TokenDriver(file))


def test_two_tokens_of_one_driver_are_told_apart(tmp_path: Path) -> None:
    people = staffroom()
    token(tmp_path, people.homeroom, label="cùng nhãn")
    driver = token(tmp_path, people.principal, label="nhãn khác")
    found = list_certificates(driver)
    assert len({c.token.serial for c in found}) == 2
    for certificate in found:
        pin = "135790"
        with open_token_key(driver, certificate.token.serial, certificate.cka_id, pin) as key:
            assert key.holder == certificate.holder
