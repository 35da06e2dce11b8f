"""A look through a sheet's XML before the parser: sizes, formulas, hidden rows. Keeps no tree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from lxml import etree

from app.errors import SheetTooLarge
from app.roster.sheets.cells import UNCOMPUTED, error_words

MAX_CELLS = 4_000_000
"""Rows x columns from A1 to the last filled cell: the parser keeps them all in memory."""
MAX_COLUMNS = 1_024
MAX_CELL_CHARS = 32_767
MAX_TEXT_CHARS = 128 << 20
MAX_MERGES = 20_000
MAX_STRINGS = 2_000_000
MAX_FORMULAS = 100_000
"""Without a stored value, and cells with an error."""

_CHUNK = 1 << 20
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.I)


@dataclass(slots=True)
class SheetFacts:
    """What the grid parser does not tell."""

    faults: dict[tuple[int, int], str] = field(default_factory=dict)
    """(row from 1, column from 0) of formulas without a value and of errors -> what it is."""
    hidden_rows: int = 0
    last_row: int = 0
    last_column: int = 0
    text_chars: int = 0


def scan_sheet(stream: IO[bytes], lengths: list[int]) -> SheetFacts:
    """`lengths`: of the shared strings. Raises SheetTooLarge, lxml's XMLSyntaxError."""
    seen = _SheetEvents(lengths)
    _feed(stream, seen)
    return seen.facts


def string_lengths(stream: IO[bytes]) -> list[int]:
    """Characters of each shared string. Raises SheetTooLarge, lxml's XMLSyntaxError."""
    seen = _StringEvents()
    _feed(stream, seen)
    return seen.lengths


def _feed(stream: IO[bytes], target: Any) -> None:
    parser: Any = etree.XMLParser(target=target, resolve_entities=False, no_network=True)
    while chunk := stream.read(_CHUNK):
        parser.feed(chunk)
    parser.close()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


class _StringEvents:
    def __init__(self) -> None:
        self.lengths: list[int] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = _local(tag)
        claimed = 0
        if name == "si":
            self.lengths.append(0)
        elif name == "sst":  # the parser sets memory aside for as many as it is told
            claimed = max(int(attributes.get(key) or 0) for key in ("count", "uniqueCount"))
        if max(claimed, len(self.lengths)) > MAX_STRINGS:
            raise SheetTooLarge("strings", reason="Tệp chứa quá nhiều dữ liệu.")

    def data(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)
            if self.lengths[-1] > 4 * MAX_CELL_CHARS:
                raise SheetTooLarge("shared string", reason="Có ô chứa quá nhiều chữ.")

    def end(self, _tag: str) -> None: ...

    def close(self) -> None: ...


class _SheetEvents:
    """Where we are: row, column, and what the open cell has shown so far."""

    def __init__(self, lengths: list[int]) -> None:
        self.facts = SheetFacts()
        self._lengths = lengths
        self._row = self._column = self._merges = 0
        self._row_hidden = self._formula = self._in_value = False
        self._shared = self._error = False
        self._reference = self._value = ""
        self._chars = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = _local(tag)
        if name == "c":
            self._start_cell(attributes)
        elif name in {"v", "is"}:
            self._in_value = True
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._row = int(attributes.get("r") or self._row + 1)
            self._column = 0
            self._row_hidden = attributes.get("hidden") in {"1", "true"}
        elif name == "mergeCell":
            self._merges += 1
            if self._merges > MAX_MERGES:
                raise SheetTooLarge("merges", reason="Trang tính có quá nhiều ô gộp.")

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        reference = _REFERENCE.fullmatch(attributes.get("r") or "")
        self._column = _column_number(reference[1]) if reference else self._column + 1
        self._row = int(reference[2]) if reference else self._row
        self._shared = attributes.get("t") == "s"
        self._error = attributes.get("t") == "e"
        self._reference = attributes.get("r") or ""
        self._formula, self._value, self._chars = False, "", 0

    def data(self, text: str) -> None:
        if self._in_value:
            self._chars += len(text)
            if len(self._value) < 16:
                self._value += text[:16]

    def end(self, tag: str) -> None:
        name = _local(tag)
        if name in {"v", "is"}:
            self._in_value = False
        elif name == "c":
            self._end_cell()

    def _end_cell(self) -> None:
        facts = self.facts
        self._note_fault()
        if not self._chars:
            return
        facts.hidden_rows += self._row_hidden
        self._row_hidden = False
        facts.last_row = max(facts.last_row, self._row)
        facts.last_column = max(facts.last_column, self._column)
        facts.text_chars += self._text_chars()
        if facts.last_column > MAX_COLUMNS or facts.last_row * facts.last_column > MAX_CELLS:
            raise SheetTooLarge("grid", reason=self._too_far())
        if facts.text_chars > MAX_TEXT_CHARS:
            raise SheetTooLarge("text", reason="Trang tính chứa quá nhiều dữ liệu.")

    def _note_fault(self) -> None:
        words = ""
        if self._error:
            words = error_words(self._value.strip() or "#N/A")
        elif self._formula and not self._chars:
            words = UNCOMPUTED
        if not words:
            return
        self.facts.faults[self._row, self._column - 1] = words
        if len(self.facts.faults) > MAX_FORMULAS:
            raise SheetTooLarge("formulas", reason="Trang tính có quá nhiều công thức.")

    def _too_far(self) -> str:
        return (
            f"Trang tính có quá nhiều dòng hoặc cột: ô {self._reference or 'cuối'} có nội dung "
            "(có thể chỉ là khoảng trắng). Hãy mở bằng Excel, bấm Ctrl+End, xóa các dòng và cột "
            "thừa rồi lưu lại."
        )

    def _text_chars(self) -> int:
        if not self._shared:
            return self._chars
        index = int(self._value)
        return self._lengths[index] if 0 <= index < len(self._lengths) else 0

    def close(self) -> None: ...


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
