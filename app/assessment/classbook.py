"""A class as its teachers work on it: pupils, cells, results, and whether it is locked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.assessment import final_results
from app.assessment.closed_cells import is_guarded, refuse_closed
from app.model.assessment import FinalResult
from app.model.gradebook import CellChange, CellKey
from app.model.people import SectionRoster, Student
from app.profile import GradeProfile, Profiles
from app.store import Workspace


@dataclass(frozen=True, slots=True)
class OpenClass:
    """One class, read in one go. `cells` is the reader's own copy."""

    roster: SectionRoster
    profile: GradeProfile
    cells: dict[CellKey, str] = field(default_factory=dict)
    locked_at: str = ""
    locked_by: str = ""

    @property
    def students(self) -> tuple[Student, ...]:
        return tuple(student for _, student in self.roster.pupils)

    @property
    def locked(self) -> bool:
        return bool(self.locked_at)


@dataclass(frozen=True, slots=True)
class ClassState:
    """How far a class is: pupils, those with nothing missing, and the lock."""

    section_id: str
    name: str
    grade: int
    pupils: int
    complete: int
    locked: bool


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
        section = roster.section
        locked_with = store.people.locked_with(section_id)
        profile = self._profiles.for_grade(section.school_year, section.grade, locked_with)
        locked_at, locked_by = store.people.lock_state(section_id) or ("", "")
        return OpenClass(roster, profile, store.gradebook.cells(section_id), locked_at, locked_by)

    def save(self, section_id: str, changes: Sequence[CellChange]) -> None:
        """Autosave of edits. Raises TranscriptLocked, and CellClosed for what articles 10 to 14 do
        not open for a pupil; then nothing is saved.
        """
        if any(is_guarded(change) for change in changes):
            opened = self.open(section_id)
            refuse_closed(opened.profile, opened.students, opened.cells, changes)
        self._workspace.here().gradebook.save(section_id, changes)

    def results(self, opened: OpenClass) -> list[FinalResult]:
        """The year of every pupil, in class order."""
        return final_results(opened.profile, opened.students, opened.cells)

    def states(self, school_year: str | None = None) -> list[ClassState]:
        """Every class with its progress, by grade and name."""
        return [
            self._state(section.id)
            for section in self._workspace.here().people.sections(school_year)
        ]

    def _state(self, section_id: str) -> ClassState:
        opened = self.open(section_id)
        complete = sum(not result.missing for result in self.results(opened))
        section = opened.roster.section
        return ClassState(
            section.id,
            section.name,
            section.grade,
            len(opened.students),
            complete,
            opened.locked,
        )
