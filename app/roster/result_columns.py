"""Which column of a mark or result sheet is which slot of the gradebook, told by its captions.

The words are `resources/profiles/sheets/results.toml`. A column says its subject, its kind and its
semester in its captions; what they leave out stands in the title of the sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from app import resources
from app.model import gradebook as areas
from app.roster.captions import caption_keys, header_key, read_toml, whole_key
from app.roster.head_rows import CaptionPath

COMPUTED = "chương trình tự tính từ các điểm khác nên không ghi"
_TERMS = {"s1": "học kỳ I", "s2": "học kỳ II", "year": "cả năm"}
_TIMES = {("middle", "s1"): "mid1", ("middle", "s2"): "mid2", ("end", "s1"): "end1"}
_TIME_WORDS = {
    "mid1": "giữa học kỳ I",
    "end1": "cuối học kỳ I",
    "mid2": "giữa học kỳ II",
    "end2": "cuối năm",
}
_KIND_WORDS = {
    "regular": "ĐĐGtx",
    "topic": "chuyên đề",
    "midterm": "ĐĐGgk",
    "final": "ĐĐGck",
    "average": "trung bình môn",
    "level": "mức đạt được",
    "test": "điểm KTĐK",
    "comment": "nhận xét",
    "reassessed": "đánh giá lại",
    "result": "kết quả",
}
_RANK = "RANK"
_NO_RANK = "không xếp hạng học sinh (Thông tư 15/2026, điều 22)"
_SHORT = 3
_YEAR_ONLY = "sổ chỉ giữ số của cả năm"


@dataclass(frozen=True, slots=True)
class SheetTopic:
    """What the title and the name of a sheet say about all of its columns."""

    subject: tuple[str, ...] = ()
    """Codes that the subject may have, or empty."""
    term: str = ""
    """'s1', 's2', 'year' or empty."""
    part: str = ""
    """'middle', 'end' or empty, for primary school."""
    grade: int = 0


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """`slot` as in `app.model.gradebook`. With a `why`, nothing is written from it; the slot then
    only names what stands there ('s1.result', 's2.excused')."""

    column: int
    area: str
    slot: str
    label: str
    """In the user's words: 'Toán · ĐĐGtx 1 học kỳ I'."""
    why: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.area, self.slot

    @property
    def written(self) -> bool:
        return bool(self.slot) and not self.why


@dataclass(frozen=True, slots=True)
class _Subject:
    codes: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True)
class _CaptionWords:
    data: Mapping[str, Any]
    subjects: Mapping[str, _Subject] = field(default_factory=dict)
    """By key of each name."""

    def term(self, text: str) -> str:
        return self._first("terms", text)

    def part(self, text: str) -> str:
        return self._first("times", text)

    def _first(self, table: str, text: str) -> str:
        """The longest phrase wins: 'hoc ky ii' holds 'hoc ky i'."""
        found = [
            (len(key), name)
            for name, phrases in self.data[table].items()
            for key in map(whole_key, phrases)
            if _holds(text, key)
        ]
        return max(found)[1] if found else ""


@cache
def _words() -> _CaptionWords:
    data = read_toml(resources.path("profiles", "sheets", "results.toml"))
    subjects: dict[str, _Subject] = {}
    for item in data["subjects"]:
        about = _Subject(tuple(item["codes"]), item["names"][0])
        for name in item["names"]:
            subjects.setdefault(whole_key(name), about)
    return _CaptionWords(data, subjects)


def _holds(text: str, phrase: str) -> bool:
    return f" {phrase} " in f" {text} "


def _dotted(term: str, slot: str) -> str:
    return f"{term}.{slot}" if term else slot


def topic_of(lines: Sequence[str], sheet_name: str) -> SheetTopic:
    """Of the lines above the head; what they do not say, the sheet's name may."""
    subject: tuple[str, ...] = ()
    term = part = ""
    grade = 0
    for text in (*map(whole_key, lines), whole_key(sheet_name)):
        subject = subject or _named_subject(text)
        term = term or _words().term(text)
        part = part or _words().part(text)
        match = re.search(r"\b(?:lop|khoi)\s*(?:lop\s*)?(1[0-2]|[1-9])", text)
        grade = grade or int(match[1] if match else 0)
    if not subject:
        about = _words().subjects.get(whole_key(sheet_name))
        subject = about.codes if about else ()
    return SheetTopic(subject, term, part, grade)


def _named_subject(text: str) -> tuple[str, ...]:
    """'so diem mon toan hoc ky i' -> ('TOAN',)."""
    _, found, rest = f" {text} ".partition(" mon ")
    words = rest.split() if found else []
    for length in range(min(len(words), 8), 0, -1):
        about = _words().subjects.get(" ".join(words[:length]))
        if about:
            return about.codes
    return ()


def result_columns(
    paths: Sequence[CaptionPath],
    topic: SheetTopic,
    *,
    taken: AbstractSet[int],
    here: AbstractSet[str] = frozenset(),
    filled: Callable[[int], bool] = lambda _column: False,
) -> dict[int, ResultColumn]:
    """Column -> what it holds, of those that are not `taken` by pupils' data.

    `here`: codes of the class's subjects, empty while unknown; `filled`: whether a column has
    values. Marks of one caption over several columns are counted from left to right.
    """
    reading = _Reading(topic, here)
    for column, path in enumerate(paths):
        if column not in taken and path:
            reading.read(column, path)
        elif column not in taken and filled(column):
            reading.go_on(column)
    return _settled(reading.found)


def _settled(found: dict[int, ResultColumn]) -> dict[int, ResultColumn]:
    """One column a slot: that of the whole year, else the first."""
    chosen: dict[tuple[str, str], ResultColumn] = {}
    for result in found.values():
        first = chosen.get(result.key)
        if result.written and (first is None or _of_year(result) > _of_year(first)):
            chosen[result.key] = result
    return {
        column: result
        if not result.written or chosen[result.key] is result
        else replace(result, why=f"đã có ở cột khác ({chosen[result.key].label})")
        for column, result in found.items()
    }


def _of_year(result: ResultColumn) -> bool:
    return result.label.endswith(_TERMS["year"])


class _Reading:
    def __init__(self, topic: SheetTopic, here: AbstractSet[str]) -> None:
        self._topic = topic
        self._here = here
        self.found: dict[int, ResultColumn] = {}
        self._marks: dict[tuple[str, str, str], int] = {}
        self._open: tuple[int, str, str, str] | None = None

    @property
    def _primary(self) -> bool:
        return 1 <= self._topic.grade <= 5

    def read(self, column: int, path: CaptionPath) -> None:
        self._open = None
        for read in (self._trait, self._subject, self._other):
            result = read(column, path)
            if result is not None:
                self.found[column] = result
                return

    def go_on(self, column: int) -> None:
        """A column without a caption beside one of regular marks is one more of them."""
        if self._open is not None and self._open[0] == column - 1:
            _, code, name, term = self._open
            self.found[column] = self._regular(column, code, name, term, "")

    # --- subjects ---------------------------------------------------------------------------

    def _subject(self, column: int, path: CaptionPath) -> ResultColumn | None:
        text = " ".join(map(whole_key, path))
        about, named = self._subject_in(path, text)
        if about is None:
            return None
        code, name = self._code(about), about.name
        term = self._term(text)
        kind = self._kind(path, text, named)
        if not kind:
            return None
        if kind == "regular":
            return self._regular(column, code, name, term, path[-1])
        return self._of_kind(column, kind, code, name, term, text)

    def _subject_in(self, path: CaptionPath, text: str) -> tuple[_Subject | None, bool]:
        """(the subject, whether the captions name it). Narrow captions go before wide ones."""
        subjects = _words().subjects
        for part in reversed(path):
            for key in (whole_key(part), header_key(part)):
                if key in subjects:
                    return subjects[key], True
        if self._is_other(text, path):
            return None, False
        inside = [key for key in subjects if len(key) > _SHORT and _holds(text, key)]
        if inside:
            return subjects[max(inside, key=len)], True
        if self._topic.subject:
            name = next(
                (s.name for s in subjects.values() if set(s.codes) & set(self._topic.subject)),
                self._topic.subject[0],
            )
            return _Subject(self._topic.subject, name), False
        return None, False

    def _is_other(self, text: str, path: CaptionPath) -> bool:
        exact = {key for part in path for key in caption_keys(part)} | {text}
        return any(
            exact & set(map(whole_key, item["words"])) and "within" not in item
            for item in _words().data["others"]
        )

    def _code(self, about: _Subject) -> str:
        if self._here:
            return next((code for code in about.codes if code in self._here), about.codes[0])
        early = 1 <= self._topic.grade <= 5 or self._topic.grade == 0
        upper = self._topic.grade >= 10 and about.codes[0] in ("AM_NHAC", "MI_THUAT")
        return about.codes[0] if early or upper else about.codes[-1]

    def _kind(self, path: CaptionPath, text: str, named: bool) -> str:
        for item in _words().data["kinds"]:
            for words in item["words"]:
                key = whole_key(words)
                if _holds(text, key) or re.search(rf"\b{re.escape(key)}\d\b", text):
                    return str(item["kind"])
        alone = named and any(key in _words().subjects for key in caption_keys(path[-1]))
        return "result" if alone or (named and self._only_term(path)) else ""

    def _only_term(self, path: CaptionPath) -> bool:
        """'Toán' over 'HKI' 'HKII' 'CN'."""
        leaf = whole_key(path[-1])
        return bool(_words().term(leaf)) and not self._without_term(leaf)

    def _term(self, text: str) -> str:
        return _words().term(text) or self._topic.term

    def _regular(self, column: int, code: str, name: str, term: str, leaf: str) -> ResultColumn:
        match = re.search(r"(\d{1,2})\)?$", leaf.strip())
        count = self._marks.get((code, term, "regular"), 0) + 1
        number = int(match[1]) if match and 0 < int(match[1]) <= 10 else count
        self._marks[code, term, "regular"] = max(number, count)
        self._open = (column, code, name, term)
        slot = f"{term}.regular{number}" if term in ("s1", "s2") else ""
        return self._made(column, code, slot, name, f"ĐĐGtx {number}", term)

    def _of_kind(
        self, column: int, kind: str, code: str, name: str, term: str, text: str
    ) -> ResultColumn:
        words = _KIND_WORDS[kind]
        if kind in ("level", "test") or (self._primary and kind in ("result", "final", "midterm")):
            return self._of_primary(column, kind, code, name, text)
        if kind in ("average", "result"):
            label = " ".join(part for part in (words, _TERMS.get(term, "")) if part)
            return ResultColumn(
                column, code, _dotted(term, "result"), f"{name} · {label}", COMPUTED
            )
        if kind in ("comment", "reassessed"):
            return self._made(column, code, kind, name, words, term)
        number = self._marks.get((code, term, kind), 0) + 1
        self._marks[code, term, kind] = number
        slot = f"{term}.{kind}{number if kind == 'topic' else ''}"
        return self._made(column, code, slot if term in ("s1", "s2") else "", name, words, term)

    def _of_primary(self, column: int, kind: str, code: str, name: str, text: str) -> ResultColumn:
        time = self._time(text)
        what = "level" if kind in ("level", "result") else "test"
        label = f"{name} · {_KIND_WORDS[what]} {_TIME_WORDS[time]}"
        return ResultColumn(column, code, f"{time}.{what}", label)

    def _time(self, text: str) -> str:
        """Of the captions, else of the title; a sheet that says nothing is the year's."""
        part = _words().part(text) or self._topic.part or "end"
        return _TIMES.get((part, self._term(text)), "mid2" if part == "middle" else "end2")

    def _made(
        self, column: int, code: str, slot: str, name: str, words: str, term: str
    ) -> ResultColumn:
        label = f"{name} · {words} {_TERMS.get(term, '')}".strip()
        why = "" if slot else "không rõ học kỳ nào"
        return ResultColumn(column, code, slot, label, why)

    # --- traits and the rest ----------------------------------------------------------------

    def _trait(self, column: int, path: CaptionPath) -> ResultColumn | None:
        above, leaf = " ".join(map(whole_key, path[:-1])), whole_key(path[-1])
        for item in _words().data["traits"]:
            within = any(_holds(above, whole_key(words)) for words in item["within"])
            for code, names in item["names"].items():
                known = leaf in {key for name in names for key in caption_keys(name)}
                own = item["area"] == areas.QUALITIES or code.count("_") > 1
                if known and (within or (own and len(leaf) > _SHORT)):
                    time = self._time(" ".join(map(whole_key, path)))
                    label = f"{names[0]} {_TIME_WORDS[time]}"
                    return ResultColumn(column, item["area"], f"{time}.{code}", label)
        return None

    def _other(self, column: int, path: CaptionPath) -> ResultColumn | None:
        leaf, above = caption_keys(path[-1]), " ".join(map(whole_key, path[:-1]))
        whole = " ".join(map(whole_key, path))
        bare = {self._without_term(key) for key in (*leaf, whole)} | leaf | {whole}
        for item in _words().data["others"]:
            within = item.get("within")
            if within and not any(_holds(above, whole_key(words)) for words in within):
                continue
            if bare & set(map(whole_key, item["words"])):
                return self._of_area(column, item["area"], item["slot"], whole, path)
        return None

    def _without_term(self, text: str) -> str:
        for phrases in _words().data["terms"].values():
            for key in sorted(map(whole_key, phrases), key=len, reverse=True):
                text = f" {text} ".replace(f" {key} ", " ").strip()
        return text

    def _of_area(
        self, column: int, area: str, slot: str, text: str, path: CaptionPath
    ) -> ResultColumn:
        label, term = " ".join(path), self._term(text)
        if area == _RANK:
            return ResultColumn(column, area, "", label, _NO_RANK)
        if not slot:
            return ResultColumn(column, area, _dotted(term, "result"), label, COMPUTED)
        if area == areas.CONDUCT:
            known = term in ("s1", "s2")
            why = "" if known else COMPUTED
            return ResultColumn(column, area, term if known else "year.result", label, why)
        if area == areas.ATTENDANCE and term in ("s1", "s2"):
            return ResultColumn(column, area, _dotted(term, slot), label, _YEAR_ONLY)
        return ResultColumn(column, area, slot, label)
