"""Which column means what: the header is found by its words, wherever it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Self

from app import resources
from app.errors import ColumnMappingInvalid, ProfileError, SheetHeaderMissing
from app.model.people import EnrollmentStatus
from app.roster.captions import caption_keys, header_key, read_toml
from app.roster.head_rows import CaptionPath, HeadRows, heads_at, is_column_numbers
from app.roster.result_columns import ResultColumn, SheetTopic, result_columns, topic_of
from app.roster.sheets import Cell, Sheet, SheetRow, shown

HEADER_WITHIN = 200
"""Rows from the top in which a header is looked for."""
EXACT, BY_WORDS, SAVED = 1.0, 0.6, 2.0
_RANK = 0.001
"""Between two names of one field."""
_BY_CONTENT = 0.3
"""For a column whose values are what the field needs: ten digits, twelve."""
_NARROWER = 0.02
"""For each wide caption that is left out."""
_PARENTS = frozenset({"cha", "me", "bo", "giam", "huynh", "chu", "nguoi"})
_NO_LOWER = 12
"""Rows under a head in which a better one is still looked for."""
_OF_RESULTS = 0.5
_RESULTS_ENOUGH = 1
_LOOKED_AT = 200
_CORE = frozenset({"number", "full_name", "family_part", "moet_id", "personal_id", "class_name"})
_DIGITS = {"moet_id": (9, 10), "personal_id": (11, 12)}
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class FieldWords:
    """Names a column may have."""

    label: str
    names: Mapping[str, int]
    """Key of a name -> its rank: earlier names say more surely what is meant."""
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
                best = max(best, EXACT - self.names[key] * _RANK)
                continue
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
    results: Mapping[int, ResultColumn] = field(default_factory=dict)
    """Column -> what it says of how pupils did."""

    @property
    def of_results(self) -> bool:
        """A sheet of marks or results, not a pupil list with something more in it."""
        return len(self.results) > 1 or (bool(self.results) and "birth_date" not in self.columns)


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


def _field_words(data: Mapping[str, Any]) -> FieldWords:
    return FieldWords(
        label=data["label"],
        names=_ranked(data["names"]),
        contains=tuple(frozenset(phrase.split()) for phrase in data.get("contains", ())),
        without=frozenset(data.get("without", ())),
        spelled=frozenset(data.get("spelled", ())),
    )


def _ranked(names: Sequence[str]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for rank, name in enumerate(names):
        for key in caption_keys(name):
            ranks.setdefault(key, rank)
    return ranks


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
    return match_paths([(caption,) if caption else () for caption in captions], extra)


def match_paths(
    paths: Sequence[CaptionPath],
    extra: Mapping[str, frozenset[str]] | None = None,
    bonus: Mapping[tuple[str, int], float] | None = None,
) -> tuple[dict[str, int], float]:
    """The same for captions over one another. `bonus`: (field, column) -> what its values add."""
    candidates = []
    for column, path in enumerate(paths):
        for name, words in profiles().fields.items():
            score = _score(path, words, (extra or {}).get(name, frozenset()))
            if score:
                more = (bonus or {}).get((name, column), 0.0)
                candidates.append((-score - more, column, name, score))
    choice = _Choice()
    taken: set[int] = set()
    for _, column, name, score in sorted(candidates):
        if name not in choice.columns and column not in taken:
            choice.columns[name] = column
            choice.score += score
            taken.add(column)
    in_order = sorted(choice.columns.items(), key=lambda item: item[1])
    return dict(in_order), choice.score


def _score(path: CaptionPath, words: FieldWords, saved: frozenset[str]) -> float:
    """The whole path says most; a narrow caption alone may do, but not under a parent's."""
    best = 0.0
    for start in range(len(path)):
        caption = " ".join(path[start:])
        keys = caption_keys(caption)
        if keys & saved:
            return SAVED
        above = {word for part in path[:start] for word in header_key(part).split()}
        if not keys or len(caption) > 120 or above & _PARENTS or not words.allows(caption):
            continue
        found = words.score(keys)
        best = max(best, found - start * _NARROWER if found else 0.0)
    return best


def _names_pupils(columns: Mapping[str, int]) -> bool:
    named = "full_name" in columns or {"family_part", "given_part"} <= set(columns)
    return named and len(columns) >= 3


def _names_people(columns: Mapping[str, int]) -> bool:
    """Enough for a sheet of results: its pupils are known already."""
    return bool(set(columns) & {"full_name", "family_part", "moet_id", "personal_id"})


def captions_of(row: SheetRow) -> tuple[str, ...]:
    return tuple(" ".join(c.split()) if isinstance(c, str) else "" for c in row.cells)


def heads_of(sheet: Sheet) -> Iterable[HeadRows]:
    """Every head that may stand in the first rows."""
    for index, row in enumerate(sheet.rows):
        if row.number > HEADER_WITHIN:
            return
        yield from heads_at(sheet, index, _is_pupil)


def _is_pupil(head: HeadRows, row: SheetRow) -> bool:
    """Whether a row holds something under a caption that says who a pupil is: then it is no
    caption itself."""
    columns, _ = match_paths(head.paths)
    for name in _CORE & set(columns):
        column = columns[name]
        text = captions_of(row)[column] if column < len(row.cells) else ""
        if row.cell(column) is None or text == head.paths[column][-1]:
            continue
        if (
            not match_captions([text])[0]
            and not match_captions([f"{head.captions[column]} {text}"])[0]
        ):
            return True
        if not text:
            return True
    return False


def find_header(sheet: Sheet, mapping: ColumnMapping | None = None) -> Header | None:
    """The best header among the first rows, or None."""
    saved = {
        f: frozenset(caption_keys(text)) for f, text in (mapping.columns if mapping else {}).items()
    }
    best: Header | None = None
    for head in heads_of(sheet):
        if best is not None and head.first_row > best.last_row + _NO_LOWER:
            break
        found = _header(sheet, head, saved)
        if found and (best is None or _better(found, best)):
            best = found
    return best


def _better(found: Header, best: Header) -> bool:
    """More columns understood; with as many, the rows that are captions are all taken, and those
    of the title left out."""
    gain = found.score - best.score
    if abs(gain) > 0.01:
        return gain > 0
    if found.first_row > best.last_row:
        return False  # a head that is repeated lower
    return (found.last_row, found.first_row) > (best.last_row, best.first_row)


def _header(sheet: Sheet, head: HeadRows, saved: Mapping[str, frozenset[str]]) -> Header | None:
    columns, score = match_paths(head.paths, saved)
    if not _names_people(columns):
        return None
    captions = head.captions
    layout = _recognise(sheet.name, captions)
    extra = {**(layout.names if layout else {}), **saved}
    columns, score = match_paths(head.paths, extra, _by_digits(sheet, head))
    results = _results(sheet, head, columns)
    if not _names_pupils(columns) and len(results) < _RESULTS_ENOUGH:
        return None
    texts = {name: captions[column] for name, column in columns.items()}
    return Header(
        head.first_row,
        last_head_row(sheet, head),
        columns,
        texts,
        captions,
        score + sum(_OF_RESULTS for _ in results),
        layout.name if layout else "",
        results,
    )


def last_head_row(sheet: Sheet, head: HeadRows) -> int:
    """With a row of column numbers, if there is one under the captions."""
    below = next((row for row in sheet.rows if row.number > head.last_row), None)
    numbered = below is not None and is_column_numbers(below, head.captions)
    return below.number if below is not None and numbered else head.last_row


def people_columns(sheet: Sheet, head: HeadRows) -> dict[str, int]:
    """Field -> column of what says who a pupil is."""
    return match_paths(head.paths, bonus=_by_digits(sheet, head))[0]


def _by_digits(sheet: Sheet, head: HeadRows) -> dict[tuple[str, int], float]:
    """Columns whose values are mostly as long as an id of the ministry or of a person."""
    found = {}
    rows = [row for row in sheet.rows if row.number > head.last_row][:_LOOKED_AT]
    for column in range(len(head.paths)):
        texts = [shown(row.cell(column)).strip() for row in rows if row.cell(column) is not None]
        for name, lengths in _DIGITS.items():
            fitting = sum(text.isdigit() and len(text) in lengths for text in texts)
            if texts and fitting * 2 > len(texts):
                found[name, column] = _BY_CONTENT
    return found


def title_lines(sheet: Sheet, first_row: int) -> list[str]:
    """What stands above the head, cell by cell."""
    return [
        cell
        for row in sheet.rows
        if row.number < first_row
        for cell in row.cells
        if isinstance(cell, str)
    ]


def _first_grade(sheet: Sheet, head: HeadRows, column: int) -> int:
    """Of the first class that is named in a column; 0 if none is."""
    for row in sheet.rows:
        found = re.search(r"1[0-2]|[1-9]", shown(row.cell(column)))
        if row.number > head.last_row and found:
            return int(found[0])
    return 0


def _results(
    sheet: Sheet, head: HeadRows, columns: Mapping[str, int]
) -> Mapping[int, ResultColumn]:
    topic = topic_of(title_lines(sheet, head.first_row), sheet.name)
    if "class_name" in columns:
        topic = replace(topic, grade=_first_grade(sheet, head, columns["class_name"]))
    return results_under(sheet, head, topic, set(columns.values()))


def results_under(
    sheet: Sheet,
    head: HeadRows,
    topic: SheetTopic,
    taken: AbstractSet[int],
    here: AbstractSet[str] = frozenset(),
) -> dict[int, ResultColumn]:
    """`result_columns` for a head and what stands under it."""

    def filled(column: int) -> bool:
        return any(r.cell(column) is not None for r in sheet.rows if r.number > head.last_row)

    return result_columns(head.paths, topic, taken=taken, here=here, filled=filled)


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
