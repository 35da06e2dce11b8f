"""CSV and TSV in any encoding a Vietnamese school may have."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from pathlib import Path

from app.errors import SheetTooLarge, SheetUnreadable
from app.roster.legacy_text import decode_legacy
from app.roster.sheet_scan import MAX_CELL_CHARS, MAX_CELLS, MAX_COLUMNS

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


def read_text_rows(path: Path) -> tuple[list[list[str]], str]:
    """(rows of text, encoding). Row n of the list is row n+1 as a spreadsheet shows it."""
    text, encoding = decode(path.read_bytes())
    controls = sum(unicodedata.category(c) == "Cc" and c not in "\r\n\t" for c in text[:4096])
    if controls or not text.strip():
        raise SheetUnreadable("not text", reason="Tệp không phải là bảng tính.")
    csv.field_size_limit(MAX_CELL_CHARS)
    rows: list[list[str]] = []
    cells = 0
    first, _, rest = text.partition("\n")
    named = first.strip().lower().startswith("sep=")  # Excel's own hint
    delimiter = first.strip()[4:5] if named else _delimiter(text)
    body = "\n" + rest if named else text
    try:
        for row in csv.reader(io.StringIO(body, newline=""), delimiter=delimiter or ","):
            rows.append(row)
            cells += len(row)
            if len(row) > MAX_COLUMNS or cells > MAX_CELLS or len(rows) > MAX_CELLS:
                raise SheetTooLarge("csv", reason="Tệp có quá nhiều dòng hoặc cột.")
    except csv.Error as error:
        raise SheetUnreadable(str(error), reason="Tệp CSV bị hỏng.") from error
    return rows, encoding


def _delimiter(text: str) -> str:
    lines = [line for line in text[:65_536].splitlines() if line.strip()][:40]
    return max(_DELIMITERS, key=lambda d: sum(min(line.count(d), 40) for line in lines))
