"""Writing .xlsx: text stays text, whatever it begins with."""

from __future__ import annotations

import io
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell as ExcelCell
from openpyxl.cell import MergedCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from app.files import write_whole
from app.roster.plan import RefusedRow, RosterPlan
from app.roster.sheets import Cell

HEADER_FILL = PatternFill("solid", fgColor="DCE6F1")
REASON_FILL = PatternFill("solid", fgColor="FDE9D9")
BOLD = Font(bold=True)
WRAPPED = Alignment(wrap_text=True, vertical="top")


def put(sheet: Worksheet, row: int, column: int, value: Cell) -> ExcelCell | MergedCell:
    """One cell. A text that looks like a formula is written as text and marked as quoted."""
    cell = sheet.cell(row=row, column=column)
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"
        cell.number_format = "@"
        if value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
            cell.quotePrefix = True
    else:
        cell.value = value
        if isinstance(value, datetime | date):
            cell.number_format = "dd/mm/yyyy"
    return cell


def save(book: Workbook, path: Path) -> None:
    """Write beside the target, then rename: a half-written file never takes its name.

    Raises DiskFull, or a DiskTrouble such as FileInUse while Excel has it open.
    """
    whole = io.BytesIO()
    book.save(whole)
    write_whole(path, whole.getvalue())


def write_refused(path: Path, plan: RosterPlan) -> int:
    """The refused rows with their own columns and the reason in front; how many there are."""
    book = Workbook()
    book.remove(book.worksheets[0])
    groups: dict[str, list[RefusedRow]] = defaultdict(list)
    for refusal in plan.refused:
        groups[refusal.where.sheet].append(refusal)
    for name, refusals in groups.items() or [("Không có dòng nào", [])]:
        _write_group(book.create_sheet(_title(name)), plan.captions.get(name, ()), refusals)
    save(book, path)
    return len(plan.refused)


def _write_group(sheet: Worksheet, captions: tuple[str, ...], refusals: list[RefusedRow]) -> None:
    for column, caption in enumerate(("Lý do bị trả lại", "Dòng trong tệp gốc", *captions), 1):
        cell = put(sheet, 1, column, caption)
        cell.font, cell.fill, cell.alignment = BOLD, HEADER_FILL, WRAPPED
        sheet.column_dimensions[get_column_letter(column)].width = 44 if column == 1 else 18
    for number, refusal in enumerate(refusals, 2):
        reason = put(sheet, number, 1, refusal.reason)
        reason.fill, reason.alignment = REASON_FILL, WRAPPED
        put(sheet, number, 2, refusal.where.row)
        for column, value in enumerate(refusal.cells, 3):
            put(sheet, number, column, value)
    sheet.freeze_panes = "C2"


def _title(name: str) -> str:
    return "".join(c for c in name if c not in "[]:*?/\\")[:31] or "Trang"
