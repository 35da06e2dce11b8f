"""Grids of cells out of the parser. Old .xls files are parsed in a child process.

A damaged .xls can make the parser ask for more memory than there is, which ends the process that
asks; `python -m app.roster.grids FILE` is that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import python_calamine as calamine

from app import log
from app.errors import SheetEncrypted, SheetError, SheetTooLarge, SheetUnreadable
from app.processes import NO_WINDOW, limit_memory
from app.roster.sheet_scan import MAX_CELLS, MAX_COLUMNS

CHILD_SECONDS = 60
CHILD_BYTES = 1 << 30
_FAILURES: dict[str, type[SheetError]] = {
    error.code: error for error in (SheetEncrypted, SheetTooLarge, SheetUnreadable)
}


@dataclass(frozen=True, slots=True)
class Grid:
    name: str
    visible: bool
    values: list[list[object]]
    merged: Sequence[Sequence[Sequence[int]]]
    """((top, left), (bottom, right)), from 0."""


def read_grids(path: Path) -> list[Grid]:
    """All worksheets. Raises SheetUnreadable, SheetEncrypted, SheetTooLarge (params: reason)."""
    try:
        with calamine.load_workbook(str(path)) as book:
            return [
                _grid(book, index)
                for index, meta in enumerate(book.sheets_metadata)
                if meta.typ == calamine.SheetTypeEnum.WorkSheet
            ]
    except calamine.PasswordError as error:
        raise SheetEncrypted("password") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise SheetUnreadable(type(error).__name__, reason="Tệp bị hỏng.") from error
    except BaseException as error:  # a panic inside the parser is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise SheetUnreadable("parser panic", reason="Tệp bị hỏng.") from error


def _grid(book: calamine.CalamineWorkbook, index: int) -> Grid:
    meta = book.sheets_metadata[index]
    sheet = book.get_sheet_by_index(index)
    if sheet.total_width > MAX_COLUMNS or sheet.total_height * sheet.total_width > MAX_CELLS:
        raise SheetTooLarge("grid", reason="Trang tính có quá nhiều dòng hoặc cột.")
    values: list[list[object]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
    visible = meta.visible == calamine.SheetVisibleEnum.Visible
    return Grid(meta.name, visible, values, sheet.merged_cell_ranges or [])


def read_grids_apart(path: Path) -> list[Grid]:
    """The same, in a child process with bounded memory and time."""
    try:
        answer = json.loads(_printed_by_child(path.resolve()))
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise SheetUnreadable(type(error).__name__, reason="Tệp bị hỏng.") from error
    if "error" in answer:
        raise _FAILURES.get(answer["error"], SheetUnreadable)("child", reason=answer["reason"])
    return [
        Grid(name, visible, [[_thawed(cell) for cell in row] for row in values], merged)
        for name, visible, values, merged in answer["grids"]
    ]


def _printed_by_child(path: Path) -> bytes:
    """Raises OSError, TimeoutExpired. What a child that died has printed is torn, if anything."""
    child = subprocess.Popen(
        [sys.executable, "-m", "app.roster.grids", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).resolve().parents[2],
        creationflags=NO_WINDOW,
    )
    with child:
        try:
            printed, _ = child.communicate(timeout=CHILD_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            log.child_ended("sheet_reader", child.pid, None)
            raise
    if child.returncode:
        log.child_ended("sheet_reader", child.pid, child.returncode)
    return printed


def _frozen(cell: object) -> object:
    if isinstance(cell, datetime | date):
        return {"date": cell.isoformat()}
    return str(cell) if isinstance(cell, time | timedelta) else cell


def _thawed(cell: object) -> object:
    if not isinstance(cell, dict):
        return cell
    text = str(cell["date"])
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def main(path: Path) -> None:
    """Print the grids, or the error, as one JSON object."""
    limit_memory(CHILD_BYTES)
    try:
        grids = [
            (g.name, g.visible, [[_frozen(c) for c in row] for row in g.values], g.merged)
            for g in read_grids(path)
        ]
        answer: dict[str, object] = {"grids": grids}
    except SheetError as error:
        answer = {"error": error.code, "reason": error.params.get("reason", "")}
    except MemoryError:
        answer = {"error": SheetTooLarge.code, "reason": "Trang tính chứa quá nhiều dữ liệu."}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    with log.kept_as("sheet_reader"):
        main(Path(sys.argv[1]))
