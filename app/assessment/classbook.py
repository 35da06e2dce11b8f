"""A class as its teachers work on it: pupils, cells, results, and whose year is closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.assessment import final_results
from app.assessment.closed_cells import is_guarded, refuse_closed
from app.model.assessment import FinalResult, Promotion
from app.model.gradebook import CellChange, CellKey
from app.model.people import PupilLock, SectionRoster, Student
from app.profile import GradeProfile, Profiles
from app.store import Workspace


class Standing(StrEnum):
    """Where a pupil's year stands. Nobody waits for anybody else."""

    LACKING = "lacking"
    """Something is not entered or not decided yet."""
    REASSESSMENT = "reassessment"
    """Circular 22/2021, article 14."""
    SUMMER_TRAINING = "summer_training"
    """Circular 22/2021, article 13."""
    SUPPORT = "support"
    """Circular 27/2020, article 11: support, then assessed again."""
    READY = "ready"
    LOCKED = "locked"

    @property
    def follows(self) -> bool:
        """Whether the record comes later, in the summer."""
        return self in (Standing.REASSESSMENT, Standing.SUMMER_TRAINING, Standing.SUPPORT)


_FOLLOWS = {
    Promotion.REASSESSMENT: Standing.REASSESSMENT,
    Promotion.SUMMER_TRAINING: Standing.SUMMER_TRAINING,
    Promotion.SUPPORT_AND_REASSESS: Standing.SUPPORT,
}


def standing(final: FinalResult, *, locked: bool = False) -> Standing:
    """Where the pupil of this result stands."""
    if locked:
        return Standing.LOCKED
    if final.missing:
        return Standing.LACKING
    promotion = final.result.promotion
    return _FOLLOWS.get(promotion, Standing.READY) if promotion else Standing.READY


@dataclass(frozen=True, slots=True)
class OpenClass:
    """One class, read in one go. `cells` is the reader's own copy."""

    roster: SectionRoster
    profile: GradeProfile
    """The rules of whoever is not locked; `rules_of` knows those of each pupil."""
    cells: dict[CellKey, str] = field(default_factory=dict)
    locks: Mapping[str, PupilLock] = field(default_factory=dict)
    """By pupil, leavers included."""
    rules: Mapping[str, GradeProfile] = field(default_factory=dict)
    """Of the pupils for whom other rules hold than `profile`."""

    @property
    def students(self) -> tuple[Student, ...]:
        """The pupils of the class list, in its order; `locks` may also name leavers."""
        return tuple(student for _, student in self.roster.pupils)

    @property
    def waiting(self) -> tuple[Student, ...]:
        """Who is not locked yet."""
        return tuple(student for student in self.students if student.id not in self.locks)

    @property
    def locked(self) -> bool:
        """Whether nobody is left to lock."""
        return bool(self.roster.pupils) and not self.waiting

    def rules_of(self, student_id: str) -> GradeProfile:
        """The profile by which this pupil (a `Student.id`) is assessed."""
        return self.rules.get(student_id, self.profile)

    def by_rules(self) -> list[tuple[GradeProfile, list[Student]]]:
        """The pupils, sorted out by the rules that hold for them."""
        groups: dict[tuple[str, int], tuple[GradeProfile, list[Student]]] = {}
        for student in self.students:
            rules = self.rules_of(student.id)
            groups.setdefault((rules.id, rules.grade), (rules, []))[1].append(student)
        return list(groups.values())


@dataclass(frozen=True, slots=True)
class ClassState:
    """How far a class is: its pupils by where they stand."""

    section_id: str
    name: str
    grade: int
    counts: Mapping[Standing, int]

    @property
    def pupils(self) -> int:
        """How many pupils the class has, wherever they stand."""
        return sum(self.counts.values())

    @property
    def complete(self) -> int:
        """Pupils with nothing missing whose record need not wait."""
        return self.ready + self.counts.get(Standing.LOCKED, 0)

    @property
    def ready(self) -> int:
        """Who can be locked now."""
        return self.counts.get(Standing.READY, 0)

    @property
    def follow(self) -> int:
        """Whose record comes in the summer."""
        return sum(count for where, count in self.counts.items() if where.follows)

    @property
    def locked(self) -> bool:
        """Whether nobody is left to lock."""
        return 0 < self.pupils == self.counts.get(Standing.LOCKED, 0)


class ClassBook:
    """Reads and writes classes; SQL on the calling thread."""

    def __init__(self, workspace: Workspace, profiles: Profiles) -> None:
        self._workspace = workspace
        self._profiles = profiles

    def open(self, section_id: str) -> OpenClass:
        """Raises KeyError for an unknown class, LookupError before the school is set up,
        ProfileMissing when no regulation covers the class.
        """
        store = self._workspace.here()
        roster = store.people.roster(section_id)
        locks = store.locks.of(section_id)
        rules = {student_id: self._rules(roster, lock) for student_id, lock in locks.items()}
        waits = any(student.id not in locks for _, student in roster.pupils)
        kept = None if waits else next(iter(rules.values()), None)
        profile = kept or self._rules(roster, None)
        return OpenClass(roster, profile, store.gradebook.cells(section_id), locks, rules)

    def _rules(self, roster: SectionRoster, lock: PupilLock | None) -> GradeProfile:
        section = roster.section
        kept = lock.rules if lock else ""
        programme = roster.school.programme
        return self._profiles.for_grade(section.school_year, section.grade, kept, programme)

    def save(self, section_id: str, changes: Sequence[CellChange]) -> None:
        """Autosave of edits. Raises TranscriptLocked for a pupil who is locked, and CellClosed for
        what articles 10 to 14 do not open for a pupil; then nothing is saved.
        """
        if any(is_guarded(change) for change in changes):
            opened = self.open(section_id)
            for rules, students in opened.by_rules():
                open_ = [student for student in students if student.id not in opened.locks]
                refuse_closed(rules, open_, opened.cells, changes)
        self._workspace.here().gradebook.save(section_id, changes)

    def results(self, opened: OpenClass) -> list[FinalResult]:
        """The year of every pupil, in class order."""
        found = {
            result.student_id: result
            for rules, students in opened.by_rules()
            for result in final_results(rules, students, opened.cells)
        }
        return [found[student.id] for student in opened.students]

    def states(self, school_year: str | None = None) -> list[ClassState]:
        """Every class with its progress, by grade and name."""
        return [
            self.state(section.id)
            for section in self._workspace.here().people.sections(school_year)
        ]

    def state(self, section_id: str) -> ClassState:
        """Raises as `open`."""
        opened = self.open(section_id)
        section = opened.roster.section
        counts = Counter(
            standing(result, locked=result.student_id in opened.locks)
            for result in self.results(opened)
        )
        return ClassState(section.id, section.name, section.grade, counts)
