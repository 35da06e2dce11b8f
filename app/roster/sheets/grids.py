"""Grids of cells out of a parser, in a child process with bounded memory and time.

A damaged sheet can make a parser ask for more memory than there is, or abort, which ends the
process that asks; `python -m app.roster.sheets.grids KIND` (the file on its standard input) is
that process. .xlsx packages come from `clean_package`; .xls files are read with xlrd.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from app import log
from app.errors import SheetEncrypted, SheetError, SheetTooLarge, SheetUnreadable
from app.processes import NO_WINDOW, child_environment, limit_memory
from app.roster.sheets.cells import error_words
from app.roster.sheets.kinds import FileKind
from app.roster.sheets.sheet_scan import MAX_CELLS, MAX_COLUMNS

CHILD_SECONDS = 60
CHILD_BYTES = 1 << 30
_FAILURES: dict[str, type[SheetError]] = {
    error.code: error for error in (SheetEncrypted, SheetTooLarge, SheetUnreadable)
}
_NO_PASSWORD = "VelvetSweatshop"  # noqa: S105 - what Excel itself tries (MS-OFFCRYPTO 2.4.2.3)
_DAMAGED = "Tệp bị hỏng."
_BLANK = (0, 6)
"""xlrd's types of empty cells."""


@dataclass(slots=True)
class Grid:
    name: str
    visible: bool
    values: list[list[object]]
    merged: list[tuple[tuple[int, int], tuple[int, int]]]
    """((top, left), (bottom, right)), from 0."""
    faults: dict[tuple[int, int], str] = field(default_factory=dict)
    """(row, column), from 0 -> what is wrong; only where the parser tells (.xls)."""
    hidden_rows: int = 0
    epoch_1904: bool = False


def read_grids(kind: FileKind, data: bytes) -> list[Grid]:
    """All worksheets of an .xlsx or .xls.

    Raises SheetUnreadable, SheetEncrypted, SheetTooLarge (params: reason).
    """
    answer = _ask_child(kind.value, data)
    try:
        return [_thawed(item) for item in json.loads(answer)["grids"]]
    except (ValueError, KeyError, TypeError) as error:
        raise SheetUnreadable(type(error).__name__, reason=_DAMAGED) from error


def unlocked(data: bytes) -> bytes:
    """A workbook whose structure is protected: encrypted with the password that Excel tries by
    itself, so that nobody is asked. Raises SheetEncrypted where that is not the password."""
    return _ask_child(FileKind.ENCRYPTED.value, data)


def _ask_child(work: str, data: bytes) -> bytes:
    try:
        answer = _printed_by_child(work, data)
    except (OSError, subprocess.SubprocessError) as error:
        raise SheetUnreadable(type(error).__name__, reason=_DAMAGED) from error
    status, _, content = answer.partition(b"\n")
    if status != b"ok":
        code, _, reason = content.decode(errors="replace").partition("\n")
        raise _FAILURES.get(code, SheetUnreadable)("child", reason=reason or _DAMAGED)
    return content


def _printed_by_child(work: str, data: bytes) -> bytes:
    """Raises OSError, TimeoutExpired. Nothing, of a child that died."""
    child = subprocess.Popen(
        [sys.executable, "-m", "app.roster.sheets.grids", work],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child_environment(),
        creationflags=NO_WINDOW,
    )
    with child:
        try:
            printed, _ = child.communicate(data, timeout=CHILD_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            log.child_ended("sheet_reader", child.pid, None)
            raise
    if child.returncode:
        log.child_ended("sheet_reader", child.pid, child.returncode)
        return b""
    return printed


# --- in the child ----------------------------------------------------------------------------


def parse_xlsx(data: bytes) -> list[Grid]:
    """Raises SheetUnreadable, SheetTooLarge (params: reason)."""
    import python_calamine as calamine

    try:
        with calamine.load_workbook(io.BytesIO(data)) as book:
            return [_calamine_grid(book, index) for index in range(len(book.sheets_metadata))]
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise SheetUnreadable(type(error).__name__, reason=_DAMAGED) from error


def _calamine_grid(book: Any, index: int) -> Grid:
    import python_calamine as calamine

    meta = book.sheets_metadata[index]
    sheet = book.get_sheet_by_index(index)
    _check_size(sheet.total_height, sheet.total_width)
    values: list[list[object]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
    visible = meta.visible == calamine.SheetVisibleEnum.Visible
    return Grid(meta.name, visible, values, list(sheet.merged_cell_ranges or []))


def parse_xls(data: bytes) -> list[Grid]:
    """Raises SheetUnreadable, SheetTooLarge, SheetEncrypted (params: reason)."""
    import xlrd

    try:
        book = xlrd.open_workbook(
            file_contents=_decrypted_xls(data), formatting_info=True, logfile=io.StringIO()
        )
        return [_xlrd_grid(book, sheet) for sheet in book.sheets()]
    except (SheetError, MemoryError):
        raise
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise SheetEncrypted("xls") from error
        raise SheetUnreadable("XLRDError", reason=_DAMAGED) from error
    except Exception as error:
        raise SheetUnreadable(type(error).__name__, reason=_DAMAGED) from error


def _decrypted_xls(data: bytes) -> bytes:
    """As it is, or opened with the password that Excel tries by itself."""
    import msoffcrypto

    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(data))
        if not office.is_encrypted():
            return data
        return _opened(office)
    except SheetEncrypted:
        raise
    except Exception:  # noqa: BLE001 - no encryption that it knows: the parser has the last word
        return data


def _opened(office: Any) -> bytes:
    import msoffcrypto

    out = io.BytesIO()
    try:
        office.load_key(password=_NO_PASSWORD)
        office.decrypt(out)
    except msoffcrypto.exceptions.InvalidKeyError as error:
        raise SheetEncrypted("password") from error
    return out.getvalue()


def unlock(data: bytes) -> bytes:
    """Raises SheetEncrypted, SheetUnreadable (params: reason)."""
    import msoffcrypto

    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(data))
        office.load_key(password=_NO_PASSWORD, verify_password=True)
        return _opened(office)
    except (SheetError, MemoryError):
        raise
    except Exception as error:
        raise SheetEncrypted(type(error).__name__) from error


def _xlrd_grid(book: Any, sheet: Any) -> Grid:
    import xlrd

    _check_size(sheet.nrows, sheet.ncols)
    grid = Grid(
        sheet.name,
        sheet.visibility == 0,
        [],
        [((top, left), (low - 1, right - 1)) for top, low, left, right in sheet.merged_cells],
        epoch_1904=bool(book.datemode),
    )
    for row in range(sheet.nrows):
        grid.values.append([])
        hidden = row in sheet.rowinfo_map and sheet.rowinfo_map[row].hidden
        for column in range(sheet.row_len(row)):
            kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
            if kind == xlrd.XL_CELL_ERROR:
                code = xlrd.error_text_from_code.get(value, "#ERR")
                grid.faults[row, column] = error_words(code)
            grid.values[row].append(_xlrd_value(kind, value, book.datemode))
        grid.hidden_rows += bool(hidden and any(v not in (None, "") for v in grid.values[row]))
    return grid


def _xlrd_value(kind: int, value: Any, datemode: int) -> object:
    import xlrd

    if kind in _BLANK or kind == xlrd.XL_CELL_ERROR:
        return None
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if kind != xlrd.XL_CELL_DATE:
        return value
    try:
        moment = xlrd.xldate.xldate_as_datetime(value, datemode)
    except (ValueError, OverflowError):
        return value
    if 0 <= value < 1:
        return moment.time()
    return moment.date() if moment.time() == time() else moment


def _check_size(height: int, width: int) -> None:
    if width > MAX_COLUMNS or height * width > MAX_CELLS:
        raise SheetTooLarge("grid", reason="Trang tính có quá nhiều dòng hoặc cột.")


def _frozen(grid: Grid) -> list[object]:
    values = [[_frozen_cell(cell) for cell in row] for row in grid.values]
    faults = [[row, column, words] for (row, column), words in grid.faults.items()]
    return [
        grid.name, grid.visible, values, grid.merged, faults, grid.hidden_rows, grid.epoch_1904,
    ]  # fmt: skip


def _frozen_cell(cell: object) -> object:
    if isinstance(cell, datetime | date):
        return {"date": cell.isoformat()}
    return str(cell) if isinstance(cell, time | timedelta) else cell


def _thawed(item: list[Any]) -> Grid:
    name, visible, values, merged, faults, hidden, epoch = item
    return Grid(
        str(name),
        bool(visible),
        [[_thawed_cell(cell) for cell in row] for row in values],
        [((top, left), (low, right)) for (top, left), (low, right) in merged],
        {(int(row), int(column)): str(words) for row, column, words in faults},
        int(hidden),
        bool(epoch),
    )


def _thawed_cell(cell: object) -> object:
    if not isinstance(cell, dict):
        return cell
    text = str(cell["date"])
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def main(work: str, data: bytes) -> bytes:
    """'ok' and the grids as JSON (or the opened package); else 'error', a code and a reason."""
    try:
        if work == FileKind.ENCRYPTED:
            return b"ok\n" + unlock(data)
        grids = (parse_xlsx if work == FileKind.XLSX else parse_xls)(data)
        return b"ok\n" + json.dumps({"grids": [_frozen(grid) for grid in grids]}).encode()
    except SheetError as error:
        code, reason = error.code, str(error.params.get("reason", ""))
    except MemoryError:
        code, reason = SheetTooLarge.code, "Trang tính chứa quá nhiều dữ liệu."
    return f"error\n{code}\n{reason}".encode()


if __name__ == "__main__":
    with log.kept_as("sheet_reader"):
        limit_memory(CHILD_BYTES)
        sys.stdout.buffer.write(main(sys.argv[1], sys.stdin.buffer.read()))
