"""CSV and TSV in any encoding a Vietnamese school may have."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.errors import SheetTooLarge, SheetUnreadable
from app.roster.sheets.cells import Place, Respelling
from app.roster.sheets.legacy_text import decode_legacy
from app.roster.sheets.sheet_scan import MAX_CELL_CHARS, MAX_CELLS, MAX_COLUMNS

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_DELIMITERS = (";", "\t", ",", "|")


def decode(data: bytes) -> tuple[str, str]:
    """(text in NFC or as written, encoding). Raises SheetUnreadable."""
    for bom, codec, name in _BOMS:
        if data.startswith(bom):
            return _strict(data, codec), name
    if b"\0" in data[:4096]:
        little = data[1:4096:2].count(0) >= data[0:4096:2].count(0)
        return _strict(data, "utf-16-le" if little else "utf-16-be"), "UTF-16"
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return decode_legacy(data)


def _strict(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise SheetUnreadable(codec, reason="Tệp chữ bị hỏng.") from error


@dataclass(slots=True)
class TextRows:
    """Row n of the list is row n+1 as a spreadsheet shows it."""

    rows: list[list[str]]
    encoding: str
    mended: dict[Place, Respelling] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_text_rows(data: bytes) -> TextRows:
    """Raises SheetUnreadable, SheetTooLarge (params: reason)."""
    text, encoding = decode(data)
    controls = sum(unicodedata.category(c) == "Cc" and c not in "\r\n\t" for c in text[:4096])
    if controls or not text.strip():
        raise SheetUnreadable("not text", reason="Tệp không phải là bảng tính.")
    csv.field_size_limit(MAX_CELL_CHARS)
    first, _, rest = text.partition("\n")
    named = first.strip().lower().startswith("sep=")  # Excel's own hint
    delimiter = first.strip()[4:5] if named else _delimiter(text)
    body = "\n" + rest if named else text
    return _Records(body, delimiter or ",").read(TextRows([], encoding))


class _Records:
    """Records of a CSV one after another. A quote that opens and does not close would take the
    lines below into its cell, so lines that look like rows of their own are read as such."""

    def __init__(self, body: str, delimiter: str) -> None:
        self._lines = body.splitlines(keepends=True)
        self._delimiter = delimiter
        usual = sorted(line.count(delimiter) for line in self._lines[:400] if line.strip())
        self._usual = usual[len(usual) // 2] if usual else 0

    def read(self, into: TextRows) -> TextRows:
        at, cells = 0, 0
        while at < len(self._lines):
            for row, taken in self._from(at):
                if row is None or self._swallows(at, taken):
                    self._keep(into, self._line_alone(at, into))
                    at += 1
                    break  # the reader has gone on: begin anew behind this line
                self._keep(into, row)
                at += taken
                cells += len(row)
                if cells > MAX_CELLS:
                    raise SheetTooLarge("csv", reason="Tệp có quá nhiều dòng hoặc cột.")
        return into

    def _from(self, start: int) -> Iterator[tuple[list[str] | None, int]]:
        """(cells, lines taken); None for a record that cannot be read."""
        reader = csv.reader(
            (self._lines[i] for i in range(start, len(self._lines))), delimiter=self._delimiter
        )
        seen = 0
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if reader.line_num - seen < 2:
                    raise SheetUnreadable(str(error), reason="Tệp CSV bị hỏng.") from error
                yield None, 1
                return
            yield row, reader.line_num - seen
            seen = reader.line_num

    def _swallows(self, at: int, taken: int) -> bool:
        """Whether a record holds lines that look like rows, or a quote open to the end."""
        whole = self._lines[at : at + taken]
        last = at + taken == len(self._lines)
        if (taken > 1 or last) and (wrong := _misquoted("".join(whole), self._delimiter)):
            return taken > 1 or "unexpected end" in wrong
        least = max(self._usual, 1)
        return any(line.count(self._delimiter) >= least and '"' not in line for line in whole[1:])

    def _line_alone(self, at: int, into: TextRows) -> list[str]:
        line = self._lines[at].rstrip("\r\n")
        row = next(csv.reader([line], delimiter=self._delimiter, quoting=csv.QUOTE_NONE), [])
        number = len(into.rows) + 1
        for column, cell in enumerate(row):
            bare = _without_quotes(cell)
            if bare != cell:
                why = "bỏ dấu nháy mở mà không đóng"
                into.mended[number, column] = Respelling(cell, why)
                row[column] = bare
        into.notes.append(
            f"Dấu nháy không đóng ở dòng {number}; từ dòng này đã đọc lại từng dòng một."
        )
        return row

    def _keep(self, into: TextRows, row: list[str]) -> None:
        into.rows.append(row)
        if len(row) > MAX_COLUMNS or len(into.rows) > MAX_CELLS:
            raise SheetTooLarge("csv", reason="Tệp có quá nhiều dòng hoặc cột.")


def _misquoted(record: str, delimiter: str) -> str:
    """What a strict reader says of a record, or ''."""
    try:
        next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return str(error)
    return ""


def _without_quotes(cell: str) -> str:
    text = cell.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return text[1:] if text.startswith('"') else text[:-1] if text.endswith('"') else cell


def _delimiter(text: str) -> str:
    lines = [line for line in text[:65_536].splitlines() if line.strip()][:40]
    return max(_DELIMITERS, key=lambda d: sum(min(line.count(d), 40) for line in lines))
