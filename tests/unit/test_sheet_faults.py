"""Kinds of foreign files that real programs write, and what becomes of them."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import msoffcrypto
import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl import Workbook

from app.errors import SheetEncrypted, SheetTooLarge, SheetUnreadable
from app.files import safe_name
from app.model.people import Student
from app.model.text import fold
from app.roster.marks_import import read_marks
from app.roster.marks_sheet import SheetColumn, SheetPupil
from app.roster.plan import RosterPlan
from app.roster.reimport import plan_against
from app.roster.roster_import import read_roster
from app.roster.sheets import read_workbook, shown
from app.roster.sheets.kinds import disk_words
from app.roster.sheets.legacy_text import DECODERS
from app.roster.sheets.syllables import can_be_word
from tests.fixtures.schools.sheet_files import GOOD, HEADER, pupil, rebuilt, write_roster

YEAR = "2026-2027"
SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
FAR = (
    b"<worksheet " + NAMESPACE + b"><sheetData><row r='1'><c r='A1'><v>1</v></c></row>"
    b"<row r='1048576'><c r='f1048576' t='inlineStr'><is><t> </t></is></c></row>"
    b"</sheetData></worksheet>"
)
DATA = Path(__file__).parent.parent / "data"


def plan_of(folder: Path, *pupils: tuple[object, ...]) -> RosterPlan:
    return read_roster(write_roster(folder / "list.xlsx", *pupils), YEAR)


def refused(path: Path) -> str:
    with pytest.raises(SheetUnreadable) as caught:
        read_workbook(path)
    return str(caught.value.params["reason"])


# --- what the guard scans is what the parser reads -------------------------------------------


def renamed(source: Path, target: Path, names: dict[str, str], swap: dict[str, str]) -> Path:
    """A package whose parts have other names, their mentions replaced by `swap`."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", 8) as new:
        for name in old.namelist():
            data = old.read(name)
            for before, after in swap.items():
                data = data.replace(before.encode(), after.encode())
            info = zipfile.ZipInfo("x")
            info.filename = names.get(name, name)  # as written, backslashes too
            new.writestr(info, data)
    return target


@pytest.mark.parametrize("content", [None, FAR], ids=["usual", "far"])
@pytest.mark.parametrize(
    ("names", "swap"),
    [
        ({SHEET: "xl/sheets/s.xml"}, {"/xl/worksheets/sheet1.xml": "/xl/sheets/s.xml"}),
        ({SHEET: "xl/worksheets/SHEET1.XML"}, {}),
        ({}, {"/xl/worksheets/sheet1.xml": "../xl/./worksheets/sheet1.xml"}),
        ({}, {"/xl/worksheets/sheet1.xml": "worksheets/%73heet1.xml"}),
        (
            {
                "xl/workbook.xml": "xl/workbook22.xml",
                "xl/_rels/workbook.xml.rels": "xl/_rels/workbook22.xml.rels",
            },
            {"xl/workbook.xml": "xl/workbook22.xml"},
        ),
        (
            {
                SHEET: "xl\\worksheets\\sheet1.xml",
                "xl/workbook.xml": "xl\\workbook.xml",
                "xl/_rels/workbook.xml.rels": "xl\\_rels\\workbook.xml.rels",
                "_rels/.rels": "_rels\\.rels",
            },
            {},
        ),
    ],
    ids=["folder", "case", "dots", "percent", "workbook22", "backslashes"],
)
def test_parts_are_found_however_they_are_called(
    tmp_path: Path, names: dict[str, str], swap: dict[str, str], content: bytes | None
) -> None:
    plain = write_roster(tmp_path / "plain.xlsx", GOOD)
    if content is not None:
        plain = rebuilt(plain, tmp_path / "far.xlsx", {SHEET: content})
    path = renamed(plain, tmp_path / "odd.xlsx", names, swap)
    if content is None:
        assert read_workbook(path).sheets[0].rows[1].cells[2] == "Lầu A Mỷ"
        return
    with pytest.raises(SheetTooLarge) as caught:
        read_workbook(path)
    assert "1048576" in str(caught.value.params["reason"])


def test_a_parser_that_aborts_ends_only_itself(tmp_path: Path) -> None:
    """Without the guard: the child is asked to lay out a grid beyond its memory."""
    path = rebuilt(write_roster(tmp_path / "p.xlsx", GOOD), tmp_path / "far.xlsx", {
        SHEET: FAR.replace(b"f1048576", b"XFD1048576")
    })  # fmt: skip
    child = subprocess.run(
        [sys.executable, "-m", "app.roster.sheets.grids", "xlsx"],
        input=path.read_bytes(), capture_output=True, check=False,
    )  # fmt: skip
    assert not child.stdout.startswith(b"ok")


# --- told as what they are -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"<html><body><table><tr><td>STT</td></tr></table>", "HTML"),
        ("<html><table>".encode("utf-16"), "HTML"),
        (b"\xef\xbb\xbf<!-- x -->\n<table><tr><td>STT", "HTML"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "XML"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n", "MHT"),
        (b"From: <Saved by Blink>\r\nSubject: x\r\nMIME-Version: 1.0\r\n", "MHT"),
        (b"\x05admin".ljust(54) + b"\0" + b"\x05\0" + "admin".encode("utf-16-le"), "~$"),
        (b"{\\rtf1 x}", "RTF"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"\x89PNG\r\n", "ảnh"),
        (b"MZ\x90", "chương trình"),
        (bytes(4096), "số 0"),
    ],
)
def test_what_is_no_sheet_is_told_as_what_it_is(tmp_path: Path, data: bytes, word: str) -> None:
    path = tmp_path / "danh-sach.xlsx"
    path.write_bytes(data)
    reason = refused(path)
    assert word in reason
    assert any(next_step in reason for next_step in ("Hãy", "hãy"))


@pytest.mark.parametrize(
    ("member", "word"),
    [
        ("word/document.xml", "Word"),
        ("content.xml", ".ods"),
        ("xl/workbook.bin", ".xlsb"),
        ("danh sach.xlsx", "giải nén"),
    ],
)
def test_packages_of_other_programs_are_told(tmp_path: Path, member: str, word: str) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(member, "x")
    assert word in refused(path)


def test_a_lock_file_is_told_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "~$list.xlsx"
    path.write_bytes(b"whatever")
    assert "~$" in refused(path)


def encrypted(path: Path, password: str) -> Path:
    plain = write_roster(path.with_suffix(".plain.xlsx"), GOOD)
    with plain.open("rb") as source, path.open("wb") as target:
        OOXMLFile(source).encrypt(password, target)
    return path


def test_a_protected_structure_asks_nobody_for_a_password(tmp_path: Path) -> None:
    book = read_workbook(encrypted(tmp_path / "velvet.xlsx", "VelvetSweatshop"))
    assert book.sheets[0].rows[1].cells[2] == "Lầu A Mỷ"
    assert "bảo vệ cấu trúc" in book.notes[0]
    with pytest.raises(SheetEncrypted):
        read_workbook(encrypted(tmp_path / "secret.xlsx", "bí mật"))
    assert msoffcrypto.OfficeFile(io.BytesIO((tmp_path / "secret.xlsx").read_bytes()))


@pytest.mark.parametrize("code", [2, 5, 13, 21, 36, 6])
def test_ordinary_failures_of_disks_have_words(code: int) -> None:
    words = disk_words(OSError(code, "x"))
    assert words[0].isupper()
    assert "Hãy" in words


# --- old .xls --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Workbook".encode("utf-16-le"), "WORKBOOK".encode("utf-16-le")),
        (b"\x42\x00\x02\x00\xb0\x04", b"\x42\x00\x02\x00\xea\x04"),
        (b"\x42\x00\x02\x00\xb0\x04", b"\x42\x00\x02\x00\xe4\x04"),
    ],
    ids=["stream in capitals", "code page 1258", "code page 1252"],
)
def test_xls_of_other_writers_is_read(tmp_path: Path, before: bytes, after: bytes) -> None:
    data = (DATA / "lop-5B.xls").read_bytes()
    path = tmp_path / "other.xls"
    path.write_bytes(data.replace(before, after))
    assert read_workbook(path).sheets[0].rows == read_workbook(DATA / "lop-5B.xls").sheets[0].rows


# --- old fonts, cell by cell -----------------------------------------------------------------

NAMES = (
    "Lò Văn Phúc", "Quàng Văn Hưng", "Lường Văn Thành", "Bạc Cầm Tâm", "Vì Văn Sáng",
    "Tòng Thị Thu", "Lầu A Mỷ", "Nguyễn Thị Thuỳ", "Giàng A Páo", "Sùng Thị Dợ",
)  # fmt: skip


def typed_in(font: str, text: str) -> str:
    """What a program keeps of text typed for an old font."""
    known: dict[str, str] = {}
    marks = [chr(c) for c in range(0xA0, 0x100)]
    for typed in [*(b + m for b in "aeiouyAEIOUYôöÔÖ" for m in marks), *marks]:
        meant = DECODERS[font](typed.encode("latin-1"))
        known.setdefault(meant, typed)
    return "".join(known.get(letter, letter) for letter in text)


def misread(text: str) -> str:
    return "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in text.encode())


@pytest.mark.parametrize("damage", ["TCVN3", "VNI", "UTF-8"])
@pytest.mark.parametrize("share", [1, 3, 5], ids=["all", "a third", "a fifth"])
def test_names_of_old_fonts_among_unicode_are_put_right_and_said(
    tmp_path: Path, damage: str, share: int
) -> None:
    odd = range(0, len(NAMES), share)
    rows = [
        pupil(
            number=n,
            pid="",
            name=name if n not in odd
            else misread(name) if damage == "UTF-8" else typed_in(damage, name),
        )
        for n, name in enumerate(NAMES)
    ]  # fmt: skip
    plan = plan_of(tmp_path, *rows)
    assert [p.student.full_name for p in plan.kept] == list(NAMES)
    changed = {r.where.row - 2 for r in plan.repaired if r.field == "full_name"}
    assert changed == {n for n in odd if not NAMES[n].isascii()}
    assert not [q for q in plan.asked if q.field == "full_name"]


@pytest.mark.parametrize(
    "name", ["LÆ°á»\ufffdng VÄƒn An", "Quµng Vằn Hng", "Lò Vӑn An", "Lò Văn Hng"]
)
def test_what_cannot_be_vietnamese_is_asked(tmp_path: Path, name: str) -> None:
    plan = plan_of(tmp_path, pupil(name=name))
    assert [q.field for q in plan.asked] == ["full_name"]


@pytest.mark.parametrize(
    "name",
    ["H'Bia Êban", "Y Ayŭn Mlô", "K'Brơi", "Rơ Châm Blữ".replace("Blữ", "Phiơn"), "Alăng Bhuốch",
     "Zơrâm Thị Ngọc", "Siu H'Wưn", "Kpă Ksor", "Đinh Brêo", "Chamaléa Thị Kiều", "Thạch Sô Phol",
     "Cil Krajăn", "Lơ Mu Ha Sương", "Sùng Thị Dếnh", "Pờ Xè Ché", "Moong Văn Ín"],
)  # fmt: skip
def test_names_of_the_peoples_are_not_doubted(tmp_path: Path, name: str) -> None:
    plan = plan_of(tmp_path, pupil(name=name))
    assert plan.kept[0].student.full_name == name
    assert not [q for q in plan.asked if "không giống" in q.why]


def test_a_tone_that_a_stop_cannot_carry_is_no_word() -> None:
    assert can_be_word("Phúc")
    assert not can_be_word("Phùc")
    assert not can_be_word("Lß")
    assert not can_be_word("V¨n")


# --- apostrophes and what nobody sees ---------------------------------------------------------


@pytest.mark.parametrize("written", ["H’Bia", "HʼBia", "H`Bia", "H´Bia", "\u202aH'Bia\u202c"])
def test_what_looks_the_same_is_the_same_pupil(tmp_path: Path, written: str) -> None:
    known = Student("1", "H'Bia Niê", "2017-08-25", moet_id="", personal_id="010217398055")
    plan = plan_of(tmp_path, pupil(name=f"{written} Niê"))
    assert plan.kept[0].student.full_name == "H'Bia Niê"
    assert [r.field for r in plan.repaired] == ["full_name"]
    assert fold(f"{written} Niê") == fold("H'Bia Niê")
    changes = plan_against([known], plan)
    assert not changes.added
    stored = Student("1", f"{written} Niê", "2017-08-25", personal_id="010217398055")
    merged = plan_against([stored], plan)
    assert "full_name" not in [c.field for item in merged.changed for c in item.changes]


def test_directions_in_dates_and_ids_are_taken_away_and_said(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, pupil(born="\u200e25/08/2017", pid="\u202d010217398055\u202c"))
    assert plan.kept[0].student.personal_id == "010217398055"
    assert plan.kept[0].student.birth_date == "2017-08-25"
    assert {r.field for r in plan.repaired} >= {"personal_id"}


# --- dates with a time of day -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value", "asked", "suggestion"),
    [
        (datetime(2017, 8, 24, 17, 0), "2017-08-24", True, "2017-08-25"),  # noqa: DTZ001
        (datetime(2017, 8, 24, 23, 59, 30), "2017-08-25", False, ""),  # noqa: DTZ001
        (datetime(2017, 8, 25, 7, 0), "2017-08-25", True, "2017-08-25"),  # noqa: DTZ001
        (datetime(2017, 8, 25), "2017-08-25", False, ""),  # noqa: DTZ001
        (42971.7083333, "2017-08-24", True, "2017-08-25"),
        ("25/8/2017 12:00:00 SA", "2017-08-25", False, ""),
        ("25/8/2017 12:00:00 AM", "2017-08-25", False, ""),
        ("25/08/2017 12:00:00 CH", "2017-08-25", True, "2017-08-25"),
        ("25/08/2017 5:00:00 CH", "2017-08-25", True, "2017-08-26"),
        ("2017-08-24T17:00:00Z", "2017-08-25", False, ""),
        ("2017-08-24T17:00:00.000Z", "2017-08-25", False, ""),
        ("2017-08-25 00:00:00", "2017-08-25", False, ""),
        ("24/08/2017 23:59:59", "2017-08-25", False, ""),
    ],
)
def test_only_midnight_says_the_day(
    tmp_path: Path, cell: object, value: str, asked: bool, suggestion: str
) -> None:
    plan = plan_of(tmp_path, pupil(born=cell))
    questions = [q for q in plan.asked if q.field == "birth_date"]
    assert plan.kept[0].student.birth_date == value
    assert bool(questions) == asked
    assert [q.suggestion for q in questions] == ([suggestion] if asked else [])
    if value == "2017-08-25" and "24" in shown(cell)[:10]:  # type: ignore[arg-type]
        assert [r.field for r in plan.repaired] == ["birth_date"]


# --- errors and figures of other programs -----------------------------------------------------


def with_errors(path: Path, cells: dict[str, str], rows: list[tuple[object, ...]]) -> Path:
    """Cells that hold an error as Excel stores it."""
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    for place, code in cells.items():
        sheet[place].value, sheet[place].data_type = code, "e"
    book.save(path)
    return path


@pytest.mark.parametrize("code", ["#N/A", "#REF!", "#DIV/0!", "#NAME?", "#VALUE!"])
def test_an_error_is_asked_about_and_refused_where_it_is_needed(tmp_path: Path, code: str) -> None:
    rows = [HEADER, GOOD, pupil(number=2, pid="", name="Lò Thị Ba"), (3, "", "x")]
    path = with_errors(tmp_path / "e.xlsx", {"F2": code, "D3": code}, rows)
    plan = read_roster(path, YEAR)
    assert [(q.field, q.found) for q in plan.asked] == [("ethnicity", code)]
    assert code in plan.refused[0].reason
    assert "Ngày sinh" in plan.refused[0].reason


def test_marks_that_are_errors_come_back_and_float_noise_is_read_as_shown(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [("STT", "Họ và tên", "TX1")]
    names = ("Lò Văn Ba", "Lò Văn Ca", "Lò Văn Da")
    marks = (7.699999999999999, None, 0.1 + 0.2)
    rows += [(n, name, mark) for n, (name, mark) in enumerate(zip(names, marks, strict=True), 1)]
    path = with_errors(tmp_path / "m.xlsx", {"C3": "#DIV/0!"}, rows)
    pupils = [SheetPupil(str(n), n, name, "") for n, name in enumerate(names, 1)]
    plan = read_marks(
        path, [SheetColumn("MATH", "s1.regular1", "TX1", score=True)], pupils, lambda *a: a[2]
    )
    assert [c.after for c in plan.added] == ["7.7", "0.3"]
    assert [r.where.row for r in plan.refused] == [3]
    assert "#DIV/0!" in plan.refused[0].reason


# --- quotes that never close ------------------------------------------------------------------


@pytest.mark.parametrize("place", [1, 4, 9])
@pytest.mark.parametrize("closing", ["", ',"x'])
def test_an_open_quote_takes_no_pupil(tmp_path: Path, place: int, closing: str) -> None:
    lines = [f"{n},{name},25/08/2017,Nam,Thái,4A" for n, name in enumerate(NAMES)]
    lines[place] = lines[place].replace(",", ',"', 1)
    if closing and place < 9:
        lines[9] = lines[9].replace(",4A", ',"4A')
    path = tmp_path / "q.csv"
    text = "STT,Họ và tên,Ngày sinh,Giới tính,Dân tộc,Lớp\n" + "\n".join(lines)
    path.write_text(text, encoding="utf-8")
    plan = read_roster(path, YEAR)
    assert [p.student.full_name for p in plan.kept] == list(NAMES)
    assert any(f"Dấu nháy không đóng ở dòng {place + 2}" in note for note in plan.notes)


def test_a_cell_of_two_lines_in_quotes_is_one_cell(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text('a,b,c\n1,"Bản Huổi\nLếch",x\n2,"nói ""to""",y\n', encoding="utf-8")
    rows = [row.cells for row in read_workbook(path).sheets[0].rows]
    assert rows == [("a", "b", "c"), ("1", "Bản Huổi\nLếch", "x"), ("2", 'nói "to"', "y")]


# --- names of files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("8/1-01-lo-thi-mai-v1.xml", "8-1-01-lo-thi-mai-v1.xml"),
        ("8:1.xml", "8-1.xml"),
        ("CON.pdf", "_CON.pdf"),
        ("com1", "_com1"),
        ("Lớp 4A. ", "Lớp 4A"),
        ("..\\..\\x.xml", "-..-x.xml"),
        ('a"b<c>?*|.zip', "a-b-c-.zip"),
        ("\u202efdp.exe", "fdp.exe"),
        ("...", "tep"),
        ("H'Bia Niê.pdf", "H'Bia Niê.pdf"),
    ],
)
def test_names_of_files_are_safe_everywhere(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_vietnamese_name_keeps_its_suffix_and_fits(tmp_path: Path) -> None:
    name = safe_name("Nguyễn Thị Thuỷ Tiên " * 40 + ".pdf")
    assert name.endswith(".pdf")
    assert len(name) <= 120
    (tmp_path / name).write_bytes(b"x")
