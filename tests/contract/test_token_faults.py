"""Tokens as schools have them: odd, half-able, worn, and pulled out at the wrong moment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.clock import now
from app.errors import (
    AppError,
    CertificateUnfit,
    DriverCrashed,
    DriverHangs,
    PinIncorrect,
    PinLocked,
    TokenError,
    TokenRemoved,
)
from app.model.signing import SignerRole
from app.signing.batch.signing_batch import BatchSetup, sign_batch
from app.signing.keys.key_choice import KeyChoice
from app.signing.keys.keys import Scheme, sign_checked
from app.signing.keys.token_doctor import examine
from app.signing.keys.token_process import (
    TokenDriver,
    TokenTimeouts,
    list_certificates,
    look_at_readers,
)
from app.signing.trust.practice_pki import Algorithm, Identity
from app.ui.text.messages import explain
from tests.fixtures.pki.pki import HOMEROOM, NOW, staffroom
from tests.fixtures.pki.tokens import (
    PIN,
    always_authenticate_token,
    calls,
    open_first,
    open_token_key,
    shim,
    token,
)
from tests.unit.test_sign_batch import all_hold, journal, setup


@pytest.fixture(scope="module")
def rsa(tmp_path_factory: pytest.TempPathFactory) -> TokenDriver:
    return token(tmp_path_factory.mktemp("rsa"), staffroom(Algorithm.RSA).homeroom)


@pytest.fixture(scope="module")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> TokenDriver:
    return token(tmp_path_factory.mktemp("ec"), staffroom().homeroom, label="Lò Thị Hương")


@pytest.mark.parametrize("at", [1, 2, 5])
@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("remove", TokenRemoved, "Token đã bị rút khi đang ký."),
        ("general", TokenError, "Không đọc được USB token."),
        ("hang", DriverHangs, "Token không trả lời."),
        ("crash", DriverCrashed, "Phần mềm điều khiển của token đã dừng đột ngột."),
    ],
)
def test_a_batch_stops_where_the_token_fails_and_its_journal_is_exact(
    softhsm: TokenDriver, tmp_path: Path, fault: str, error: type[AppError], words: str, at: int
) -> None:
    kept = journal(5)
    patience = TokenTimeouts(sign=0.5)
    with open_first(shim(tmp_path, softhsm, **{fault: at}), patience=patience) as key:
        report = sign_batch(kept.items(), setup(key, kept))
    assert type(report.stopped_by) is error
    assert explain(report.stopped_by).what == words
    assert (report.signed, report.not_tried, len(kept.saved)) == (at - 1, 6 - at, at - 1)
    assert calls(tmp_path) == ["login"] + ["sign"] * at
    assert all_hold(kept)
    with open_first(softhsm) as key:
        rest = sign_batch(kept.items(), setup(key, kept))
    assert (rest.signed, rest.stopped_by, len(set(kept.saved))) == (6 - at, None, 5)
    assert all_hold(kept)


def test_a_slow_token_is_waited_for(softhsm: TokenDriver, tmp_path: Path) -> None:
    kept = journal(3)
    with open_first(shim(tmp_path, softhsm, delay=300)) as key:
        report = sign_batch(kept.items(), setup(key, kept))
    assert report.signed == 3
    assert 0.9 <= report.seconds < 5


@pytest.mark.parametrize(
    ("lack", "scheme"),
    [
        ({}, Scheme.PSS),
        ({"nohash": 1}, Scheme.PSS),
        ({"nopss": 1}, Scheme.PKCS1),
        ({"nopss": 1, "nohash": 1}, Scheme.PKCS1),
    ],
    ids=["all", "raw pss", "v1.5", "raw v1.5"],
)
def test_what_the_token_lacks_is_done_here(
    rsa: TokenDriver, tmp_path: Path, lack: dict[str, int], scheme: Scheme
) -> None:
    with open_first(shim(tmp_path, rsa, **lack)) as key:
        assert key.scheme is scheme
        assert sign_checked(key, b"data")


def test_an_elliptic_key_without_hashing_signs(softhsm: TokenDriver, tmp_path: Path) -> None:
    with open_first(shim(tmp_path, softhsm, nohash=1)) as key:
        assert sign_checked(key, b"data")


def test_a_token_that_cannot_sign_is_an_error_and_not_a_guess(
    rsa: TokenDriver, tmp_path: Path
) -> None:
    driver = shim(tmp_path, rsa, none=1)
    with pytest.raises(TokenError):
        open_first(driver)
    (finding,) = examine([("", driver)], staffroom().trust, NOW).drivers
    assert finding.tokens[0].schemes == ()


@pytest.mark.parametrize(
    ("flags", "pin"), [({"low": 1}, "count_low"), ({"low": 1, "final": 1}, "final_try")]
)
def test_the_last_try_is_known_before_a_pin_is_typed(
    softhsm: TokenDriver, tmp_path: Path, flags: dict[str, int], pin: str
) -> None:
    driver = shim(tmp_path, softhsm, **flags)
    (found,) = list_certificates(driver)
    choice = KeyChoice(found.certificate, token=found)
    assert choice.final_try is (pin == "final_try")
    (finding,) = examine([("", driver)], staffroom().trust, NOW).drivers
    assert finding.tokens[0].pin == pin
    assert calls(tmp_path) == []


def test_every_typing_is_one_try(softhsm: TokenDriver, tmp_path: Path) -> None:
    driver = shim(tmp_path, softhsm)
    (found,) = list_certificates(driver)
    choice = KeyChoice(found.certificate, token=found)
    for typed in range(1, 4):
        with pytest.raises(PinIncorrect):
            choice.open("000000")
        assert calls(tmp_path) == ["login"] * typed


def test_a_reader_without_a_card_is_seen(softhsm: TokenDriver, tmp_path: Path) -> None:
    plugged_out = tmp_path / "absent"
    plugged_out.touch()
    driver = shim(tmp_path, softhsm, empty=1, absent=str(plugged_out))
    readers = look_at_readers(driver)
    assert (readers.tokens, len(readers.empty) > 0) == ((), True)
    diagnosis = examine([("", driver)], staffroom().trust, NOW)
    assert not diagnosis.ready
    assert "chưa có thẻ" in diagnosis.next_step


def test_a_token_plugged_in_later_is_found_at_the_next_look(
    softhsm: TokenDriver, tmp_path: Path
) -> None:
    plugged_out = tmp_path / "absent"
    plugged_out.touch()
    driver = shim(tmp_path, softhsm, absent=str(plugged_out))
    assert list_certificates(driver) == []
    plugged_out.unlink()
    (found,) = list_certificates(driver)
    assert found.token.label == "Lò Thị Hương"


def test_tokens_with_the_same_label_are_told_apart(tmp_path: Path) -> None:
    people = staffroom()
    for identity in (people.homeroom, people.principal):
        driver = token(tmp_path, identity, label="Trường Mường Lý")
    found = list_certificates(driver)
    assert [c.token.label for c in found] == ["Trường Mường Lý"] * 2
    for each in found:
        with open_token_key(driver, each.token.serial, each.cka_id, PIN) as key:
            assert key.holder == each.holder
            assert sign_checked(key, b"data")


def test_a_token_with_an_expired_certificate_signs_nothing(tmp_path: Path) -> None:
    dates = (NOW - timedelta(days=900), NOW - timedelta(days=1))
    old: Identity = staffroom().authority.person(*HOMEROOM, valid=dates)
    kept = journal(2)
    driver = shim(tmp_path, token(tmp_path, old))
    with open_first(driver) as key:
        report = sign_batch(kept.items(), setup(key, kept))
    assert isinstance(report.stopped_by, CertificateUnfit)
    assert "sign" not in calls(tmp_path)
    diagnosis = examine([("", driver)], staffroom().trust, NOW)
    assert "hết hạn" in diagnosis.next_step


def test_a_key_that_wants_the_pin_each_time_signs_a_batch(tmp_path: Path) -> None:
    kept: Any = journal(3)
    driver = always_authenticate_token(tmp_path, staffroom().homeroom)
    with open_first(shim(tmp_path, driver)) as key:
        batch = BatchSetup(key, SignerRole.HOMEROOM, kept, clock=now)
        assert sign_batch(kept.items(), batch).signed == 3
    assert calls(tmp_path) == ["login", *["login", "sign"] * 3]


@pytest.mark.parametrize("lack", [{}, {"nohash": 1}, {"nopss": 1}], ids=["pss", "raw", "v1.5"])
def test_each_signature_is_vouched_for_by_the_pin_that_was_typed_once(
    rsa: TokenDriver, tmp_path: Path, lack: dict[str, int]
) -> None:
    kept: Any = journal(3)
    with open_first(shim(tmp_path, rsa, always=1, **lack)) as key:
        assert sign_batch(kept.items(), setup(key, kept)).signed == 3
    assert calls(tmp_path) == ["login", *["login", "sign"] * 3]
    assert all_hold(kept)


def test_a_refused_login_for_one_signature_ends_the_batch_without_another_try(
    softhsm: TokenDriver, tmp_path: Path
) -> None:
    kept: Any = journal(3)
    with open_first(shim(tmp_path, softhsm, always=1, refuse=2)) as key:
        report = sign_batch(kept.items(), setup(key, kept))
        again = sign_batch(kept.items(), setup(key, kept))
    assert isinstance(report.stopped_by, PinIncorrect)
    assert (report.signed, len(kept.saved)) == (1, 1)
    assert isinstance(again.stopped_by, PinIncorrect)
    assert calls(tmp_path) == ["login", "login", "sign", "login"]


def test_a_token_that_says_its_pin_is_locked_is_not_asked_for_one_more_try(
    softhsm: TokenDriver, tmp_path: Path
) -> None:
    driver = shim(tmp_path, softhsm, locked=1)
    (found,) = list_certificates(driver)
    choice = KeyChoice(found.certificate, token=found)
    assert choice.locked
    with pytest.raises(PinLocked) as caught:
        choice.open(PIN)
    assert "bị khóa" in explain(caught.value).what
    diagnosis = examine([("", driver)], staffroom().trust, NOW)
    assert (diagnosis.ready, "khóa mã PIN" in diagnosis.next_step) == (False, True)
    assert calls(tmp_path) == []


def test_a_pin_that_locks_by_wrong_typing_stays_locked_for_the_right_one(
    softhsm: TokenDriver, tmp_path: Path
) -> None:
    driver = shim(tmp_path, softhsm, lock=1)
    (found,) = list_certificates(driver)
    choice = KeyChoice(found.certificate, token=found)
    with pytest.raises(PinLocked):
        choice.open("000000")
    assert calls(tmp_path) == ["login"]


@pytest.mark.parametrize("label", ["4cdf" + "20" * 30, "ff" * 32, "00" * 32, "20" * 32])
def test_a_label_in_an_old_encoding_hides_neither_token_nor_key(
    softhsm: TokenDriver, tmp_path: Path, label: str
) -> None:
    driver = shim(tmp_path, softhsm, label=label)
    (found,) = list_certificates(driver)
    assert found.holder == HOMEROOM[0]
    with open_first(driver) as key:
        assert sign_checked(key, b"data")
    assert examine([("", driver)], staffroom().trust, NOW).ready


@pytest.mark.parametrize(("fault", "error"), [("stuck", DriverHangs), ("deadly", DriverCrashed)])
def test_a_driver_that_fails_before_the_first_signature_is_given_up_too(
    softhsm: TokenDriver, tmp_path: Path, fault: str, error: type[AppError]
) -> None:
    patience = TokenTimeouts(start=2.0, login=0.5)
    with pytest.raises(error):
        look_at_readers(shim(tmp_path, softhsm, **{fault: "list"}), TokenTimeouts(start=0.8))
    with pytest.raises(error):
        open_first(shim(tmp_path, softhsm, **{fault: "login"}), patience=patience)
    (finding,) = examine(
        [("", shim(tmp_path, softhsm, deadly="list"))], staffroom().trust, NOW
    ).drivers
    assert finding.problem == DriverCrashed.code


def test_a_driver_that_prints_does_not_break_what_we_say_to_each_other(
    softhsm: TokenDriver, tmp_path: Path
) -> None:
    with open_first(shim(tmp_path, softhsm, loud=1)) as key:
        assert all(sign_checked(key, bytes([n])) for n in range(3))
