"""Foreign spreadsheets as plain rows of values. Nothing is parsed before `guard` has agreed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from app.errors import SheetTooLarge, SheetUnreadable
from app.roster.grids import Grid, read_grids, read_grids_apart
from app.roster.guard import BookFacts, FileKind, check_package, kind_of
from app.roster.legacy_text import from_legacy_font, legacy_font
from app.roster.sheet_scan import MAX_CELL_CHARS, SheetFacts
from app.roster.text_files import read_text_rows

Cell = str | int | float | date | datetime | bool | None


@dataclass(frozen=True, slots=True)
class SheetRow:
    number: int
    """As the spreadsheet program shows it, from 1."""
    cells: tuple[Cell, ...]

    def cell(self, column: int) -> Cell:
        return self.cells[column] if 0 <= column < len(self.cells) else None


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    rows: tuple[SheetRow, ...]
    """Rows that hold something; empty rows are left out, numbers stay."""
    uncomputed: frozenset[tuple[int, int]] = frozenset()
    """(row from 1, column from 0) of formulas without a stored value."""
    epoch_1904: bool = False
    visible: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workbook:
    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...] = ()
    """What the reader should say about the file, in Vietnamese."""


def read_workbook(path: Path) -> Workbook:
    """All worksheets of an .xlsx, .xlsm, .xls, .csv or .tsv.

    Raises SheetUnreadable (params: reason), SheetEncrypted, SheetTooLarge (params: reason).
    """
    kind = kind_of(path)
    if kind is FileKind.TEXT:
        return _read_text(path)
    facts = check_package(path) if kind is FileKind.XLSX else BookFacts({}, False, False)
    grids = read_grids(path) if kind is FileKind.XLSX else read_grids_apart(path)
    if not grids:
        raise SheetUnreadable("no worksheet", reason="Tệp không có trang tính nào.")
    sheets = (_without_legacy_font(_sheet(grid, facts)) for grid in grids)
    notes = ("Tệp có macro; macro không được chạy.",) if facts.macros else ()
    return Workbook(tuple(sheets), notes)


def _sheet(grid: Grid, facts: BookFacts) -> Sheet:
    known = facts.sheets.get(grid.name, SheetFacts())
    _fill_merged(grid.values, grid.merged)
    notes = (f"Có {known.hidden_rows} dòng đang bị ẩn; vẫn được đọc.",) if known.hidden_rows else ()
    return Sheet(
        name=grid.name,
        rows=_rows(grid.values, {row for row, _ in known.uncomputed}),
        uncomputed=frozenset((row, column - 1) for row, column in known.uncomputed),
        epoch_1904=facts.epoch_1904,
        visible=grid.visible,
        notes=notes,
    )


def _fill_merged(values: list[list[object]], merged: Sequence[Sequence[Sequence[int]]]) -> None:
    """A cell merged downwards speaks for every row that it covers, in its first column."""
    for (top, left), (bottom, _) in merged:
        if top < len(values) and left < len(values[top]):
            for row in values[top + 1 : bottom + 1]:
                row[left] = values[top][left]


def _rows(
    values: Sequence[Sequence[object]], uncomputed: AbstractSet[int] = frozenset()
) -> tuple[SheetRow, ...]:
    """Rows that hold something, be it formulas without a value (`uncomputed`: their numbers)."""
    rows = []
    for number, raw in enumerate(values, start=1):
        cells = tuple(map(_value, raw))
        if number in uncomputed or any(cell is not None for cell in cells):
            rows.append(SheetRow(number, cells))
    rows += [SheetRow(number, ()) for number in sorted(uncomputed) if number > len(values)]
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


def _read_text(path: Path) -> Workbook:
    lines, encoding = read_text_rows(path)
    note = () if encoding == "UTF-8" else (f"Tệp dùng bảng mã {encoding}, đã đổi sang Unicode.",)
    return Workbook((Sheet(name=path.stem, rows=_rows(lines)),), note)


def _without_legacy_font(sheet: Sheet) -> Sheet:
    """Sheets typed in .VnTime or VNI fonts hold Latin letters that only look Vietnamese."""
    sample = "\n".join(
        cell for row in sheet.rows[:400] for cell in row.cells if isinstance(cell, str)
    )
    name = legacy_font(sample)
    if name is None:
        return sheet
    rows = tuple(
        SheetRow(
            row.number,
            tuple(from_legacy_font(c, name) if isinstance(c, str) else c for c in row.cells),
        )
        for row in sheet.rows
    )
    note = f"Trang “{sheet.name}” gõ bằng phông chữ {name}, đã đổi sang Unicode."
    return replace(sheet, rows=rows, notes=(*sheet.notes, note))


def shown(cell: Cell) -> str:
    """A cell as a person sees it: dates as dd/mm/yyyy, whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return f"{cell.day:02d}/{cell.month:02d}/{cell.year:04d}"
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return str(cell)
