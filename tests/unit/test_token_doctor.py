"""What the token doctor sees, and the one next step it says; on SoftHSM, by real certificates."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import doctor
from app.signing.keys.doctor_words import diagnosis_lines
from app.signing.keys.practice_tokens import find_softhsm
from app.signing.keys.token_doctor import (
    CertificateFinding,
    Diagnosis,
    _next_step,
    examine,
    installed,
)
from app.signing.keys.token_drivers import DriverProfile
from app.signing.keys.token_process import TokenDriver, TokenTimeouts
from app.signing.trust.practice_pki import Algorithm, CertificatePurpose, PracticeAuthority
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.pki.pki import HOMEROOM, NOW, SCHOOL, TAX_CODE, staffroom
from tests.fixtures.pki.tokens import always_authenticate_token, calls, open_token, shim, token


def _only(diagnosis: Diagnosis) -> CertificateFinding:
    ((found,),) = (t.certificates for d in diagnosis.drivers for t in d.tokens)
    return found


def _said(diagnosis: Diagnosis, *, names: bool = True) -> str:
    return "\n".join(diagnosis_lines(diagnosis, names=names))


def test_reader_key_usage_dates_path_and_scheme_are_told(tmp_path: Path) -> None:
    people = staffroom(Algorithm.RSA)
    driver = shim(tmp_path, token(tmp_path, people.school))
    diagnosis = examine([("", driver)], people.trust, NOW)
    found = _only(diagnosis)
    assert found.usage == ("digital_signature", "non_repudiation")
    assert (found.algorithm, found.scheme) == ("RSA 2048", "RSASSA-PSS")
    assert (found.kind, found.organization) == ("organisation", SCHOOL)
    said = _said(diagnosis)
    for words in (
        "Đầu đọc: SoftHSM slot",
        "SHA-256 do token tự tính",
        f"Đơn vị: {SCHOOL}",
        "Công dụng: ký số, chống chối bỏ",
        "tin cậy, gốc THỰC HÀNH",
        f"đến {people.school.certificate.not_valid_after_utc:%d/%m/%Y}",
        "Mọi thứ đã sẵn sàng để ký.",
    ):
        assert words in said
    assert SCHOOL not in _said(diagnosis, names=False) + json.dumps(diagnosis.report())
    assert TAX_CODE not in said
    assert calls(tmp_path) == [], "no PIN is tried"


def test_certificates_of_two_hierarchies_lead_to_their_own_roots(tmp_path: Path) -> None:
    public = PracticeAuthority(NOW, "Công cộng")
    government = PracticeAuthority(NOW, "Chính phủ")
    driver = token(tmp_path, public.person("Lò Thị Hương"), government.person("Hà Văn Đức"))
    trust = TrustStore([public.root, government.root])
    ((token_found,),) = (d.tokens for d in examine([("", driver)], trust, NOW).drivers)
    assert {(c.holder, c.root) for c in token_found.certificates} == {
        ("Lò Thị Hương", "THỰC HÀNH - Công cộng gốc"),
        ("Hà Văn Đức", "THỰC HÀNH - Chính phủ gốc"),
    }


def test_a_root_nobody_knows_is_told_and_signing_is_still_possible(tmp_path: Path) -> None:
    driver = token(tmp_path, staffroom().homeroom)
    diagnosis = examine([("", driver)], TrustStore([]), NOW)
    assert diagnosis.ready
    assert not _only(diagnosis).trusted
    assert "chứng thư gốc" in diagnosis.next_step


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        (-900, -1, "hết hạn"),
        (2, 900, "ngày giờ"),
        (-300, 20, "sắp hết hạn"),
    ],
)
def test_dates_decide_the_next_step(tmp_path: Path, begin: int, end: int, words: str) -> None:
    dates = (NOW + timedelta(days=begin), NOW + timedelta(days=end))
    person = staffroom().authority.person(*HOMEROOM, valid=dates)
    diagnosis = examine([("", token(tmp_path, person))], staffroom().trust, NOW)
    assert words in diagnosis.next_step
    assert diagnosis.ready is (words == "sắp hết hạn")


def test_a_certificate_for_another_purpose_cannot_sign(tmp_path: Path) -> None:
    other = staffroom().authority.organisation(SCHOOL, TAX_CODE, purpose=CertificatePurpose.DECRYPT)
    diagnosis = examine([("", token(tmp_path, other))], staffroom().trust, NOW)
    assert not diagnosis.ready
    assert "không dùng để ký" in diagnosis.next_step
    assert "Công dụng: không dùng để ký" in _said(diagnosis)


def test_a_token_that_knows_no_scheme_is_not_called_ready(tmp_path: Path) -> None:
    driver = shim(tmp_path, token(tmp_path, staffroom().homeroom), none=1)
    diagnosis = examine([("", driver)], staffroom().trust, NOW)
    assert not diagnosis.ready
    assert "thuật toán" in diagnosis.next_step


def test_how_many_tries_are_left_decides_before_all_else(tmp_path: Path) -> None:
    driver = token(tmp_path, staffroom().homeroom)
    (seen,) = examine([("", driver)], staffroom().trust, NOW).drivers
    for pin, words, ready in (
        ("ok", "Mọi thứ đã sẵn sàng", True),
        ("count_low", "Mọi thứ đã sẵn sàng", True),
        ("final_try", "Chỉ còn một lần", True),
        ("locked", "đã khóa mã PIN", False),
    ):
        tokens = tuple(replace(each, pin=pin) for each in seen.tokens)
        step, can_sign = _next_step((replace(seen, tokens=tokens),))
        assert words in step
        assert can_sign is ready


def test_a_token_that_does_not_hash_and_practice_are_told(tmp_path: Path) -> None:
    driver = shim(tmp_path, token(tmp_path, staffroom(Algorithm.RSA).school), nohash=1)
    diagnosis = examine([("", driver)], staffroom().trust, NOW)
    assert not diagnosis.drivers[0].tokens[0].hashes_itself
    assert _only(diagnosis).practice
    assert "SHA-256 do token tự tính" not in _said(diagnosis)


def test_a_worn_token_does_not_hide_one_that_can_sign(tmp_path: Path) -> None:
    dates = (NOW - timedelta(days=900), NOW - timedelta(days=1))
    old = staffroom().authority.person(*HOMEROOM, valid=dates)
    token(tmp_path, old, label="cũ")
    driver = token(tmp_path, staffroom().principal, label="mới")
    diagnosis = examine([("", driver)], staffroom().trust, NOW)
    assert diagnosis.ready
    assert "Lỗi: chứng thư đã hết hạn" in _said(diagnosis)


def test_whether_the_pin_is_wanted_each_time_is_told_where_it_can_be_seen(tmp_path: Path) -> None:
    hidden = always_authenticate_token(tmp_path / "hidden", staffroom().homeroom)
    shown = open_token(tmp_path / "shown", staffroom().homeroom)
    drivers = (hidden, shown, shim(tmp_path, shown, always=1))
    each = [_only(examine([("", driver)], staffroom().trust, NOW)) for driver in drivers]
    assert [found.pin_each_time for found in each] == [None, False, True]
    assert calls(tmp_path) == []


def test_a_reader_without_a_card_is_named(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    absent.touch()
    driver = shim(tmp_path, token(tmp_path, staffroom().homeroom), empty=1, absent=str(absent))
    diagnosis = examine([("", driver)], staffroom().trust, NOW)
    assert all(name for name in diagnosis.drivers[0].empty_readers)
    assert "chưa có thẻ" in _said(diagnosis)


def test_a_driver_that_does_not_load_is_a_finding_and_the_others_are_examined(
    tmp_path: Path,
) -> None:
    bad = tmp_path / "vendor.so"
    bad.write_bytes(b"\x7fELF\x01" + b"\0" * 64)
    good = token(tmp_path, staffroom().homeroom)
    diagnosis = examine([("A", TokenDriver(bad)), ("B", good)], staffroom().trust, NOW)
    assert diagnosis.ready
    assert [d.problem for d in diagnosis.drivers] == ["other_bitness", ""]
    bad.with_name("text.so").write_text("no library")
    text = examine([("", TokenDriver(bad.with_name("text.so")))], staffroom().trust, NOW)
    assert "không phải trình điều khiển" in text.next_step
    alone = examine([("A", TokenDriver(bad))], staffroom().trust, NOW)
    assert "vendor.so là bản 32-bit" in alone.next_step


def test_a_driver_for_32_bits_is_named_only_where_none_for_64_is(tmp_path: Path) -> None:
    right, old = tmp_path / "right", tmp_path / "old"
    for folder in (right, old):
        folder.mkdir()
        (folder / "vendor.dll").write_bytes(b"\x7fELF\x01" + b"\0" * 64)
    profile = DriverProfile(TokenTimeouts(), (right, old), (("Vendor", ("vendor.dll",)),))
    assert [driver.path for _, driver in installed(None, profile)] == [
        right / "vendor.dll",
        old / "vendor.dll",
    ]
    softhsm = find_softhsm()
    assert softhsm is not None
    (right / "vendor.dll").write_bytes(softhsm.read_bytes())
    assert [driver.path for _, driver in installed(None, profile)] == [right / "vendor.dll"]


def test_the_command_prints_json_without_names_for_one_driver_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = token(tmp_path, staffroom().homeroom, label="Lò Thị Hương")
    for name, value in driver.environment.items():
        monkeypatch.setenv(name, value)
    asked = ["--driver", str(driver.path), "--json"]
    content = json.loads(CliRunner().invoke(doctor.command, asked).output)
    (found,) = content["drivers"][0]["tokens"]
    assert (found["pin"], found["label_length"]) == ("ok", 12)
    assert "Hương" not in json.dumps(content, ensure_ascii=False)
