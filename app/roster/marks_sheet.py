"""A class's marks as an .xlsx to fill in elsewhere and take back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from app.roster.sheet_out import BOLD, HEADER_FILL, put, save

KEY_ROW, GROUP_ROW, HEADER_ROW, FIRST_ROW = 3, 4, 5, 6
FIRST_COLUMN = 5
ID_KEY = "#id"
_THIN = Side(style="thin", color="B7B7B7")
_GRID = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_ALIGN = Alignment(horizontal="center", vertical="center", wrap_text=True)


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column of marks. `area` and `slot` as in `model.gradebook`."""

    area: str
    slot: str
    title: str
    group: str = ""
    """Caption over several columns, e.g. 'Học kì I'."""
    choices: tuple[str, ...] = ()
    """Words to pick from; empty for scores and comments."""
    score: bool = False
    """A number from 0 to 10."""

    @property
    def key(self) -> str:
        return f"{self.area}|{self.slot}"

    @property
    def caption(self) -> str:
        return f"{self.group} {self.title}".strip()


@dataclass(frozen=True, slots=True)
class SheetPupil:
    """`birth_date` ISO 8601; `values`: (area, slot) -> canonical text."""

    student_id: str
    number: int
    full_name: str
    birth_date: str
    values: Mapping[tuple[str, str], str] = field(default_factory=dict)
    moet_id: str = ""
    personal_id: str = ""


Show = Callable[[str, str, str], str]


def _as_is(_area: str, _slot: str, value: str) -> str:
    return value


def export_class(
    path: Path,
    columns: Sequence[SheetColumn],
    rows: Sequence[SheetPupil],
    *,
    title: str,
    show: Show = _as_is,
) -> None:
    """Write the grid; only the mark cells can be edited. `show` gives the words of a value.

    Raises DiskFull, SheetError (params: reason).
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Sổ điểm"
    _write_head(sheet, columns, title)
    for row, pupil in enumerate(rows, FIRST_ROW):
        _write_pupil(sheet, row, pupil, columns, show)
    _set_up(sheet, columns, len(rows))
    save(book, path)


def _write_head(sheet: Worksheet, columns: Sequence[SheetColumn], title: str) -> None:
    put(sheet, 1, 2, title).font = BOLD
    put(sheet, 2, 2, "Chỉ nhập vào các ô trắng; không thêm, xóa hoặc đổi chỗ cột.")
    fixed = (ID_KEY, "#number", "#name", "#birth")
    for column, key in enumerate((*fixed, *(c.key for c in columns)), 1):
        put(sheet, KEY_ROW, column, key)
    captions = [("", t) for t in ("Mã trong máy", "STT", "Họ và tên", "Ngày sinh")]
    for column, (group, text) in enumerate([*captions, *((c.group, c.title) for c in columns)], 1):
        for row, words in ((GROUP_ROW, group), (HEADER_ROW, text)):
            cell = put(sheet, row, column, words)
            cell.font, cell.fill, cell.alignment, cell.border = BOLD, HEADER_FILL, _ALIGN, _GRID
    _merge_groups(sheet, columns)


def _merge_groups(sheet: Worksheet, columns: Sequence[SheetColumn]) -> None:
    start = 0
    for end in range(1, len(columns) + 1):
        if end == len(columns) or columns[end].group != columns[start].group:
            if columns[start].group and end - start > 1:
                sheet.merge_cells(
                    start_row=GROUP_ROW,
                    end_row=GROUP_ROW,
                    start_column=FIRST_COLUMN + start,
                    end_column=FIRST_COLUMN + end - 1,
                )
            start = end


def _write_pupil(
    sheet: Worksheet, row: int, pupil: SheetPupil, columns: Sequence[SheetColumn], show: Show
) -> None:
    born = "/".join(reversed(pupil.birth_date.split("-")))
    fixed: tuple[str | int, ...] = (pupil.student_id, pupil.number, pupil.full_name, born)
    for column, text in enumerate(fixed, 1):
        put(sheet, row, column, text).border = _GRID
    for column, about in enumerate(columns, FIRST_COLUMN):
        value = pupil.values.get((about.area, about.slot))
        if value is None:
            cell = put(sheet, row, column, None)
        elif about.score and value.replace(".", "", 1).isdigit():
            cell = put(sheet, row, column, float(value))
        else:
            cell = put(sheet, row, column, show(about.area, about.slot, value))
        cell.protection, cell.border = Protection(locked=False), _GRID
        if about.score:
            cell.number_format = "General"


def _set_up(sheet: Worksheet, columns: Sequence[SheetColumn], pupils: int) -> None:
    last_row = FIRST_ROW + max(pupils, 1) - 1
    for offset, about in enumerate(columns):
        letter = get_column_letter(FIRST_COLUMN + offset)
        if rule := _validation(about):
            sheet.add_data_validation(rule)
            rule.add(f"{letter}{FIRST_ROW}:{letter}{last_row}")
        free_text = not about.score and not about.choices
        sheet.column_dimensions[letter].width = 40 if free_text else 10
    for letter, width in (("B", 6), ("C", 28), ("D", 12)):
        sheet.column_dimensions[letter].width = width
    sheet.column_dimensions["A"].hidden = True
    sheet.row_dimensions[KEY_ROW].hidden = True
    sheet.freeze_panes = f"{get_column_letter(FIRST_COLUMN)}{FIRST_ROW}"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{GROUP_ROW}:{HEADER_ROW}"
    sheet.print_title_cols = "B:D"


def _validation(about: SheetColumn) -> DataValidation | None:
    if about.choices:
        words = ",".join(about.choices)
        rule = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True)
        rule.error = f"Chọn một trong: {', '.join(about.choices)}."
    elif about.score:
        rule = DataValidation(
            type="decimal", operator="between", formula1="0", formula2="10", allow_blank=True
        )
        rule.error = "Điểm là số từ 0 đến 10."
    else:
        return None
    rule.errorTitle, rule.showErrorMessage = "Giá trị không hợp lệ", True
    return rule
