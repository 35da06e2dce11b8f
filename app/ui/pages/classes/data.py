"""What the class page shows, and what it changes. No Qt; SQL on the calling thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

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
from app.roster.plan import with_field
from app.services import Services

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
    complete: int | None
    """Pupils with nothing missing; None while results cannot be computed."""
    locked: bool

    @property
    def state(self) -> str:
        if self.locked:
            return "Đã khóa sổ"
        if self.complete is None:
            return "Đang lập"
        return "Đủ điểm" if self.complete == self.pupils else f"Đủ {self.complete} / {self.pupils}"


@dataclass(frozen=True, slots=True)
class PupilRow:
    enrollment: Enrollment
    student: Student


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
    teachers: Mapping[str, str]
    """Subject code -> staff id of its first teacher."""
    staff: tuple[Staff, ...]


def day(iso: str) -> str:
    """'05/04/2013' of '2013-04-05'; months and years alone stay as short as they are."""
    return "/".join(reversed(iso.split("-")))


def iso_day(shown: str) -> str:
    return "-".join(reversed(shown.strip().split("/")))


def masked(number: str) -> str:
    """Only the last four digits are for every eye."""
    return f"•••• {number[-4:]}" if number else ""


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
    complete = None
    if set_up:
        try:
            opened = services.book.open(section.id)
            complete = sum(not result.missing for result in services.book.results(opened))
        except ProfileMissing:
            complete = None
    locked = people.lock_state(section.id) is not None
    homeroom = names.get(section.homeroom_teacher_id, "")
    return ClassRow(section, homeroom, present, complete, locked)


def pupils(services: Services, section_id: str) -> list[PupilRow]:
    """Everyone ever in the class, by number."""
    rows = services.workspace.here().people.enrollments(section_id)
    return [PupilRow(enrollment, student) for enrollment, student in rows]


def teaching(services: Services, section_id: str) -> TeachingPlan:
    people = services.workspace.here().people
    section = people.section(section_id)
    try:
        profile = services.profiles.for_grade(section.school_year, section.grade)
        subjects = tuple((s.code, s.name) for s in profile.subjects if s.compulsory)
    except ProfileMissing:
        subjects = ()
    teachers: dict[str, str] = {}
    for each in people.assignments(section_id):
        teachers.setdefault(each.subject, each.teacher_id)
    named = {section.homeroom_teacher_id, *teachers.values()}
    staff = tuple(person for person in people.staff() if person.active or person.id in named)
    return TeachingPlan(section, subjects, teachers, staff)


def save_teaching(
    services: Services, section_id: str, homeroom: str, teachers: Mapping[str, str]
) -> None:
    """Homeroom teacher and subject teachers of one class, in one transaction."""
    store = services.workspace.here()
    section = store.people.section(section_id)
    with store.write():
        store.people.save_section(replace(section, homeroom_teacher_id=homeroom))
        store.people.replace_assignments(
            section_id,
            [TeachingAssignment(section_id, code, who) for code, who in teachers.items() if who],
        )
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


def pupil_mistakes(fields: Mapping[str, str]) -> dict[str, str]:
    """Field -> what is wrong with what was typed."""
    found = {}
    if len(fields["full_name"].split()) < 2:
        found["full_name"] = "Cần họ và tên."
    if not _is_birth(fields["birth_date"]):
        found["birth_date"] = "Viết như 05/04/2013."
    for field, digits in (("moet_id", 10), ("personal_id", 12)):
        number = fields[field]
        if number and not (number.isdigit() and len(number) == digits):
            found[field] = f"Cần đúng {digits} chữ số, hoặc để trống."
    return found


def _is_birth(iso: str) -> bool:
    parts = iso.split("-")
    try:
        numbers = [int(part) for part in parts]
        date(numbers[0], *([*numbers[1:], 1, 1][:2]))
    except (ValueError, TypeError, IndexError):
        return False
    return len(parts) <= 3 and 1950 <= numbers[0] <= 2100


def find_class(rows: Sequence[ClassRow], section_id: str) -> ClassRow | None:
    return next((row for row in rows if row.section.id == section_id), None)
