"""Marks out to a sheet and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.errors import AppError, SheetHeaderMissing
from app.model.gradebook import CellKey
from app.roster.marks_import import MarksPlan, read_marks
from app.roster.marks_sheet import SheetColumn, SheetPupil, export_class
from tests.fixtures.schools.sheet_files import write_sheet

COLUMNS = (
    SheetColumn("MATH", "s1.midterm", "ĐĐGgk", "Toán HK I", score=True),
    SheetColumn("MATH", "s1.final", "ĐĐGck", "Toán HK I", score=True),
    SheetColumn("MATH", "s2.final", "ĐĐGck", "Toán HK II", score=True),
    SheetColumn("PE", "s1.final", "GDTC", choices=("Đ", "CĐ")),
    SheetColumn("MATH", "comment", "Nhận xét"),
)
PUPILS = (
    SheetPupil("p1", 1, "Lầu A Mỷ", "2013-08-25", {("MATH", "s1.midterm"): "7.5"}, "1234567890"),
    SheetPupil(
        "p2", 2, "Lò Thị Ba", "2013-01-02", {("MATH", "comment"): "=1+1", ("PE", "s1.final"): "CD"}
    ),
    SheetPupil("p3", 3, "Lò Thị Ba", "2013-05-06"),
)
WORDS = {"D": "Đ", "CD": "CĐ"}


def parse(area: str, slot: str, text: str) -> str:
    """Scores from 0 to 10 with one decimal, Đ/CĐ, text."""
    if area == "PE":
        codes = {word: code for code, word in WORDS.items()}
        if text not in codes:
            raise AppError(reason="Chỉ nhận Đ hoặc CĐ.")
        return codes[text]
    if slot == "comment":
        return text
    try:
        number = float(text.replace(",", "."))
    except ValueError as error:
        raise AppError(reason="Không phải là điểm.") from error
    if not 0 <= number <= 10 or round(number, 1) != number:
        raise AppError(reason="Điểm từ 0 đến 10, một chữ số thập phân.")
    return f"{number:g}"


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    path = tmp_path / "8B.xlsx"
    export_class(path, COLUMNS, PUPILS, title="Lớp 8B", show=lambda _a, _s, v: WORDS.get(v, v))
    return path


def filled(path: Path, **cells: object) -> Path:
    book = load_workbook(path)
    for address, value in cells.items():
        book.worksheets[0][address] = value
    book.save(path)
    return path


def read(path: Path) -> MarksPlan:
    return read_marks(path, COLUMNS, PUPILS, parse)


def test_a_sheet_that_comes_back_untouched_changes_nothing(exported: Path) -> None:
    plan = read(exported)
    assert (plan.changes, plan.unchanged, plan.left_blank, plan.refused) == ((), 3, 0, ())


def test_filled_cells_are_added_and_changed(exported: Path) -> None:
    plan = read(filled(exported, E6=8, F6="8,5", F7=9.0, H7="Đ", I8="Chăm ngoan"))
    assert {(c.key, c.after) for c in plan.added} == {
        (CellKey("p1", "MATH", "s1.final"), "8.5"),
        (CellKey("p2", "MATH", "s1.final"), "9"),
        (CellKey("p3", "MATH", "comment"), "Chăm ngoan"),
    }
    assert {(c.key.slot, c.before, c.after) for c in plan.changed} == {
        ("s1.midterm", "7.5", "8"),
        ("s1.final", "CD", "D"),
    }


@pytest.mark.parametrize("value", [11, -1, "8.55", "tám", 8.55])
def test_an_impossible_mark_is_refused_with_its_place_and_reason(
    exported: Path, value: object
) -> None:
    plan = read(filled(exported, F7=value))
    (refusal,) = plan.refused
    assert (refusal.where.row, refusal.column) == (7, "Toán HK I ĐĐGck")
    assert refusal.reason
    assert not plan.changes


def test_a_mark_that_excel_made_a_date_is_refused(exported: Path) -> None:
    book = load_workbook(exported)
    cell = book.worksheets[0]["F7"]
    cell.value, cell.number_format = 46000, "dd/mm/yyyy"
    book.save(exported)
    assert "thành ngày" in read(exported).refused[0].reason


def test_a_formula_without_a_value_is_refused(exported: Path) -> None:
    assert "công thức" in read(filled(exported, F7="=5+3")).refused[0].reason


def test_a_blank_cell_never_deletes_a_mark(exported: Path) -> None:
    plan = read(filled(exported, E6=None))
    assert (plan.left_blank, plan.changes) == (1, ())


def test_moved_rows_still_reach_the_right_pupil(exported: Path) -> None:
    book = load_workbook(exported)
    sheet = book.worksheets[0]
    for column in range(1, 10):
        first, second = sheet.cell(6, column), sheet.cell(8, column)
        first.value, second.value = second.value, first.value
    sheet["F6"] = 6
    book.save(exported)
    assert [c.key.student_id for c in read(exported).added] == ["p3"]


def test_only_mark_cells_can_be_edited_and_ids_are_hidden(exported: Path) -> None:
    sheet = load_workbook(exported).worksheets[0]
    assert sheet.protection.sheet
    assert sheet["C6"].protection.locked
    assert not sheet["F6"].protection.locked
    assert sheet.column_dimensions["A"].hidden
    assert sheet.freeze_panes == "E6"
    assert {rule.type for rule in sheet.data_validations.dataValidation} == {"list", "decimal"}
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$4:$5"


def test_a_comment_that_looks_like_a_formula_stays_text(exported: Path) -> None:
    cell = load_workbook(exported).worksheets[0]["I7"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)


def test_a_foreign_sheet_is_matched_by_captions_name_and_birth_date(tmp_path: Path) -> None:
    rows = [
        ("BẢNG ĐIỂM LỚP 8B",),
        ("STT", "Họ và tên", "Ngày sinh", "Toán HK I", None, "Ghi chú"),
        (None, None, None, "ĐĐGgk", "ĐĐGck", None),
        (1, "Lò Thị Ba", "06/05/2013", 6, 7, "x"),
        (2, "LẦU A MỶ", "25/08/2013", None, 8, None),
        (3, "Lạ Lùng", "01/01/2013", 5, 5, None),
    ]
    plan = read(write_sheet(tmp_path / "f.xlsx", rows))
    assert {(c.key.student_id, c.key.slot, c.after) for c in plan.added} == {
        ("p3", "s1.midterm", "6"), ("p3", "s1.final", "7"), ("p1", "s1.final", "8"),
    }  # fmt: skip
    assert [(r.where.row, r.pupil) for r in plan.refused] == [(6, "Lạ Lùng")]


def test_namesakes_without_a_birth_date_are_refused(tmp_path: Path) -> None:
    rows = [("STT", "Họ và tên", "Mã định danh Bộ GD&ĐT", "GDTC"), (1, "Lò Thị Ba", "", "Đ"),
            (2, "Tên khác", "1234567890", "Đ")]  # fmt: skip
    plan = read(write_sheet(tmp_path / "n.xlsx", rows))
    assert "cùng tên" in plan.refused[0].reason
    assert [c.key.student_id for c in plan.added] == ["p1"]


def test_a_caption_that_fits_two_columns_is_not_guessed(tmp_path: Path) -> None:
    rows = [("STT", "Họ và tên", "GDTC", "ĐĐGck"), (1, "Lầu A Mỷ", "Đ", 9)]
    plan = read(write_sheet(tmp_path / "a.xlsx", rows))
    assert [c.key.area for c in plan.added] == ["PE"]
    assert "ĐĐGck" in plan.notes[0]


def test_a_pupil_twice_in_the_sheet_is_refused_the_second_time(tmp_path: Path) -> None:
    rows = [("STT", "Họ và tên", "GDTC"), (1, "Lầu A Mỷ", "Đ"), (2, "Lầu A Mỷ", "CĐ")]
    plan = read(write_sheet(tmp_path / "t.xlsx", rows))
    assert [c.after for c in plan.added] == ["D"]
    assert "dòng 2" in plan.refused[0].reason


def test_a_sheet_without_marks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetHeaderMissing):
        read(write_sheet(tmp_path / "x.xlsx", [("a", "b"), (1, 2)]))
