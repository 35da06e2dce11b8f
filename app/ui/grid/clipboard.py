"""Tables as text, the way Excel and LibreOffice put them on the clipboard."""

from __future__ import annotations

from collections.abc import Sequence

Table = list[list[str]]


def read_table(text: str) -> Table:
    """Tab-separated rows; a cell in double quotes may hold tabs, line ends and doubled quotes.

    The line end that spreadsheets put after the last row makes no row. A quote inside a cell that
    does not begin with one is an ordinary character.
    """
    rows: Table = [[]]
    place, end = 0, len(text)
    while place <= end:
        cell, place = _cell(text, place)
        rows[-1].append(cell)
        if place >= end:
            break
        if text[place] != "\t":
            place += 1 if text[place : place + 2] == "\r\n" else 0
            rows.append([])
        place += 1
        if place == end and not rows[-1]:
            rows.pop()
            break
    return rows


def _cell(text: str, start: int) -> tuple[str, int]:
    """The cell that begins at `start`, and where it ends."""
    if text.startswith('"', start):
        quoted = _quoted(text, start)
        if quoted is not None:
            return quoted
    end = start
    while end < len(text) and text[end] not in "\t\r\n":
        end += 1
    return text[start:end], end


def _quoted(text: str, start: int) -> tuple[str, int] | None:
    """None where the quote is not closed before the cell ends: then it is only a quote."""
    parts = []
    place = start + 1
    while True:
        close = text.find('"', place)
        if close < 0:
            return None
        parts.append(text[place:close])
        if text.startswith('""', close):
            parts.append('"')
            place = close + 2
            continue
        after = close + 1
        if after < len(text) and text[after] not in "\t\r\n":
            return None
        return "".join(parts).replace("\r\n", "\n"), after


def write_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows end with a line feed, also the last, as spreadsheets do."""
    return "".join("\t".join(_quote(cell) for cell in row) + "\n" for row in rows)


def _quote(cell: str) -> str:
    if any(mark in cell for mark in '\t\n\r"'):
        return '"' + cell.replace('"', '""') + '"'
    return cell
