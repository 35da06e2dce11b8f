"""What the grid shows: columns, pupils, entries, and the text of a cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.model.assessment import Missing
from app.model.marks import printed, with_all_decimals
from app.roster.names import split_name

ColumnKey = tuple[str, str]
"""(area, slot), as in `app.model.gradebook`."""

_WORDS = {
    "D": "Đ",
    "CD": "CĐ",
    "yes": "Có",
    "no": "Không",
    "promoted": "Được lên lớp",
    "retained": "Ở lại lớp",
    "reduced": "Giảm yêu cầu",
    "individual": "Kế hoạch cá nhân",
    "not_assessed": "Không đánh giá",
}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class ColumnKind(StrEnum):
    SCORE = "score"
    LETTER = "letter"
    DATE = "date"
    TEXT = "text"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class GridColumn:
    """One column. `width` in pixels; `limit` is the longest text in characters, 0 for none.

    `decimals` 1 shows 6 as '6,0', so that marks of one column stand under one another.

    `group` is written above columns that belong together (a subject, a semester).
    """

    key: ColumnKey
    title: str
    kind: ColumnKind
    tooltip: str = ""
    width: int = 64
    group: str = ""
    limit: int = 0
    decimals: int = 0
    editable: bool = True

    @property
    def full_title(self) -> str:
        return f"{self.group} · {self.title}" if self.group else self.title

    @property
    def takes_input(self) -> bool:
        return self.editable and self.kind is not ColumnKind.COMPUTED


@dataclass(frozen=True, slots=True)
class GridRow:
    """A pupil; `number` is the place in the class list."""

    student_id: str
    number: int
    full_name: str

    @property
    def given_name(self) -> str:
        return split_name(self.full_name)[2]


@dataclass(frozen=True, slots=True)
class CellProblem:
    """Text that is not a valid entry: kept as typed, never saved.

    `suggestion` is text that may have been meant, or ''.
    """

    text: str
    reason: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class CellEntry:
    """State of one cell: what is saved, and what was typed that cannot be."""

    saved: str | None = None
    problem: CellProblem | None = None


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What the rules say of one pupil: values of computed columns, and what is missing."""

    values: Mapping[ColumnKey, str] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()


def shown(value: str, column: GridColumn) -> str:
    """Canonical text as people read it: decimal comma, Đ and CĐ, words."""
    if column.kind is ColumnKind.TEXT:
        return value
    if column.kind is ColumnKind.DATE:
        return "/".join(reversed(value.split("-")))
    if column.kind is not ColumnKind.SCORE and value in _WORDS:
        return _WORDS[value]
    if not _NUMBER.fullmatch(value):
        return value
    return printed(with_all_decimals(value) if column.decimals else value)


def typed(text: str) -> str:
    """What a person typed: NFC, without surrounding blanks."""
    return unicodedata.normalize("NFC", text).strip()
