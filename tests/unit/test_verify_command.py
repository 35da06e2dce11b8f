"""`hocba verify` and `hocba doctor` as a user meets them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import doctor, verify
from app.clock import now
from app.signing.keys.doctor_words import diagnosis_lines
from app.signing.keys.token_doctor import examine
from app.signing.keys.token_drivers import flaw_of
from app.signing.keys.token_process import TokenDriver
from app.signing.report_words import PROBLEMS
from app.signing.trust.practice_pki import PracticeAuthority
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.pki.pki import (
    HOMEROOM,
    NOW,
    PRINCIPAL,
    SCHOOL,
    TAX_CODE,
    primary_record,
    staffroom,
)
from tests.fixtures.pki.tokens import PIN, token
from tests.unit.test_pades_views import sealed
from tests.unit.test_xades_signing import signed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As practice mode leaves it: records, views, and the practice root."""
    (tmp_path / "records").mkdir()
    (tmp_path / "views").mkdir()
    (tmp_path / "records" / "a.xml").write_bytes(signed(primary_record()))
    (tmp_path / "views" / "a.pdf").write_bytes(sealed())
    staffroom().authority.save_root(tmp_path / "trust")
    return tmp_path


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(verify.command, [str(a) for a in arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize("where", ["", "records", "records/a.xml", "views/a.pdf"])
def test_practice_files_are_ok_and_say_that_they_are_practice(folder: Path, where: str) -> None:
    code, words = run(folder / where)
    assert code == 3, words
    assert "THỰC HÀNH, không có giá trị pháp lý" in words
    assert "Giáo viên chủ nhiệm: Lò Thị Hương" in words
    assert "Chưa kiểm tra" in words


def test_without_the_root_nothing_is_ok(folder: Path) -> None:
    (folder / "trust" / "practice-root.pem").unlink()
    code, words = run(folder / "records" / "a.xml")
    assert code == 1
    assert PROBLEMS["issuer_unknown"] in words


def test_a_root_can_be_given(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("roots")
    (folder / "trust" / "practice-root.pem").rename(elsewhere / "root.pem")
    assert run(folder / "records" / "a.xml", "--trust", elsewhere)[0] == 3


def test_a_missing_role_is_an_error(folder: Path) -> None:
    (folder / "records" / "a.xml").write_bytes(signed(primary_record(), upto="KY_PHAT_HANH"))
    code, words = run(folder / "records")
    assert code == 1
    assert "Còn thiếu chữ ký: Nhà trường" in words


def test_one_bad_file_among_good_ones_is_an_error(folder: Path) -> None:
    (folder / "records" / "b.xml").write_bytes(b"not a record")
    code, words = run(folder)
    assert code == 1
    assert "2 đạt, 1 không đạt" in words


def test_json_tells_the_same(folder: Path) -> None:
    code, text = run(folder, "--json")
    answer = json.loads(text)
    assert code == 3
    assert answer["ok"] is True
    assert {f["kind"] for f in answer["files"]} == {"xml", "pdf"}
    assert answer["files"][0]["signatures"][0]["role"] == "homeroom"


def test_an_empty_folder_is_not_ok_and_a_missing_file_is_wrong_usage(tmp_path: Path) -> None:
    assert run(tmp_path)[0] == 1
    assert run(tmp_path / "none.xml")[0] == 2


def test_a_stick_cannot_bring_a_root_that_passes_for_a_real_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.signing.trust.practice_pki.PRACTICE_MARK", "Ban Cơ yếu")
    other = PracticeAuthority(NOW)
    people = staffroom()
    forged = replace(
        people,
        homeroom=other.person(*HOMEROOM),
        principal=other.person(*PRINCIPAL),
        school=other.organisation(SCHOOL, TAX_CODE),
    )
    (folder / "records" / "a.xml").write_bytes(signed(primary_record(), forged))
    other.save_root(folder / "trust")
    code, words = run(folder / "records")
    assert code == 1
    assert PROBLEMS["issuer_unknown"] in words
    assert run(folder / "records", "--trust", folder / "trust")[0] == 0


def test_doctor_finds_token_and_certificate_and_names_nobody(tmp_path: Path) -> None:
    authority = PracticeAuthority(now())
    person = authority.person("Lò Thị Hương", "038180001234")
    driver = token(tmp_path, person, label="Lò Thị Hương")
    diagnosis = examine([("", driver)], TrustStore([authority.root]), now())
    assert diagnosis.ready
    (found,) = diagnosis.drivers[0].tokens
    assert "ECDSA" in found.schemes
    assert found.certificates[0].trusted
    report = json.dumps(diagnosis.report(), ensure_ascii=False)
    words = "\n".join(diagnosis_lines(diagnosis, names=False)) + repr(diagnosis) + report
    assert not any(secret in words for secret in ("Hương", "038180001234", PIN))
    assert "Lò Thị Hương" in "\n".join(diagnosis_lines(diagnosis, names=True))


def test_doctor_says_one_step_for_a_bad_driver(tmp_path: Path) -> None:
    file = tmp_path / "token.dll"
    file.write_bytes(
        b"MZ" + b"\0" * 58 + (64).to_bytes(4, "little") + b"PE\0\0\x4c\x01" + b"\0" * 9
    )
    assert flaw_of(file) == "other_bitness"
    result = CliRunner().invoke(doctor.command, ["--driver", str(file)])
    assert result.exit_code == 1
    assert "64-bit" in result.output
    assert examine([("", TokenDriver(file))], TrustStore([]), now()).drivers[0].tokens == ()
