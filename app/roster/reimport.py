"""A sheet against the pupils already here: renames, never duplicates, never silently removes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from app.model.people import Student
from app.model.text import fold, one_apostrophe, visible
from app.roster.plan import (
    PUPIL_FIELDS,
    CellPlace,
    DepartedPupil,
    PlannedPupil,
    Question,
    RosterPlan,
    field_text,
    with_field,
)


@dataclass(frozen=True, slots=True)
class FieldChange:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangedPupil:
    """A pupil who is already here; `pupil.student.id` is his own."""

    pupil: PlannedPupil
    before: Student
    changes: tuple[FieldChange, ...]
    matched_by: str
    """'moet_id', 'personal_id' or 'consent'."""


@dataclass(frozen=True, slots=True)
class MatchQuestion:
    """Same name and birth date but no id in common: one pupil or two?

    Answer by passing `(where, candidate.id)` in `consented`, or `where` in `new`.
    """

    pupil: PlannedPupil
    candidates: tuple[Student, ...]
    why: str


@dataclass(frozen=True, slots=True)
class RosterChanges:
    added: tuple[PlannedPupil, ...]
    changed: tuple[ChangedPupil, ...]
    unchanged: tuple[PlannedPupil, ...]
    asked: tuple[MatchQuestion, ...]
    conflicts: tuple[Question, ...]
    """The two ids of a row lead to two different pupils; the row is left out."""
    left: tuple[tuple[DepartedPupil, Student], ...]
    """Here until now, marked as gone in the sheet."""
    missing: tuple[Student, ...]
    """Here, but not in the sheet. Nothing is done about them."""


class _Index:
    def __init__(self, existing: Sequence[Student]) -> None:
        self.by_id: dict[str, Student] = {student.id: student for student in existing}
        self.moet = {s.moet_id: s for s in existing if s.moet_id}
        self.personal = {s.personal_id: s for s in existing if s.personal_id}
        self.person: dict[tuple[str, str], list[Student]] = defaultdict(list)
        for student in existing:
            self.person[_person_key(student)].append(student)

    def by_ids(self, student: Student) -> list[tuple[str, Student]]:
        found = [
            ("moet_id", self.moet.get(student.moet_id)),
            ("personal_id", self.personal.get(student.personal_id)),
        ]
        return [(name, known) for name, known in found if known is not None]


def _person_key(student: Student) -> tuple[str, str]:
    return fold(student.full_name), student.birth_date


def plan_against(
    existing: Sequence[Student],
    plan: RosterPlan,
    consented: Mapping[CellPlace, str] | None = None,
    new: AbstractSet[CellPlace] = frozenset(),
) -> RosterChanges:
    """Match by the ministry's id, then the personal id, then, if `consented`, by name and birth.

    An empty cell of the sheet never empties what is known here.
    """
    index, agreed = _Index(existing), consented or {}
    added: list[PlannedPupil] = []
    known: list[ChangedPupil] = []
    asked: list[MatchQuestion] = []
    conflicts: list[Question] = []
    for pupil in plan.kept:
        matches = index.by_ids(pupil.student)
        if len({student.id for _, student in matches}) > 1:
            why = "Hai mã của dòng này thuộc về hai học sinh khác nhau trong máy."
            conflicts.append(Question(pupil.where, "moet_id", pupil.student.full_name, why))
        elif matches:
            known.append(_merged(pupil, matches[0][1], matches[0][0]))
        elif (chosen := index.by_id.get(agreed.get(pupil.where, ""))) is not None:
            known.append(_merged(pupil, chosen, "consent"))
        elif pupil.where not in new and (namesakes := _open_namesakes(index, pupil)):
            why = "Cùng họ tên và ngày sinh với học sinh đã có: có phải một em không?"
            asked.append(MatchQuestion(pupil, namesakes, why))
        else:
            added.append(pupil)
    left = [(gone, s) for gone in plan.gone for _, s in index.by_ids(gone.pupil.student)[:1]]
    met = {item.before.id for item in known} | {student.id for _, student in left}
    met |= {student.id for question in asked for student in question.candidates}
    met |= {s.id for p in plan.kept for _, s in index.by_ids(p.student)}
    return RosterChanges(
        added=tuple(added),
        changed=tuple(item for item in known if item.changes),
        unchanged=tuple(item.pupil for item in known if not item.changes),
        asked=tuple(asked),
        conflicts=tuple(conflicts),
        left=tuple(left),
        missing=tuple(student for student in existing if student.id not in met),
    )


def _open_namesakes(index: _Index, pupil: PlannedPupil) -> tuple[Student, ...]:
    """Those of the same name and birth date whose ids do not say that they are someone else."""
    return tuple(
        student
        for student in index.person.get(_person_key(pupil.student), [])
        if not _different(student.personal_id, pupil.student.personal_id)
    )


def _different(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def _alike(one: str, other: str) -> bool:
    """Equal to whoever looks at it: apostrophes of any kind, nothing invisible."""
    return one == other or one_apostrophe(visible(one)) == one_apostrophe(visible(other))


def _merged(pupil: PlannedPupil, known: Student, matched_by: str) -> ChangedPupil:
    student, changes = known, []
    for field in PUPIL_FIELDS:
        before, after = field_text(known, field), field_text(pupil.student, field)
        silent = not after or (field == "sex" and after == "0")
        shorter = field == "birth_date" and before.startswith(after)
        if silent or shorter or _alike(before, after):
            continue
        changes.append(FieldChange(field, before, after))
        student = with_field(student, field, after)
    return ChangedPupil(replace(pupil, student=student), known, tuple(changes), matched_by)
