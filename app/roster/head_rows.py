"""The head of a sheet: one to four rows of captions, some of them over several columns.

What stands over a column is a path from the widest caption to the narrowest: ("Môn học", "Toán",
"Điểm KTĐK"). Merged cells say how far a caption reaches; without them it reaches over the empty
cells to its right under which something stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from app.roster.sheets import Cell, Sheet, SheetRow

MOST_ROWS = 4
_COUNTER = re.compile(r"[(\[]?\s*(\d{1,3}|[A-Za-z])\s*[)\]]?")
_LARGEST_COUNTER = 150
CaptionPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeadRows:
    first_row: int
    last_row: int
    """Of captions; a row of column numbers is not among them."""
    paths: tuple[CaptionPath, ...]
    """By column."""

    @property
    def captions(self) -> tuple[str, ...]:
        return tuple(" ".join(path) for path in self.paths)


def caption_of(cell: Cell) -> str:
    if isinstance(cell, str):
        return " ".join(cell.split())
    if isinstance(cell, int) and not isinstance(cell, bool) and 0 < cell <= _LARGEST_COUNTER:
        return str(cell)
    return ""


def heads_at(
    sheet: Sheet, index: int, ends: Callable[[HeadRows, SheetRow], bool]
) -> Iterator[HeadRows]:
    """Every head that begins in a row: of one row, then of more as long as they are captions.

    `ends`: whether a row is no longer part of the head above it.
    """
    rows = [sheet.rows[index]]
    head = HeadRows(rows[0].number, rows[0].number, _paths(sheet, rows))
    yield head
    for row in sheet.rows[index + 1 : index + MOST_ROWS]:
        if row.number != rows[-1].number + 1 or not _only_captions(row) or ends(head, row):
            return
        rows.append(row)
        head = HeadRows(rows[0].number, row.number, _paths(sheet, rows))
        yield head


def _only_captions(row: SheetRow) -> bool:
    """Marks, dates and long numbers are no captions; "1 2 3 4" under a caption are."""
    cells = [cell for cell in row.cells if cell is not None]
    figures = [cell for cell in cells if isinstance(cell, int | float)]
    if any(isinstance(cell, date | bool | float) for cell in cells):
        return False
    return bool(cells) and all(0 < figure <= _LARGEST_COUNTER for figure in figures)


def is_column_numbers(row: SheetRow, captions: Sequence[str]) -> bool:
    """'1 2 3 …' or 'A B 1 2 …' under a head: nothing but counters, under most of its columns."""
    texts = [str(cell).strip() for cell in row.cells if cell is not None]
    if len(texts) < 3 or len(texts) * 2 < sum(map(bool, captions)):
        return False
    found = [_COUNTER.fullmatch(text) for text in texts]
    if not all(found):
        return False
    numbers = [int(match[1]) for match in found if match and match[1].isdigit()]
    steps = [after - before for before, after in pairwise(numbers)]
    return len(numbers) >= 2 and all(step == 1 for step in steps)


def _paths(sheet: Sheet, rows: Sequence[SheetRow]) -> tuple[CaptionPath, ...]:
    width = max(len(row.cells) for row in rows)
    grid = [[caption_of(row.cell(column)) for column in range(width)] for row in rows]
    fixed = _spread_merged(sheet, rows, grid)
    for level in range(len(rows) - 1):
        _spread_right(grid, level, fixed)
    paths = []
    for column in range(width):
        path: list[str] = []
        for level in range(len(rows)):
            text = grid[level][column]
            if text and (not path or text != path[-1]):
                path.append(text)
        paths.append(tuple(path))
    return tuple(paths)


def _spread_merged(
    sheet: Sheet, rows: Sequence[SheetRow], grid: list[list[str]]
) -> set[tuple[int, int]]:
    """Captions over all columns of their merged range; the places of such captions."""
    numbers = {row.number: level for level, row in enumerate(rows)}
    fixed: set[tuple[int, int]] = set()
    for (top, left), (low, right) in sheet.merged:
        if top not in numbers or right <= left:
            continue
        text = grid[numbers[top]][left] if left < len(grid[0]) else ""
        for number in range(top, low + 1):
            for column in range(left, min(right, len(grid[0]) - 1) + 1):
                if number in numbers:
                    grid[numbers[number]][column] = text
                    fixed.add((numbers[number], column))
    return fixed


def _spread_right(grid: list[list[str]], level: int, fixed: set[tuple[int, int]]) -> None:
    """Over empty cells that have captions under them and the same captions above."""
    line = grid[level]
    for column in range(1, len(line)):
        before = line[column - 1]
        if line[column] or not before or (level, column - 1) in fixed:
            continue
        below = any(lower[column] for lower in grid[level + 1 :])
        same = all(upper[column] == upper[column - 1] for upper in grid[:level])
        if below and same and any(lower[column - 1] for lower in grid[level + 1 :]):
            line[column] = before
