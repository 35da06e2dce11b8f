"""What a foreign sheet is to the rest of the program: rows of plain values, and what to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal

Cell = str | int | float | date | datetime | bool | None
Place = tuple[int, int]
"""(row from 1, column from 0)."""
UNCOMPUTED = "công thức chưa có giá trị"
_AS_EXCEL_SHOWS = Context(prec=15)


@dataclass(frozen=True, slots=True)
class Respelling:
    """What was done about a cell's font or damage, or has to be asked. Words in Vietnamese."""

    before: str
    """As it stands in the file."""
    why: str = ""
    ask: str = ""
    suggestion: str = ""


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
    faults: Mapping[Place, str] = field(default_factory=dict)
    """Cells that hold something which cannot be read: a formula without a stored value
    (`UNCOMPUTED`), or an error of the program that wrote it ("Excel báo lỗi #N/A")."""
    respelled: Mapping[Place, Respelling] = field(default_factory=dict)
    merged: tuple[tuple[Place, Place], ...] = ()
    """(first, last) of each merged range, rows from 1, columns from 0."""
    epoch_1904: bool = False
    visible: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workbook:
    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...] = ()
    """What the reader should say about the file, in Vietnamese."""


def error_words(code: str) -> str:
    return f"Excel báo lỗi {code}"


def fault_advice(words: str) -> str:
    """The sentence for a person: what the cell holds and what to do."""
    if words == UNCOMPUTED:
        return "Ô công thức chưa có giá trị; hãy mở bằng Excel rồi lưu lại."
    return f"Ô {words}; hãy sửa công thức hoặc gõ giá trị vào ô rồi lưu lại."


def shown(cell: Cell) -> str:
    """A cell as a person sees it: dates as dd/mm/yyyy (with a time of day if there is one), whole
    numbers without a point, others with the 15 digits that spreadsheet programs show."""
    if cell is None:
        return ""
    if isinstance(cell, datetime) and (cell.hour or cell.minute or cell.second):
        return f"{cell.day:02d}/{cell.month:02d}/{cell.year:04d} {cell:%H:%M:%S}"
    if isinstance(cell, datetime | date):
        return f"{cell.day:02d}/{cell.month:02d}/{cell.year:04d}"
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return _digits(cell)
    return str(cell)


def _digits(number: float) -> str:
    """7.699999999999999 is 7.7, as in the program that stored it (ECMA-376 18.3.1.96)."""
    rounded = _AS_EXCEL_SHOWS.create_decimal(Decimal(number)).normalize()
    text = format(rounded, "f") if -7 < rounded.adjusted() < 15 else format(rounded, "E")
    return "0" if text == "-0" else text
