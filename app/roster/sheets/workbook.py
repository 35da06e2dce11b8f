"""Foreign spreadsheets as plain rows of values. Nothing is parsed before it was looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from app.errors import SheetTooLarge, SheetUnreadable
from app.roster.sheets.cells import Cell, Sheet, SheetRow, Workbook
from app.roster.sheets.fonts import respell
from app.roster.sheets.grids import Grid, read_grids, unlocked
from app.roster.sheets.kinds import FileKind, kind_of, read_file
from app.roster.sheets.package import BookFacts, clean_package
from app.roster.sheets.sheet_scan import MAX_CELL_CHARS, SheetFacts
from app.roster.sheets.text_files import read_text_rows

_FONT_WORDS = {"UTF-8": "là chữ UTF-8 bị đọc nhầm bảng mã"}


def read_workbook(path: Path) -> Workbook:
    """All worksheets of an .xlsx, .xlsm, .xls, .csv or .tsv.

    The file is read once; what is checked is what is parsed, in a child process.
    Raises SheetUnreadable, SheetTooLarge (params: reason), SheetEncrypted.
    """
    data = read_file(path)
    kind = kind_of(data, path.name)
    if kind is FileKind.TEXT:
        return _read_text(data, path.stem)
    notes: list[str] = []
    if kind is FileKind.ENCRYPTED:
        data, kind = unlocked(data), FileKind.XLSX
        notes.append("Tệp được bảo vệ cấu trúc (không hỏi mật khẩu); vẫn đọc được.")
    facts = BookFacts()
    if kind is FileKind.XLSX:
        data, facts = clean_package(data)
    grids = read_grids(kind, data)
    if not grids:
        raise SheetUnreadable("no worksheet", reason="Tệp không có trang tính nào.")
    if facts.macros:
        notes.append("Tệp có macro; macro không được chạy.")
    return Workbook(tuple(_sheet(grid, facts) for grid in grids), tuple(notes))


def _sheet(grid: Grid, facts: BookFacts) -> Sheet:
    known = facts.sheets.get(grid.name, SheetFacts())
    _fill_merged(grid)
    faults = known.faults | {(row + 1, at): words for (row, at), words in grid.faults.items()}
    hidden = known.hidden_rows + grid.hidden_rows
    notes = (f"Có {hidden} dòng đang bị ẩn; vẫn được đọc.",) if hidden else ()
    return _in_unicode(
        Sheet(
            name=grid.name,
            rows=_rows(grid.values, {row for row, _ in faults}),
            faults=faults,
            merged=tuple(
                ((top + 1, left), (low + 1, right)) for (top, left), (low, right) in grid.merged
            ),
            epoch_1904=facts.epoch_1904 or grid.epoch_1904,
            visible=grid.visible,
            notes=notes,
        )
    )


def _fill_merged(grid: Grid) -> None:
    """A cell merged downwards speaks for every row that it covers, in its first column."""
    values = grid.values
    for (top, left), (bottom, _) in grid.merged:
        if top < len(values) and left < len(values[top]):
            for covered in values[top + 1 : bottom + 1]:
                covered.extend([None] * (left + 1 - len(covered)))
                covered[left] = values[top][left]


def _rows(
    values: Sequence[Sequence[object]], faulty: AbstractSet[int] = frozenset()
) -> tuple[SheetRow, ...]:
    """Rows that hold something, be it formulas without a value or errors (`faulty`: their
    numbers)."""
    rows = []
    for number, raw in enumerate(values, start=1):
        cells = tuple(map(_value, raw))
        if number in faulty or any(cell is not None for cell in cells):
            rows.append(SheetRow(number, cells))
    rows += [SheetRow(number, ()) for number in sorted(faulty) if number > len(values)]
    return tuple(rows)


def _value(raw: object) -> Cell:
    if isinstance(raw, str):
        if len(raw) > MAX_CELL_CHARS:
            raise SheetTooLarge("cell", reason="Có ô chứa quá nhiều chữ.")
        return raw if raw.strip() else None
    if isinstance(raw, bool | int | datetime | date):
        return raw
    if isinstance(raw, float):
        return _number(raw)
    if isinstance(raw, time | timedelta):
        return str(raw)
    return None


def _number(raw: float) -> Cell:
    if not math.isfinite(raw):
        return None
    return int(raw) if raw.is_integer() and abs(raw) < 1e15 else raw


def _read_text(data: bytes, name: str) -> Workbook:
    text = read_text_rows(data)
    notes = list(text.notes)
    if text.encoding != "UTF-8":
        notes.append(f"Tệp dùng bảng mã {text.encoding}, đã đổi sang Unicode.")
    sheet = Sheet(name=name, rows=_rows(text.rows), respelled=text.mended)
    return Workbook((_in_unicode(sheet),), tuple(notes))


def _in_unicode(sheet: Sheet) -> Sheet:
    """Cells typed in .VnTime or VNI fonts hold Latin letters that only look Vietnamese."""
    rows, respelled, counts = respell(sheet.rows)
    notes = tuple(
        f"Trang “{sheet.name}”: {count} ô {_FONT_WORDS.get(font, f'gõ bằng phông chữ {font}')}, "
        "đã đổi sang Unicode."
        for font, count in counts.items()
    )
    return replace(
        sheet,
        rows=rows,
        respelled={**sheet.respelled, **respelled},
        notes=(*sheet.notes, *notes),
    )
