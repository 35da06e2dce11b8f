"""Carry out an import: pupils, classes and places in them, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.model.people import ClassSection, Enrollment
from app.roster.plan import PlannedPupil, RosterPlan
from app.roster.reimport import RosterChanges, plan_against
from app.store import Workspace


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What an import did."""

    added: int
    changed: int
    unchanged: int
    left: int
    sections: tuple[ClassSection, ...]


class Enrolling:
    """SQL on the calling thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def changes(self, plan: RosterPlan) -> RosterChanges:
        """The plan against who is here already; nothing is written."""
        return plan_against(self._workspace.here().people.students(), plan)

    def apply(self, plan: RosterPlan, changes: RosterChanges) -> Enrolled:
        """All of it or nothing. What is still asked stays out."""
        store = self._workspace.here()
        known = {section.name: section for section in store.people.sections(plan.school_year)}
        pupils: list[PlannedPupil] = [
            *changes.added,
            *(item.pupil for item in changes.changed),
            *changes.unchanged,
        ]
        sections = {
            pupil.class_name: known.get(pupil.class_name) or _section(plan.school_year, pupil)
            for pupil in pupils
        }
        with store.write():
            for name in sections.keys() - known.keys():
                store.people.save_section(sections[name])
            store.people.save_students(pupil.student for pupil in pupils)
            store.people.save_enrollments(_places(pupils, sections))
            for gone, student in changes.left:
                self._leave(student.id, gone.pupil)
            store.audit.add("import", plan.school_year, f"{len(pupils)} pupils")
        return Enrolled(
            len(changes.added),
            len(changes.changed),
            len(changes.unchanged),
            len(changes.left),
            tuple(sections.values()),
        )

    def _leave(self, student_id: str, gone: PlannedPupil) -> None:
        store = self._workspace.here()
        for section in store.people.sections():
            for enrollment, student in store.people.enrollments(section.id):
                if student.id == student_id and enrollment.status.present:
                    store.people.save_enrollments([replace(enrollment, status=gone.status)])


def _section(school_year: str, pupil: PlannedPupil) -> ClassSection:
    return ClassSection(
        f"{school_year}/{pupil.class_name}", school_year, pupil.grade, pupil.class_name
    )


def _places(
    pupils: Iterable[PlannedPupil], sections: dict[str, ClassSection]
) -> Iterable[Enrollment]:
    for pupil in pupils:
        yield Enrollment(
            sections[pupil.class_name].id,
            pupil.student.id,
            pupil.number,
            pupil.status,
            pupil.register_no,
        )
