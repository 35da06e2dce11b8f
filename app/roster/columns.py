"""Which column means what: the header is found by its words, wherever it stands."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self

from app import resources
from app.errors import ColumnMappingInvalid, ProfileError, SheetHeaderMissing
from app.model.people import EnrollmentStatus
from app.model.text import fold
from app.roster.sheets import Cell, Sheet, SheetRow, shown

HEADER_WITHIN = 200
"""Rows from the top in which a header is looked for."""
EXACT, BY_WORDS, SAVED = 1.0, 0.6, 2.0
_BRACKETS = re.compile(r"\(.*?\)|\[.*?\]|\*")
_WORDS = re.compile(r"\w+")
_NOT_WORDS = re.compile(r"[^0-9a-z]+")


def header_key(text: str) -> str:
    """'Họ và tên\\n(*)' -> 'ho va ten'; '' when nothing is left."""
    return _NOT_WORDS.sub(" ", fold(_BRACKETS.sub(" ", text))).strip()


def _keys(text: str) -> set[str]:
    """With and without what stands in brackets."""
    return {key for key in (header_key(text), _NOT_WORDS.sub(" ", fold(text)).strip()) if key}


@dataclass(frozen=True, slots=True)
class FieldWords:
    """Names a column may have."""

    label: str
    names: frozenset[str]
    contains: tuple[frozenset[str], ...] = ()
    without: frozenset[str] = frozenset()
    spelled: frozenset[str] = frozenset()
    """Words that the header must hold as they are written: without diacritics, "Năm" is "Nam"."""

    def allows(self, caption: str) -> bool:
        return not self.spelled or bool(self.spelled & set(_WORDS.findall(caption.casefold())))

    def score(self, keys: Iterable[str]) -> float:
        best = 0.0
        for key in keys:
            if key in self.names:
                return EXACT
            words = set(key.split())
            if len(words) <= 14 and not words & self.without:
                best = max([best, *(BY_WORDS for phrase in self.contains if phrase <= words)])
        return best


@dataclass(frozen=True, slots=True)
class StatusRule:
    code: str
    text: str
    status: EnrollmentStatus
    ask: bool


@dataclass(frozen=True, slots=True)
class Layout:
    name: str
    recognised_by: tuple[str, ...]
    sheet_names: tuple[str, ...]
    names: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class SheetProfiles:
    fields: Mapping[str, FieldWords]
    footers: tuple[str, ...]
    layouts: tuple[Layout, ...]
    statuses: Mapping[str, StatusRule]
    """By `header_key` of the words or of the code."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """A user's own answer to "which header is which field"; saved as JSON text."""

    columns: Mapping[str, str]
    """Field name -> header text."""
    name: str = ""

    def to_json(self) -> str:
        return json.dumps(
            {"name": self.name, "columns": dict(self.columns)}, ensure_ascii=False, indent=1
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ColumnMappingInvalid (params: reason)."""
        try:
            data = json.loads(text)
            columns = {str(k): str(v) for k, v in data["columns"].items()}
            name = str(data.get("name", ""))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ColumnMappingInvalid("form", reason="không đúng dạng") from error
        if unknown := set(columns) - set(profiles().fields):
            raise ColumnMappingInvalid("field", reason=f"không có trường {sorted(unknown)[0]}")
        return cls(columns, name)


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header is and what it says."""

    first_row: int
    last_row: int
    """Row numbers; equal unless the header has two rows."""
    columns: Mapping[str, int]
    """Field -> column from 0."""
    texts: Mapping[str, str]
    """Field -> the header text found, line breaks as spaces."""
    captions: tuple[str, ...]
    """Text over every column."""
    score: float
    layout: str = ""


@cache
def profiles(folder: Path | None = None) -> SheetProfiles:
    """The shipped words and layouts. Raises ProfileError (params: file, reason)."""
    root = folder or resources.path("profiles", "sheets")
    words = read_toml(root / "fields.toml")
    layouts, statuses = [], {}
    for path in sorted(root.glob("*.toml")):
        data = read_toml(path)
        if "recognised_by" in data:
            layouts.append(_layout(data))
            statuses.update(_statuses(data, path))
    fields = {name: _field_words(data) for name, data in words["fields"].items()}
    return SheetProfiles(fields, tuple(words["footer"]["begins"]), tuple(layouts), statuses)


def read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProfileError(str(error), file=path.name, reason=str(error)) from error


def _field_words(data: Mapping[str, Any]) -> FieldWords:
    return FieldWords(
        label=data["label"],
        names=frozenset(key for name in data["names"] for key in _keys(name)),
        contains=tuple(frozenset(phrase.split()) for phrase in data.get("contains", ())),
        without=frozenset(data.get("without", ())),
        spelled=frozenset(data.get("spelled", ())),
    )


def _layout(data: Mapping[str, Any]) -> Layout:
    names = {f: frozenset(map(header_key, texts)) for f, texts in data.get("names", {}).items()}
    return Layout(
        name=data["name"],
        recognised_by=tuple(map(header_key, data["recognised_by"])),
        sheet_names=tuple(map(header_key, data.get("sheet_names", ()))),
        names=names,
    )


def _statuses(data: Mapping[str, Any], path: Path) -> dict[str, StatusRule]:
    found = {}
    for item in data.get("statuses", ()):
        try:
            status = EnrollmentStatus(item["status"])
        except ValueError as error:
            raise ProfileError(path.name, file=path.name, reason=str(error)) from error
        rule = StatusRule(item["code"], item["text"], status, item.get("ask", False))
        for text in (rule.text, rule.code, *item.get("also", ())):
            if text:
                found[header_key(text)] = rule
    return found


@dataclass(slots=True)
class _Choice:
    columns: dict[str, int] = field(default_factory=dict)
    score: float = 0.0


def match_captions(
    captions: Sequence[str], extra: Mapping[str, frozenset[str]] | None = None
) -> tuple[dict[str, int], float]:
    """Field -> column for one row of captions, best match first; and how good it is."""
    candidates = []
    for column, caption in enumerate(captions):
        keys = _keys(caption)
        if not keys or len(caption) > 120:
            continue
        for name, words in profiles().fields.items():
            if not words.allows(caption):
                continue
            saved = extra is not None and bool(keys & extra.get(name, frozenset()))
            score = SAVED if saved else words.score(keys)
            if score:
                candidates.append((-score, column, name))
    choice = _Choice()
    taken: set[int] = set()
    for minus, column, name in sorted(candidates):
        if name not in choice.columns and column not in taken:
            choice.columns[name] = column
            choice.score -= minus
            taken.add(column)
    return choice.columns, choice.score


def _names_pupils(columns: Mapping[str, int]) -> bool:
    named = "full_name" in columns or {"family_part", "given_part"} <= set(columns)
    return named and len(columns) >= 3


def captions_of(row: SheetRow) -> tuple[str, ...]:
    return tuple(" ".join(c.split()) if isinstance(c, str) else "" for c in row.cells)


def _joined(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """Two header rows as one: a caption over several columns speaks for each of them."""
    width = max(len(upper), len(lower))
    result, group = [], ""
    for column in range(width):
        above = upper[column] if column < len(upper) else ""
        below = lower[column] if column < len(lower) else ""
        group = above or (group if below else "")
        result.append(group if not below or below == above else f"{group} {below}".strip())
    return tuple(result)


def header_variants(rows: Sequence[SheetRow], index: int) -> Iterable[tuple[int, tuple[str, ...]]]:
    """(rows used, captions): one row, or two joined, or two of which the lower one wins."""
    upper = captions_of(rows[index])
    yield 1, upper
    if index + 1 < len(rows) and rows[index + 1].number == rows[index].number + 1:
        below = rows[index + 1]
        if all(isinstance(c, str) or c is None for c in below.cells):
            lower = captions_of(below)
            yield 2, _joined(upper, lower)
            width = max(len(upper), len(lower))
            pad = [*lower, *[""] * (width - len(lower))]
            yield 2, tuple(low or (upper[i] if i < len(upper) else "") for i, low in enumerate(pad))


def find_header(sheet: Sheet, mapping: ColumnMapping | None = None) -> Header | None:
    """The best header among the first rows, or None."""
    saved = {f: frozenset(_keys(text)) for f, text in (mapping.columns if mapping else {}).items()}
    best: Header | None = None
    for index, row in enumerate(sheet.rows):
        if row.number > HEADER_WITHIN:
            break
        for used, captions in header_variants(sheet.rows, index):
            found = _header(sheet, row.number, used, captions, saved)
            if found and (best is None or _better(found, best)):
                best = found
    return best


def _better(found: Header, best: Header) -> bool:
    """More columns understood; with as many, the header of fewer rows."""
    gain = found.score - best.score
    one, other = (h.last_row - h.first_row for h in (found, best))
    return gain > 0.01 or (abs(gain) <= 0.01 and one < other)


def _header(
    sheet: Sheet,
    row: int,
    used: int,
    captions: tuple[str, ...],
    saved: Mapping[str, frozenset[str]],
) -> Header | None:
    columns, score = match_captions(captions, saved)
    if not _names_pupils(columns):
        return None
    layout = _recognise(sheet.name, captions)
    if layout is not None:
        columns, score = match_captions(captions, {**layout.names, **saved})
        if not _names_pupils(columns):
            return None
    texts = {name: captions[column] for name, column in columns.items()}
    last = row + used - 1
    return Header(row, last, columns, texts, captions, score, layout.name if layout else "")


def _recognise(sheet_name: str, captions: Sequence[str]) -> Layout | None:
    present = {header_key(caption) for caption in captions}
    for layout in profiles().layouts:
        if header_key(sheet_name) in layout.sheet_names:
            return layout
    for layout in profiles().layouts:
        if set(layout.recognised_by) <= present:
            return layout
    return None


def looks_like_header(row: SheetRow, header: Header) -> bool:
    """A header repeated in mid-sheet, also with its columns in another order."""
    captions = captions_of(row)
    ours = {header_key(text) for text in header.captions} - {""}
    same = sum(header_key(caption) in ours for caption in captions if caption)
    filled = sum(cell is not None for cell in row.cells)
    return same >= 3 and same * 2 >= filled


def require_headers(found: Mapping[str, Header]) -> None:
    """Raises SheetHeaderMissing (params: wanted) when no sheet has a header."""
    if not found:
        wanted = [profiles().fields[f].label for f in ("full_name", "birth_date", "class_name")]
        raise SheetHeaderMissing("no header row", wanted=wanted)


def text_of(cell: Cell) -> str:
    return shown(cell).strip()
