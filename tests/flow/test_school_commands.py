"""A class goes out on a stick and comes back, by the commands alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from app.cli import run

OFFICE, HOA, KHAI = "Lý Thị Duyên", "Phạm Thị Hoa", "Nguyễn Văn Khải"
SHEET = Path("resources/practice/lop-8B.xlsx")


class School:
    """Three machines, each a folder, and a stick."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.stick = folder / "stick"
        self.stick.mkdir()
        self._capsys = capsys

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.hocba"

    def call(self, *words: object, expect: int = 0) -> dict[str, Any]:
        self._capsys.readouterr()
        code = _exit_code([*map(str, words), "--json"])
        printed = self._capsys.readouterr().out
        assert code == expect, printed
        found: dict[str, Any] = json.loads(printed)
        return found

    def joins(self, name: str, person: str, *role: str) -> None:
        card, admission = self.folder / f"{name}.card", self.folder / f"{name}.in"
        mine = self.call("school", "card", "--workspace", self.file(name), "--user", person,
                         "--out", card)  # fmt: skip
        there = self.call("school", "admit", card, "--workspace", self.file("office"), "--person",
                          person, *role, "--out", admission)  # fmt: skip
        assert mine["words"] == there["words"]
        assert person.encode() not in admission.read_bytes()
        self.call("school", "join", admission, "--workspace", self.file(name))

    def out(self, name: str, person: str) -> dict[str, Any]:
        return self.call("handover", "out", "--workspace", self.file(name), "--to", person,
                         "--dir", self.stick)  # fmt: skip

    def take(self, name: str, expect: int = 0) -> dict[str, Any]:
        return self.call("handover", "in", "--workspace", self.file(name), "--dir", self.stick,
                         expect=expect)  # fmt: skip

    def class_of(self, name: str) -> dict[str, Any]:
        (found,) = self.call("school", "status", "--workspace", self.file(name))["classes"]
        return dict(found)


def _exit_code(arguments: list[str]) -> int:
    try:
        return run(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)


@pytest.fixture
def school(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> School:
    monkeypatch.setenv("HOCBA_PASSPHRASE", "bốn từ không liên quan")
    made = School(tmp_path, capsys)
    created = made.call(
        "school", "create", "--workspace", made.file("office"), "--code", "1203456001", "--name",
        "Trường thử", "--department", "Sở thử", "--province", "Lai Châu", "--user", OFFICE,
    )  # fmt: skip
    assert created["recovery_key"]
    applied = made.call("roster", SHEET, "--workspace", made.file("office"), "--apply")
    assert applied["applied"]["added"] == applied["kept"] == 41
    return made


def _marks(to: Path) -> Path:
    rows = list(load_workbook(SHEET).worksheets[0].iter_rows(min_row=6, values_only=True))
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["STT", "Họ và tên", "Ngày sinh", "TX1", "Giữa kì", "Cuối kì"])
    for number, row in enumerate(rows):
        sheet.append([row[0], row[3], row[4], 7.5, number % 11, 8])
    book.save(to)
    return to


def test_a_class_goes_out_and_comes_back(school: School) -> None:
    school.joins("hoa", HOA, "--role", "teacher", "--class", "8B", "--subject", "TOAN")
    school.joins("khai", KHAI, "--role", "principal")
    out = school.out("office", HOA)
    assert out["operations"] == 83
    assert out["bytes"] < 60_000
    first = school.take("hoa")
    assert first == {"new": 83, "changed": 0, "older": 0, "conflicts": 0, "waiting": 0,
                     "refused": []}  # fmt: skip
    again = school.take("hoa")
    assert (again["new"], again["older"]) == (0, 83)
    written = school.call("marks", _marks(school.folder / "m.xlsx"), "--workspace",
                          school.file("hoa"), "--class", "8B", "--subject", "TOAN", "--semester",
                          "1")  # fmt: skip
    assert (written["written"], written["refused"]) == (123, [])
    assert school.out("hoa", OFFICE)["bytes"] < 4096
    assert school.take("office")["new"] == 123
    school.out("office", KHAI)
    school.take("khai")
    found = [school.class_of(name) for name in ("office", "hoa", "khai")]
    assert [each["cells"] for each in found] == [123, 123, 123]
    assert len({each["digest"] for each in found}) == 1
    assert school.out("office", HOA)["operations"] == 0
    people = school.call("school", "status", "--workspace", school.file("khai"))
    assert {p["name"]: p["roles"] for p in people["people"]} == {
        OFFICE: ["admin"], HOA: ["teacher"], KHAI: ["principal"],
    }  # fmt: skip
    assert {m["person"] for m in people["machines"]} == {OFFICE, HOA}


def test_marks_of_others_are_given_back_with_whose_they_are(school: School) -> None:
    school.joins("hoa", HOA, "--role", "teacher", "--class", "8B", "--subject", "TOAN")
    found = school.call("marks", _marks(school.folder / "m.xlsx"), "--workspace",
                        school.file("office"), "--class", "8B", "--subject", "TOAN", "--semester",
                        "1", expect=1)  # fmt: skip
    assert found["written"] == 0
    assert all(HOA in each["reason"] for each in found["refused"])
    assert school.class_of("office")["cells"] == 0


def test_a_removed_machine_is_let_in_no_more(school: School) -> None:
    school.joins("hoa", HOA, "--role", "teacher", "--class", "8B", "--subject", "TOAN")
    school.out("office", HOA)
    school.take("hoa")
    sheet = _marks(school.folder / "m.xlsx")
    school.call("marks", sheet, "--workspace", school.file("hoa"), "--class", "8B", "--subject",
                "TOAN", "--semester", "1")  # fmt: skip
    school.out("hoa", OFFICE)
    school.call("school", "remove", "--workspace", school.file("office"), "--person", HOA)
    before = school.class_of("office")
    taken = school.take("office", expect=1)
    assert [each["code"] for each in taken["refused"]] == ["membership.machine_removed"]
    assert school.class_of("office") == before
    school.call("handover", "out", "--workspace", school.file("office"), "--to", HOA, "--dir",
                school.stick, expect=1)  # fmt: skip


def test_a_parcel_of_another_school_is_named_and_changes_nothing(
    school: School, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = School(tmp_path / "khac", capsys) if (tmp_path / "khac").mkdir() is None else school
    other.call(
        "school", "create", "--workspace", other.file("office"), "--code", "99", "--name", "Khác",
        "--department", "Sở", "--province", "12", "--user", "Người khác",
    )  # fmt: skip
    other.joins("ban", "Bạn", "--role", "clerk")
    other.call("handover", "out", "--workspace", other.file("office"), "--to", "Bạn", "--dir",
               school.stick)  # fmt: skip
    before = school.class_of("office")
    taken = school.take("office", expect=1)
    assert [each["code"] for each in taken["refused"]] == ["handover.another_school"]
    assert school.class_of("office") == before


def test_wrong_words_are_usage_and_unknown_people_are_a_failure(school: School) -> None:
    card = school.folder / "a.card"
    school.call("school", "card", "--workspace", school.file("a"), "--user", HOA, "--out", card)
    base = ["school", "admit", str(card), "--workspace", str(school.file("office"))]
    out = ["--person", HOA, "--out", str(school.folder / "x")]
    assert _exit_code([*base, "--role", "teacher", *out]) == 2
    assert _exit_code([*base, "--role", "king", *out]) == 2
    unknown = school.call(*base, "--role", "teacher", "--class", "9Z", *out, expect=1)
    assert unknown["error"]["code"] == "roster.class_unknown"
    unknown = school.call(
        *base, "--role", "teacher", "--class", "8b", "--subject", "BAY", *out, expect=1
    )
    assert unknown["error"]["code"] == "roster.subject_unknown"
    nobody = school.call("handover", "out", "--workspace", school.file("office"), "--to", "Ai đó",
                         "--dir", school.stick, expect=1)  # fmt: skip
    assert nobody["error"]["code"] == "membership.person_unknown"
