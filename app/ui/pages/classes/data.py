"""What the class page shows, and what it changes. No Qt; SQL on the calling thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from app.assessment.classbook import ClassState, Standing
from app.errors import ProfileMissing
from app.model.people import (
    ClassSection,
    Enrollment,
    EnrollmentStatus,
    Sex,
    Staff,
    StaffRole,
    Student,
    TeachingAssignment,
)
from app.profile import Programme
from app.roster.plan import with_field
from app.services import Services
from app.signing.record.signing_profile import shipped_profile

SEX = {Sex.MALE: "Nam", Sex.FEMALE: "Nữ", Sex.UNKNOWN: ""}
STATUS = {
    EnrollmentStatus.ACTIVE: "Đang học",
    EnrollmentStatus.TRANSFERRED_IN: "Mới chuyển đến",
    EnrollmentStatus.TRANSFERRED_OUT: "Đã chuyển đi",
    EnrollmentStatus.DROPPED_OUT: "Thôi học",
    EnrollmentStatus.GRADUATED: "Đã ra trường",
    EnrollmentStatus.OTHER_GONE: "Không còn học",
}


@dataclass(frozen=True, slots=True)
class ClassRow:
    section: ClassSection
    homeroom: str
    pupils: int
    progress: ClassState | None
    """None while results cannot be computed."""

    @property
    def locked(self) -> bool:
        return self.progress is not None and self.progress.locked

    @property
    def complete(self) -> int | None:
        return self.progress.complete if self.progress else None

    @property
    def state(self) -> str:
        if self.progress is None:
            return "Đang lập"
        if self.progress.locked:
            return "Đã khóa sổ"
        if closed := self.progress.counts.get(Standing.LOCKED, 0):
            return f"Khóa {closed} / {self.pupils}"
        return "Đủ điểm" if self.complete == self.pupils else f"Đủ {self.complete} / {self.pupils}"


@dataclass(frozen=True, slots=True)
class PupilRow:
    enrollment: Enrollment
    student: Student
    locked: bool = False
    """A record that is in force says what the pupil's year was."""


@dataclass(frozen=True, slots=True)
class ClassesOverview:
    set_up: bool
    """School and principal are known."""
    classes: tuple[ClassRow, ...]
    staff: tuple[Staff, ...]


@dataclass(frozen=True, slots=True)
class TeachingPlan:
    """Subjects of a class and who teaches them."""

    section: ClassSection
    subjects: tuple[tuple[str, str], ...]
    """(code, name) in the profile's order; empty where no regulation covers the class."""
    teachers: tuple[TeachingAssignment, ...]
    """Everybody who is assigned, by subject and semester."""
    staff: tuple[Staff, ...]
    one_signs: bool = True
    """Of several teachers of a subject, one signs (the signing profile's rule)."""


def overview(services: Services) -> ClassesOverview:
    """Every class with its progress."""
    people = services.workspace.here().people
    staff = people.staff()
    names = {person.id: person.full_name for person in staff}
    here = tuple(person for person in staff if person.active)
    set_up = people.school() is not None and any(p.role is StaffRole.PRINCIPAL for p in here)
    rows = [_row(services, section, names, set_up) for section in people.sections()]
    return ClassesOverview(set_up, tuple(rows), here)


def _row(
    services: Services, section: ClassSection, names: Mapping[str, str], set_up: bool
) -> ClassRow:
    people = services.workspace.here().people
    present = sum(e.status.present for e, _ in people.enrollments(section.id))
    progress = None
    if set_up:
        with suppress(ProfileMissing):
            progress = services.book.state(section.id)
    homeroom = names.get(section.homeroom_teacher_id, "")
    return ClassRow(section, homeroom, present, progress)


def pupils(services: Services, section_id: str) -> list[PupilRow]:
    """Everyone ever in the class, by number."""
    store = services.workspace.here()
    locks = store.locks.of(section_id)
    return [
        PupilRow(enrollment, student, student.id in locks)
        for enrollment, student in store.people.enrollments(section_id)
    ]


def teaching(services: Services, section_id: str) -> TeachingPlan:
    people = services.workspace.here().people
    section = people.section(section_id)
    try:
        school = people.school()
        profile = services.profiles.for_grade(
            section.school_year,
            section.grade,
            programme=school.programme if school else Programme.GENERAL,
        )
        # Also what only some pupils chose, and what is chosen later, needs its teacher.
        first = [s for s in profile.subjects if s.compulsory]
        others = [s for s in profile.subjects if not s.compulsory]
        subjects = tuple(
            [(s.code, s.name) for s in first] + [(s.code, f"{s.name} (nếu học)") for s in others]
        )
    except ProfileMissing:
        subjects = ()
    assigned = tuple(people.assignments(section_id))
    named = {section.homeroom_teacher_id, *(each.teacher_id for each in assigned)}
    staff = tuple(person for person in people.staff() if person.active or person.id in named)
    one_signs = shipped_profile().one_teacher_a_subject
    return TeachingPlan(section, subjects, assigned, staff, one_signs)


def save_teaching(
    services: Services,
    section_id: str,
    homeroom: str,
    shown: Sequence[str],
    teachers: Sequence[TeachingAssignment],
) -> None:
    """Homeroom teacher and subject teachers of one class, in one transaction.

    `shown`: subjects of which `teachers` holds everybody; of the others nobody is dropped.
    """
    store = services.workspace.here()
    section = store.people.section(section_id)
    kept = [each for each in store.people.assignments(section_id) if each.subject not in shown]
    with store.write():
        store.people.save_section(replace(section, homeroom_teacher_id=homeroom))
        store.people.replace_assignments(section_id, [*kept, *teachers])
        store.audit.add("teaching", section_id, str(len(teachers)))


def save_pupil(
    services: Services, row: PupilRow, fields: Mapping[str, str], status: EnrollmentStatus
) -> None:
    """The person's edits of one pupil. `fields`: field of the pupil -> value."""
    student = row.student
    for field, value in fields.items():
        student = with_field(student, field, value)
    store = services.workspace.here()
    with store.write():
        store.people.save_students([student])
        store.people.save_enrollments([replace(row.enrollment, status=status)])
        store.audit.add("pupil", student.id, ", ".join(fields))


def find_class(rows: Sequence[ClassRow], section_id: str) -> ClassRow | None:
    return next((row for row in rows if row.section.id == section_id), None)
