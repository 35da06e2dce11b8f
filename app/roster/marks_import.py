"""Marks out of a filled-in sheet: what would be added, changed and refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from app import clock
from app.errors import AppError, SheetHeaderMissing
from app.model.gradebook import CellChange, CellKey
from app.model.text import fold
from app.roster.captions import header_key
from app.roster.columns import (
    heads_of,
    last_head_row,
    people_columns,
    results_under,
    title_lines,
)
from app.roster.head_rows import CaptionPath, HeadRows
from app.roster.identity import Expectation, read_birth
from app.roster.marks_sheet import ID_KEY, SheetColumn, SheetPupil
from app.roster.plan import CellPlace
from app.roster.reading import clean
from app.roster.result_columns import SheetTopic, topic_of
from app.roster.sheets import Cell, Sheet, SheetRow, read_workbook, shown
from app.roster.sheets.cells import fault_advice

_OUR_HEAD = 10
_MARKS = ("regular", "midterm", "final", "topic", "level", "test")
Parse = Callable[[str, str, str], str]
"""(area, slot, text) -> canonical value. Raises AppError (params: reason)."""


@dataclass(frozen=True, slots=True)
class MarkRefusal:
    """A cell, or with an empty `column` a whole row, that cannot be taken."""

    where: CellPlace
    pupil: str
    column: str
    found: str
    reason: str


@dataclass(frozen=True, slots=True)
class MarksPlan:
    columns: Mapping[str, str]
    """Title of our column -> header text found."""
    added: tuple[CellChange, ...]
    changed: tuple[CellChange, ...]
    unchanged: int
    left_blank: int
    """Cells empty in the sheet that hold a value here; they keep it."""
    refused: tuple[MarkRefusal, ...]
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Headers that name no column of ours, or more than one."""

    @property
    def changes(self) -> tuple[CellChange, ...]:
        return self.added + self.changed


@dataclass(slots=True)
class _Found:
    """Where things are in a sheet; columns from 0."""

    last_header_row: int = 0
    marks: dict[int, SheetColumn] = field(default_factory=dict)
    captions: dict[str, str] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    doubtful: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """(caption, why nothing is read from it)."""

    @property
    def weight(self) -> tuple[int, int]:
        return len(self.marks), len(self.people)


@dataclass(slots=True)
class _Draft:
    parse: Parse
    added: list[CellChange] = field(default_factory=list)
    changed: list[CellChange] = field(default_factory=list)
    refused: list[MarkRefusal] = field(default_factory=list)
    unchanged: int = 0
    left_blank: int = 0


def read_marks(
    path: Path,
    columns: Sequence[SheetColumn],
    pupils: Sequence[SheetPupil],
    parse: Parse,
    chosen: Mapping[str, str] | None = None,
) -> MarksPlan:
    """Match columns by key or by caption, pupils by id, else by name and birth date.

    `chosen`: what a person said of headers, header text -> key of a column, '' for none of them.
    Changes nothing. Raises SheetUnreadable, SheetEncrypted, SheetTooLarge, SheetHeaderMissing.
    """
    book = read_workbook(path)
    told = {header_key(caption): key for caption, key in (chosen or {}).items()}
    sheet, found = _best_sheet(book.sheets, columns, told)
    draft, seen = _Draft(parse), dict[str, int]()
    people = _People(pupils)
    for row in sheet.rows:
        if row.number > found.last_header_row and _has_marks(row, found):
            _read_row(sheet, row, found, people, draft, seen)
    missing = [c.caption for c in columns if c not in found.marks.values()]
    notes = [*book.notes, *sheet.notes]
    if found.doubtful:
        notes.append(f"Không rõ là cột nào nên không đọc: {', '.join(found.doubtful)}.")
    notes += [f"Không đọc cột “{caption}”: {why}." for caption, why in found.left_out]
    if missing:
        notes.append(f"Tệp không có cột: {', '.join(missing)}.")
    return MarksPlan(
        found.captions,
        tuple(draft.added),
        tuple(draft.changed),
        draft.unchanged,
        draft.left_blank,
        tuple(draft.refused),
        tuple(notes),
        tuple(dict.fromkeys((*found.doubtful, *found.unknown))),
    )


def _best_sheet(
    sheets: Sequence[Sheet], columns: Sequence[SheetColumn], told: Mapping[str, str]
) -> tuple[Sheet, _Found]:
    found = [(sheet, _find_columns(sheet, columns, told)) for sheet in sheets]
    sheet, best = max(found, key=lambda pair: pair[1].weight)
    named = {"id", "full_name", "moet_id", "personal_id"} & set(best.people)
    if not (best.marks or best.unknown) or not named:
        wanted = ["Họ và tên", *(column.caption for column in columns[:6])]
        raise SheetHeaderMissing("no mark columns", wanted=wanted)
    return sheet, best


def _find_columns(sheet: Sheet, columns: Sequence[SheetColumn], told: Mapping[str, str]) -> _Found:
    by_key = {column.key: column for column in columns}
    for row in sheet.rows[:_OUR_HEAD]:
        keys = {i: by_key[c] for i, c in enumerate(row.cells) if isinstance(c, str) and c in by_key}
        if keys and ID_KEY in row.cells:
            return _ours(sheet, row, keys)
    best = _Found()
    for head in heads_of(sheet):
        found = _by_captions(sheet, head, columns, told)
        if found.weight >= best.weight:
            best = found
    return best


def _ours(sheet: Sheet, row: SheetRow, keys: dict[int, SheetColumn]) -> _Found:
    """A sheet of our own: two caption rows follow the row of keys."""
    words = {"#name": "full_name", "#birth": "birth_date", "#number": "number", ID_KEY: "id"}
    people = {words[c]: i for i, c in enumerate(row.cells) if isinstance(c, str) and c in words}
    captions = {column.caption: column.caption for column in keys.values()}
    return _Found(row.number + 2, keys, captions, people)


def _by_captions(
    sheet: Sheet, head: HeadRows, columns: Sequence[SheetColumn], told: Mapping[str, str]
) -> _Found:
    """Columns by what a person said and by our own captions, then by what the captions mean."""
    names = _names(columns, told)
    found = _Found(last_head_row(sheet, head), people=people_columns(sheet, head))
    claimed: dict[str, list[int]] = defaultdict(list)
    meant = _meant(sheet, head, found, columns)
    for place, path in enumerate(head.paths):
        if place in found.people.values() or place in meant:
            continue
        key = next((key for key in _keys_of(path) if names.get(key)), "")
        if key:
            claimed[key].append(place)
        elif path and header_key(head.captions[place]) not in told:
            found.unknown.append(head.captions[place])
    found.marks |= meant
    for key, places in claimed.items():
        if len(places) == 1 and len(names[key]) == 1:
            found.marks[places[0]] = names[key][0]
        else:
            found.doubtful.append(head.captions[places[0]])
    for place, column in found.marks.items():
        found.captions[column.caption] = head.captions[place]
    return found


def _keys_of(path: CaptionPath) -> list[str]:
    """Of the whole path, then of ever narrower captions."""
    return [header_key(" ".join(path[start:])) for start in range(len(path))]


def _meant(
    sheet: Sheet, head: HeadRows, found: _Found, columns: Sequence[SheetColumn]
) -> dict[int, SheetColumn]:
    """Columns whose captions say subject, kind and semester, of those that are open here. What is
    computed from others is put among the notes."""
    by_slot = {(column.area, column.slot): column for column in columns}
    here = frozenset(column.area for column in columns)
    topic = _topic(sheet, head, columns)
    taken = set(found.people.values())
    meant = {}
    for place, result in results_under(sheet, head, topic, taken, here).items():
        if result.key in by_slot and result.written:
            meant[place] = by_slot[result.key]
        elif result.why:
            found.left_out.append((head.captions[place], result.why))
    chosen = list(meant.values())
    return {place: column for place, column in meant.items() if chosen.count(column) == 1}


def _topic(sheet: Sheet, head: HeadRows, columns: Sequence[SheetColumn]) -> SheetTopic:
    """What the sheet says of itself; else what is open, if that is one subject or one semester."""
    topic = topic_of(title_lines(sheet, head.first_row), sheet.name)
    subjects = {c.area for c in columns if c.slot.partition(".")[2].startswith(_MARKS)}
    terms = {c.slot[:2] for c in columns if c.slot[:3] in ("s1.", "s2.")}
    if not topic.subject and len(subjects) == 1:
        topic = replace(topic, subject=tuple(subjects))
    return replace(topic, term=terms.pop()) if not topic.term and len(terms) == 1 else topic


def _names(
    columns: Sequence[SheetColumn], told: Mapping[str, str]
) -> Mapping[str, list[SheetColumn]]:
    """Header -> columns it may mean; what a person said goes before what we know."""
    names: dict[str, list[SheetColumn]] = defaultdict(list)
    for column in columns:
        for key in {header_key(column.caption), header_key(column.title)}:
            names[key].append(column)
    by_key = {column.key: column for column in columns}
    return names | {key: [by_key[k]] if k in by_key else [] for key, k in told.items()}


def _has_marks(row: SheetRow, found: _Found) -> bool:
    return any(row.cell(place) is not None for place in (*found.marks, *found.people.values()))


class _People:
    """The pupils of the class, by every way a sheet may name them."""

    def __init__(self, pupils: Sequence[SheetPupil]) -> None:
        self.by_id = {
            (kind, getattr(pupil, attribute)): pupil
            for pupil in pupils
            for kind, attribute in (
                ("id", "student_id"),
                ("moet_id", "moet_id"),
                ("personal_id", "personal_id"),
            )
            if getattr(pupil, attribute)
        }
        self.by_name: dict[str, list[SheetPupil]] = defaultdict(list)
        for pupil in pupils:
            self.by_name[fold(pupil.full_name)].append(pupil)

    def find(self, row: SheetRow, people: Mapping[str, int]) -> SheetPupil | str:
        """The pupil, or the reason why there is none."""
        for kind in ("id", "moet_id", "personal_id"):
            text = shown(row.cell(people[kind])).strip() if kind in people else ""
            if (kind, text) in self.by_id:
                return self.by_id[kind, text]
        name, _ = clean(row.cell(people["full_name"])) if "full_name" in people else ("", "")
        same = self.by_name.get(fold(name), [])
        if "birth_date" in people and row.cell(people["birth_date"]) is not None:
            born = read_birth(row.cell(people["birth_date"]), Expectation(clock.now().year)).value
            same = [pupil for pupil in same if pupil.birth_date == born]
        if len(same) == 1:
            return same[0]
        return "Có nhiều em cùng tên." if same else "Không tìm thấy em này trong lớp."


def _read_row(
    sheet: Sheet,
    row: SheetRow,
    found: _Found,
    people: _People,
    draft: _Draft,
    seen: dict[str, int],
) -> None:
    where = CellPlace(sheet.name, row.number)
    pupil = people.find(row, found.people)
    name = shown(row.cell(found.people.get("full_name", -1)))
    if isinstance(pupil, str):
        if any(row.cell(place) is not None for place in found.marks):
            draft.refused.append(MarkRefusal(where, name, "", "", pupil))
        return
    if pupil.student_id in seen:
        reason = f"Em này đã có ở dòng {seen[pupil.student_id]}."
        draft.refused.append(MarkRefusal(where, name, "", "", reason))
        return
    seen[pupil.student_id] = row.number
    for place, column in found.marks.items():
        fault = sheet.faults.get((row.number, place), "")
        _read_cell(where, row.cell(place), pupil, column, draft, fault)


def _read_cell(
    where: CellPlace,
    cell: Cell,
    pupil: SheetPupil,
    column: SheetColumn,
    draft: _Draft,
    fault: str,
) -> None:
    before = pupil.values.get((column.area, column.slot))
    text, _ = clean(cell)
    try:
        if fault:
            raise AppError(reason=fault_advice(fault))
        if isinstance(cell, date):
            raise AppError(reason="Excel đã đổi giá trị thành ngày; hãy nhập lại.")
        if not text:
            draft.left_blank += before is not None
            return
        after = draft.parse(column.area, column.slot, text)
    except AppError as error:
        reason = str(error.params.get("reason") or "Giá trị không hợp lệ.")
        draft.refused.append(MarkRefusal(where, pupil.full_name, column.caption, text, reason))
        return
    key = CellKey(pupil.student_id, column.area, column.slot)
    if before is None:
        draft.added.append(CellChange(key, None, after))
    elif before != after:
        draft.changed.append(CellChange(key, before, after))
    else:
        draft.unchanged += 1
