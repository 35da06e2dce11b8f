"""Windows' certificate store (CNG): what a provider may answer, and what becomes of it.

The stand-in refuses what Windows would refuse, so that flags, layouts and the order of the calls
are under test here too.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.errors import (
    AppError,
    DriverCrashed,
    DriverHangs,
    DriverUnusable,
    KeyMissing,
    PinIncorrect,
    PinLocked,
    TokenDeclined,
    TokenError,
    TokenMissing,
    TokenRemoved,
)
from app.signing.batch.signing_batch import sign_batch
from app.signing.keys.key_choice import KeySources
from app.signing.keys.keys import Scheme, sign_checked
from app.signing.keys.token_doctor import examine
from app.signing.keys.token_process import CNG, TokenDriver, TokenTimeouts, list_certificates
from app.signing.trust.practice_pki import Algorithm, Identity
from tests.fixtures.pki.pki import HOMEROOM, MATHS, NOW, staffroom
from tests.fixtures.pki.tokens import PIN, token
from tests.fixtures.pki.windows import asked, open_store_key, store
from tests.unit.test_sign_batch import all_hold, journal, setup


def test_certificates_are_shown_by_provider_and_without_a_pin(tmp_path: Path) -> None:
    people = staffroom()
    found = list_certificates(store(tmp_path, people.homeroom, people.maths))
    assert [c.holder for c in found] == [HOMEROOM[0], MATHS[0]]
    assert {c.token.manufacturer for c in found} == {"Thẻ KSP"}
    assert len({c.token.serial for c in found}) == 2
    assert set(asked(tmp_path)) == {"free"}


def test_a_certificate_whose_token_was_pulled_out_is_not_offered(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    driver = store(tmp_path, staffroom().homeroom, absent=str(absent))
    assert len(list_certificates(driver)) == 1
    absent.touch()
    assert list_certificates(driver) == []


def test_a_certificate_without_its_key_or_torn_is_not_offered(tmp_path: Path) -> None:
    people = staffroom()
    driver = store(tmp_path, people.homeroom, people.principal, people.maths)
    (tmp_path / "MY.1.pem").unlink()
    (tmp_path / "MY.2.der").write_bytes(b"\x30\x03torn")
    assert [c.holder for c in list_certificates(driver)] == [MATHS[0]]


@pytest.mark.parametrize("late", [{}, {"late": 1}], ids=["at once", "by the signature"])
def test_a_wrong_pin_is_set_once_and_the_key_is_closed(
    tmp_path: Path, late: dict[str, int]
) -> None:
    identity = staffroom().homeroom
    driver = store(tmp_path, identity, **late)
    for typed in (1, 2):
        with pytest.raises(PinIncorrect):
            open_store_key(driver, identity, "000000")
        assert asked(tmp_path).count("pin") == typed
    assert "sign" not in asked(tmp_path)


def test_a_blocked_pin_is_named(tmp_path: Path) -> None:
    identity = staffroom().homeroom
    with pytest.raises(PinLocked):
        open_store_key(store(tmp_path, identity, lock=1), identity, "000000")


def test_no_pin_is_set_for_a_certificate_that_is_not_there(tmp_path: Path) -> None:
    people = staffroom()
    with pytest.raises(TokenMissing):
        open_store_key(store(tmp_path, people.homeroom), people.maths)
    driver = store(tmp_path, people.homeroom)
    (tmp_path / "MY.1.pem").unlink()
    with pytest.raises(KeyMissing):
        open_store_key(driver, people.homeroom)
    assert "pin" not in asked(tmp_path)


@pytest.mark.parametrize(("lack", "scheme"), [({}, Scheme.PSS), ({"nopss": 1}, Scheme.PKCS1)])
def test_the_best_scheme_that_the_provider_can_is_taken(
    tmp_path: Path, lack: dict[str, int], scheme: Scheme
) -> None:
    identity = staffroom(Algorithm.RSA).homeroom
    with open_store_key(store(tmp_path, identity, **lack), identity) as key:
        assert key.scheme is scheme
        assert sign_checked(key, b"data")


def test_a_provider_without_any_scheme_we_allow_is_an_error(tmp_path: Path) -> None:
    identity = staffroom(Algorithm.RSA).homeroom
    driver = store(tmp_path, identity, nopss=1)
    with pytest.raises(TokenError) as caught:
        open_store_key(driver, identity, rsa_schemes=(Scheme.PSS,))
    assert caught.type is TokenError


def test_a_provider_that_asks_the_person_itself_does_so_before_our_window(tmp_path: Path) -> None:
    identity = staffroom().homeroom
    with open_store_key(store(tmp_path, identity, asks=1), identity, "") as key:
        assert sign_checked(key, b"data")
    assert asked(tmp_path)[-3:] == ["window", "sign", "sign"]


def test_a_no_in_the_providers_window_is_no_trouble_of_the_token(tmp_path: Path) -> None:
    identity = staffroom().homeroom
    with pytest.raises(TokenDeclined):
        open_store_key(store(tmp_path, identity, asks=1, cancel=1), identity, "")


@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("remove", TokenRemoved),
        ("general", TokenError),
        ("hang", DriverHangs),
        ("crash", DriverCrashed),
    ],
)
def test_a_batch_stops_where_the_provider_fails_and_its_journal_is_exact(
    tmp_path: Path, fault: str, error: type[AppError], at: int
) -> None:
    identity, kept = staffroom().homeroom, journal(4)
    driver = store(tmp_path, identity, **{fault: at + 1})  # one more: the PIN's own signature
    with open_store_key(driver, identity, patience=TokenTimeouts(sign=0.5)) as key:
        report = sign_batch(kept.items(), setup(key, kept))
    assert type(report.stopped_by) is error
    assert (report.signed, report.not_tried, len(kept.saved)) == (at - 1, 5 - at, at - 1)
    assert [asked(tmp_path).count(call) for call in ("pin", "sign")] == [1, at + 1]
    with open_store_key(store(tmp_path, identity), identity) as key:
        rest = sign_batch(kept.items(), setup(key, kept))
    assert (rest.signed, rest.stopped_by, len(set(kept.saved))) == (5 - at, None, 4)
    assert all_hold(kept)


def test_a_token_pulled_out_is_removed_for_good(tmp_path: Path) -> None:
    identity = staffroom().homeroom
    with open_store_key(store(tmp_path, identity, remove=3), identity) as key:
        assert key.sign(b"1")
        for _ in range(2):
            with pytest.raises(TokenRemoved):
                key.sign(b"2")
    assert asked(tmp_path).count("sign") == 3


def test_a_hanging_minidriver_is_given_up_in_time(tmp_path: Path) -> None:
    identity, begin = staffroom().homeroom, time.monotonic()
    with pytest.raises(DriverHangs):
        open_store_key(
            store(tmp_path, identity, hang=1), identity, patience=TokenTimeouts(login=0.5)
        )
    assert time.monotonic() - begin < 5


def test_a_system_without_such_a_store_says_so(tmp_path: Path) -> None:
    with pytest.raises(DriverUnusable):
        list_certificates(TokenDriver(tmp_path / "ncrypt.dll", worker=CNG))


def test_the_same_certificate_is_offered_once_though_two_ways_lead_to_it(tmp_path: Path) -> None:
    people = staffroom()
    pkcs11 = token(tmp_path, people.homeroom)
    windows = store(tmp_path, people.homeroom, people.maths)
    choices, failures = KeySources((pkcs11, windows)).find()
    assert failures == []
    assert [c.holder for c in choices] == [HOMEROOM[0], MATHS[0]]
    assert [c.token.token.driver for c in choices if c.token] == [pkcs11, windows]


def test_the_doctor_examines_the_store_as_it_does_a_driver(tmp_path: Path) -> None:
    driver = store(tmp_path, staffroom().homeroom)
    diagnosis = examine([("Windows", driver)], staffroom().trust, NOW)
    assert diagnosis.ready
    (found,) = diagnosis.drivers[0].tokens
    assert (found.manufacturer, found.schemes) == ("Thẻ KSP", ("ECDSA",))
    assert PIN not in str(diagnosis.report())


def _csp(folder: Path, **faults: int) -> tuple[TokenDriver, Identity]:
    identity = staffroom(Algorithm.RSA).homeroom
    return store(folder, identity, csp=1, **faults), identity


def test_a_provider_of_the_older_kind_signs_too_with_pkcs1(tmp_path: Path) -> None:
    driver, identity = _csp(tmp_path)
    with open_store_key(driver, identity) as key:
        assert key.scheme is Scheme.PKCS1
        assert all(sign_checked(key, bytes([n])) for n in range(3))
    assert asked(tmp_path).count("pin") == 1
    (found,) = list_certificates(driver)
    assert found.token.mechanisms == ("RSA_PKCS",)


def test_a_key_that_no_pin_guards_signs_for_its_account(tmp_path: Path) -> None:
    driver, identity = _csp(tmp_path, nopin=1)
    with open_store_key(driver, identity, "") as key:
        assert sign_checked(key, b"data")


@pytest.mark.parametrize(
    ("faults", "pin", "error"),
    [
        ({}, "000000", PinIncorrect),
        ({"late": 1}, "000000", PinIncorrect),
        ({"lock": 1}, "000000", PinLocked),
        ({"remove": 1}, PIN, TokenRemoved),
        ({"general": 1}, PIN, TokenError),
        ({"nosha": 1}, PIN, TokenError),
        ({"hang": 1}, PIN, DriverHangs),
        ({"crash": 1}, PIN, DriverCrashed),
    ],
    ids=["pin", "pin, late", "locked", "removed", "general", "no SHA-256", "hangs", "crashes"],
)
def test_what_goes_wrong_with_an_older_provider_is_named_and_one_pin_is_one_try(
    tmp_path: Path, faults: dict[str, int], pin: str, error: type[AppError]
) -> None:
    driver, identity = _csp(tmp_path, **faults)
    with pytest.raises(error) as caught:
        open_store_key(driver, identity, pin, patience=TokenTimeouts(login=0.5))
    assert caught.type is error
    assert asked(tmp_path).count("pin") == 1
