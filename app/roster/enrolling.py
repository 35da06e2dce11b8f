"""Carry out an import: pupils, classes and places in them, in one transaction; take it back.

A pupil sits in one class of a school year. Where a sheet puts him in another one, the import moves
him: his place, marks and notes go along, both sides of each cell stay in the history, and the old
class keeps nothing. Marks do not go to a class of another grade, whose columns differ.
A locked pupil stays in the class that the record names, and may leave the school.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from app.clock import now
from app.errors import ImportNotUndoable
from app.model.gradebook import CellChange, CellKey
from app.model.operation import Cause
from app.model.people import ClassSection, Enrollment, Student
from app.profile.permissions import Act
from app.roster.identity import campus_of, grade_of
from app.roster.plan import CellPlace, PlannedPupil, RosterPlan
from app.roster.reimport import RosterChanges, plan_against
from app.store import Workspace
from app.store.integrity.backups import backups
from app.store.places import HistoryMark
from app.store.store import Store

COPY_AFTER = timedelta(hours=1)
"""An import makes a backup unless the newest one is younger than this."""


@dataclass(frozen=True, slots=True)
class PupilMove:
    """A pupil who sits in another class of the year until now."""

    pupil: PlannedPupil
    origins: tuple[Enrollment, ...]
    from_names: tuple[str, ...]
    with_marks: bool
    """False between grades."""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A row that stays out because the pupil is locked."""

    where: CellPlace
    name: str
    class_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the pupils of an import go."""

    moves: tuple[PupilMove, ...]
    held: tuple[HeldRow, ...]

    def holds(self, where: CellPlace) -> bool:
        return any(item.where == where for item in self.held)


@dataclass(frozen=True, slots=True)
class ImportUndo:
    """What stood before an import, and how far the histories had come after it."""

    school_year: str
    mark: HistoryMark
    new_students: tuple[str, ...]
    new_sections: tuple[str, ...]
    students: tuple[Student, ...]
    places: tuple[Enrollment, ...]
    new_places: tuple[Enrollment, ...]
    cells: tuple[tuple[str, tuple[CellChange, ...]], ...]
    """(class, changes) as they were made."""
    notes: tuple[tuple[str, str, CellKey], ...]
    """(from class, to class, cell) of the notes that went along."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What an import did."""

    added: int
    changed: int
    unchanged: int
    left: int
    sections: tuple[ClassSection, ...]
    moved: int = 0
    held: tuple[HeldRow, ...] = ()
    undo: ImportUndo | None = None


@dataclass(slots=True)
class _PresentPupils:
    """The year's classes and places as they are."""

    sections: dict[str, ClassSection]
    locked: frozenset[tuple[str, str]]
    """(class, pupil)."""
    names: dict[str, str]
    places: dict[str, list[Enrollment]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, store: Store, school_year: str) -> _PresentPupils:
        sections = store.people.sections(school_year)
        here = cls(
            {s.name: s for s in sections},
            frozenset(store.locks.places()),
            {s.id: s.name for s in sections},
        )
        for place in store.places.of_year(school_year):
            here.places[place.student_id].append(place)
        return here

    def present(self, student_id: str) -> list[Enrollment]:
        return [place for place in self.places[student_id] if place.status.present]

    def is_locked(self, place: Enrollment) -> bool:
        return (place.section_id, place.student_id) in self.locked

    def locked_names(self, places: Sequence[Enrollment]) -> list[str]:
        return [self.names[place.section_id] for place in places if self.is_locked(place)]


class Enrolling:
    """SQL on the calling thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def changes(self, plan: RosterPlan) -> RosterChanges:
        """The plan against who is here already; nothing is written."""
        return plan_against(self._workspace.here().people.students(), plan)

    def placement(self, plan: RosterPlan, changes: RosterChanges) -> Placement:
        """Who moves, and who is locked and stays; nothing is written."""
        return _placement(_PresentPupils.read(self._workspace.here(), plan.school_year), changes)

    def back_up(self) -> bool:
        """Make a copy before an import, unless there is a fresh one; whether one was made."""
        copies = backups(self._workspace.path)
        if copies and now() - copies[0].made_at < COPY_AFTER:
            return False
        self._workspace.back_up()
        return True

    def apply(self, plan: RosterPlan, changes: RosterChanges) -> Enrolled:
        """All of it or nothing. What is still asked, or held by a lock, stays out.

        Raises NotEntitled.
        """
        store = self._workspace.here()
        store.authorship.require(Act.EDIT_PUPILS)
        with store.write():
            here = _PresentPupils.read(store, plan.school_year)
            placement = _placement(here, changes)
            return _Import(store, here, plan.school_year, placement).run(changes)

    def take_back(self, undo: ImportUndo) -> None:
        """As before the import. Raises ImportNotUndoable when anything was done since."""
        store = self._workspace.here()
        with store.write():
            if store.places.mark() != undo.mark:
                raise ImportNotUndoable("histories have gone on")
            for section_id, made in reversed(undo.cells):
                back = [CellChange(c.key, c.after, c.before) for c in made]
                store.gradebook.save(section_id, back, cause=Cause.MOVE)
            for origin, target, key in undo.notes:
                _move_note(store, target, origin, key)
            store.places.remove(undo.new_places)
            store.people.save_students(undo.students)
            store.people.save_enrollments(undo.places)
            store.places.remove_students(undo.new_students)
            store.places.remove_sections(undo.new_sections)
            store.audit.add("import_undone", undo.school_year, f"{len(undo.new_students)} pupils")


def _placement(here: _PresentPupils, changes: RosterChanges) -> Placement:
    moves, held = [], []
    for pupil in _pupils(changes):
        target = here.sections.get(pupil.class_name)
        present = here.present(pupil.student.id)
        origins = [place for place in present if target is None or place.section_id != target.id]
        if locked := here.locked_names(origins):
            held.append(_held(pupil, locked))
        elif origins:
            grades = {s.id: s.grade for s in here.sections.values()}
            same_grade = all(grades[place.section_id] == pupil.grade for place in origins)
            names = tuple(here.names[place.section_id] for place in origins)
            moves.append(PupilMove(pupil, tuple(origins), names, same_grade))
    return Placement(tuple(moves), tuple(held))


def _held(pupil: PlannedPupil, locked: Sequence[str]) -> HeldRow:
    names = " và ".join(dict.fromkeys(locked))
    reason = f"Học bạ của em ở lớp {names} đã khóa; hãy mở khóa rồi nhập lại dòng này."
    return HeldRow(pupil.where, pupil.student.full_name, pupil.class_name, reason)


def _pupils(changes: RosterChanges) -> list[PlannedPupil]:
    return [*changes.added, *(item.pupil for item in changes.changed), *changes.unchanged]


class _Import:
    """One import inside its transaction; remembers how to take it back."""

    def __init__(
        self, store: Store, here: _PresentPupils, school_year: str, placement: Placement
    ) -> None:
        self._store = store
        self._here = here
        self._year = school_year
        self._placement = placement
        self._held = {item.where for item in placement.held}
        self._sections: dict[str, ClassSection] = {}
        self._places_before: dict[tuple[str, str], Enrollment] = {}
        self._new_places: list[Enrollment] = []
        self._cells: list[tuple[str, tuple[CellChange, ...]]] = []
        self._notes: list[tuple[str, str, CellKey]] = []
        self._books: dict[str, dict[str, dict[CellKey, str]]] = {}

    def run(self, changes: RosterChanges) -> Enrolled:
        store = self._store
        added = [pupil for pupil in changes.added if pupil.where not in self._held]
        changed = [item for item in changes.changed if item.pupil.where not in self._held]
        same = [pupil for pupil in changes.unchanged if pupil.where not in self._held]
        pupils = [*added, *(item.pupil for item in changed), *same]
        new_sections = self._make_sections(pupils)
        store.people.save_students(pupil.student for pupil in pupils)
        self._place(pupils)
        for move in self._placement.moves:
            self._move(move)
        for gone, student in changes.left:
            for place in self._here.present(student.id):
                self._keep(place, replace(place, status=gone.pupil.status))
        store.audit.add("import", self._year, f"{len(pupils)} pupils")
        undo = ImportUndo(
            self._year,
            store.places.mark(),
            tuple(pupil.student.id for pupil in added),
            tuple(section.id for section in new_sections),
            tuple(item.before for item in changed),
            tuple(self._places_before.values()),
            tuple(self._new_places),
            tuple(self._cells),
            tuple(self._notes),
        )
        return Enrolled(
            len(added),
            len(changed),
            len(same),
            len(changes.left),
            tuple(self._sections.values()),
            len(self._placement.moves),
            self._placement.held,
            undo,
        )

    def _make_sections(self, pupils: Sequence[PlannedPupil]) -> list[ClassSection]:
        made = []
        for pupil in pupils:
            name = pupil.class_name
            if name in self._sections:
                continue
            known = self._here.sections.get(name)
            self._sections[name] = known or ClassSection(
                f"{self._year}/{name}",
                self._year,
                grade_of(name),
                name,
                campus=campus_of(name),
            )
            if known is None:
                made.append(self._sections[name])
                self._store.people.save_section(self._sections[name])
        return made

    def _place(self, pupils: Sequence[PlannedPupil]) -> None:
        for pupil in pupils:
            section = self._sections[pupil.class_name]
            before = next(
                (p for p in self._here.places[pupil.student.id] if p.section_id == section.id), None
            )
            place = Enrollment(
                section.id, pupil.student.id, pupil.number, pupil.status, pupil.register_no
            )
            if before is None:
                self._new_places.append(place)
                self._store.people.save_enrollments([place])
            elif not self._here.is_locked(before):
                register = pupil.register_no or before.register_no
                self._keep(before, replace(place, register_no=register))

    def _keep(self, before: Enrollment, after: Enrollment) -> None:
        if before != after:
            self._places_before[before.section_id, before.student_id] = before
            self._store.people.save_enrollments([after])

    def _move(self, move: PupilMove) -> None:
        target, student_id = self._sections[move.pupil.class_name], move.pupil.student.id
        for origin in move.origins:
            if move.with_marks:
                self._carry(origin.section_id, target.id, student_id)
            self._places_before[origin.section_id, student_id] = origin
            self._store.places.remove([origin])
            self._store.audit.add("move", student_id, f"{origin.section_id} -> {target.id}")

    def _carry(self, origin: str, target: str, student_id: str) -> None:
        mine, there = self._cells_of(origin, student_id), self._cells_of(target, student_id)
        for section_id, made in (
            (origin, tuple(CellChange(key, value, None) for key, value in mine.items())),
            (target, tuple(CellChange(key, there.get(key), v) for key, v in mine.items())),
        ):
            self._store.gradebook.save(section_id, made, cause=Cause.MOVE)
            self._cells.append((section_id, made))
        there.update(mine)
        mine.clear()
        for key in self._store.gradebook.notes(origin):
            if key.student_id == student_id:
                _move_note(self._store, origin, target, key)
                self._notes.append((origin, target, key))

    def _cells_of(self, section_id: str, student_id: str) -> dict[CellKey, str]:
        if section_id not in self._books:
            book: dict[str, dict[CellKey, str]] = defaultdict(dict)
            for key, value in self._store.gradebook.cells(section_id).items():
                book[key.student_id][key] = value
            self._books[section_id] = book
        return self._books[section_id].setdefault(student_id, {})


def _move_note(store: Store, origin: str, target: str, key: CellKey) -> None:
    words = store.gradebook.notes(origin).get(key, "")
    if words:
        store.gradebook.save_note(target, key, words)
        store.gradebook.save_note(origin, key, "")
