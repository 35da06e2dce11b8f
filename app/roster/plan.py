"""What an import of a sheet would do, before anything is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from app.errors import SheetError
from app.model.people import AdministrativePlace, EnrollmentStatus, Sex, Student
from app.roster.identity import grade_of
from app.roster.names import word_key
from app.roster.result_columns import ResultColumn
from app.roster.sheets import Cell


@dataclass(frozen=True, slots=True, order=True)
class CellPlace:
    """A row of a sheet, as the spreadsheet program counts."""

    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class PlannedPupil:
    """`student.id` is new; `plan_against` exchanges it for the pupil's own where one is known."""

    where: CellPlace
    student: Student
    class_name: str
    number: int
    status: EnrollmentStatus = EnrollmentStatus.ACTIVE
    register_no: str = ""
    own_grade: int = 0
    """Of a pupil in a combined class, where the sheet says it; else 0."""

    @property
    def grade(self) -> int:
        return self.own_grade or grade_of(self.class_name)


@dataclass(frozen=True, slots=True)
class Repair:
    """A change that was certain."""

    where: CellPlace
    field: str
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Question:
    """Not certain: people decide. `suggestion` may be empty; nothing was changed by it."""

    where: CellPlace
    field: str
    found: str
    why: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class DepartedPupil:
    """A pupil whom the sheet itself marks as no longer here."""

    pupil: PlannedPupil
    status_text: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    where: CellPlace
    reason: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ColumnNotKept:
    """A column of the sheet that no field of ours takes. `filled`: rows that hold something."""

    sheet: str
    column: int
    caption: str
    filled: int
    why: str


@dataclass(frozen=True, slots=True)
class SheetResults:
    """What a sheet of marks or results says, by pupil."""

    sheet: str
    columns: tuple[ResultColumn, ...]
    values: Mapping[CellPlace, Mapping[int, str]]
    """Row -> column -> text as shown; only what is filled in."""


@dataclass(frozen=True, slots=True)
class RosterPlan:
    school_year: str
    layout: str
    """Name of the recognised layout, or empty."""
    columns: Mapping[str, str]
    """Our field -> header text found."""
    captions: Mapping[str, tuple[str, ...]]
    """Each sheet's own header, for giving refused rows back."""
    kept: tuple[PlannedPupil, ...]
    gone: tuple[DepartedPupil, ...]
    repaired: tuple[Repair, ...]
    asked: tuple[Question, ...]
    refused: tuple[RefusedRow, ...]
    notes: tuple[str, ...] = ()
    not_kept: tuple[ColumnNotKept, ...] = ()
    results: tuple[SheetResults, ...] = ()
    """Of sheets of marks and results."""

    @property
    def classes(self) -> dict[str, int]:
        """Pupils kept per class, 1A before 10A."""
        counts = Counter(pupil.class_name for pupil in self.kept)
        return {name: counts[name] for name in sorted(counts, key=class_key)}

    @property
    def sheets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(pupil.where.sheet for pupil in self.kept))


def class_key(name: str) -> tuple[int, object]:
    return grade_of(name), word_key(name)


_PLACES = {"birthplace", "hometown", "residence"}
_TEXTS = {
    "full_name", "birth_date", "ethnicity", "nationality", "moet_id", "personal_id", "campus",
    "father_name", "mother_name", "guardian_name", "policy_group", "lifelong_id",
    "disability",
}  # fmt: skip
_FLAGS = {"not_assessed"}
"""'yes' or 'no'."""


def with_field(student: Student, field: str, value: str) -> Student:
    """The pupil with one field changed. Raises SheetError for a field that is not a pupil's."""
    if field in _PLACES:
        place: dict[str, Any] = {field: replace(getattr(student, field), text=value)}
        return replace(student, **place)
    if field == "sex":
        return replace(student, sex=Sex(value))
    if field in _FLAGS:
        flag: dict[str, Any] = {field: value == "yes"}
        return replace(student, **flag)
    if field not in _TEXTS:
        raise SheetError(field, reason=f"Không sửa được trường {field}.")
    changed: dict[str, Any] = {field: value}
    return replace(student, **changed)


def field_text(student: Student, field: str) -> str:
    value = getattr(student, field)
    if field in _FLAGS:
        return "yes" if value else ""
    return value.text if isinstance(value, AdministrativePlace) else str(value)


PUPIL_FIELDS = (*sorted(_TEXTS | _PLACES | _FLAGS), "sex")


def with_answers(plan: RosterPlan, answers: Mapping[tuple[CellPlace, str], str]) -> RosterPlan:
    """The plan with the user's answers, (where, field) -> value, put in; they are asked no more.

    The answer to `status` is an EnrollmentStatus; who is not present any more is set aside.
    """
    by_row: dict[CellPlace, dict[str, str]] = {}
    for (where, field), value in answers.items():
        by_row.setdefault(where, {})[field] = value
    kept, gone = [], []
    for pupil in plan.kept:
        answered = pupil
        for field, value in by_row.get(pupil.where, {}).items():
            answered = _with_answer(answered, field, value)
        if answered.status.present:
            kept.append(answered)
        else:
            gone.append(DepartedPupil(answered, "theo trả lời của thầy cô"))
    asked = tuple(q for q in plan.asked if (q.where, q.field) not in answers)
    return replace(plan, kept=tuple(kept), gone=(*plan.gone, *gone), asked=asked)


def _with_answer(pupil: PlannedPupil, field: str, value: str) -> PlannedPupil:
    if field == "class_name":
        return replace(pupil, class_name=value)
    if field == "grade":
        return replace(pupil, own_grade=int(value) if value.isdigit() else 0)
    if field == "status":
        return replace(pupil, status=EnrollmentStatus(value))
    return replace(pupil, student=with_field(pupil.student, field, value))


def without_rows(plan: RosterPlan, rows: AbstractSet[CellPlace]) -> RosterPlan:
    """The plan without the rows that a person leaves out."""
    return replace(
        plan,
        kept=tuple(p for p in plan.kept if p.where not in rows),
        asked=tuple(q for q in plan.asked if q.where not in rows),
    )
