"""Who is in which class and who teaches what. Terms after OneRoster 1.2.

Dates are ISO 8601 text. `BirthDate` has one of three precisions (`YYYY-MM-DD`, `YYYY-MM`,
`YYYY`), as the ministry's catalogue allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.profile.grade import Programme

BirthDate = str


class Sex(StrEnum):
    """QCVN 109:2017/BTTTT."""

    UNKNOWN = "0"
    MALE = "1"
    FEMALE = "2"


class EnrollmentStatus(StrEnum):
    """Whether a pupil attends the class, and if not, in which way they left."""

    ACTIVE = "active"
    TRANSFERRED_IN = "transferred_in"
    TRANSFERRED_OUT = "transferred_out"
    DROPPED_OUT = "dropped_out"
    GRADUATED = "graduated"
    OTHER_GONE = "other_gone"

    @property
    def present(self) -> bool:
        """Whether the pupil is in the class now."""
        return self in (EnrollmentStatus.ACTIVE, EnrollmentStatus.TRANSFERRED_IN)


class StaffRole(StrEnum):
    """A person's office at the school."""

    TEACHER = "teacher"
    PRINCIPAL = "principal"
    DEPUTY_PRINCIPAL = "deputy_principal"
    CLERK = "clerk"


@dataclass(frozen=True, slots=True)
class School:
    """`code`: the ministry's school code, up to 20 characters, kept as text."""

    code: str
    name: str
    department_code: str
    department_name: str
    commune: str
    province: str
    province_code: str
    commune_code: str = ""
    tax_code: str = ""
    """MST in the subject of the school's certificate; empty when not known."""
    programme: Programme = Programme.GENERAL
    """A centre of continuing education teaches its own programme in the same grades."""


@dataclass(frozen=True, slots=True)
class Staff:
    """One person who works at the school; `id` is the school's own."""

    id: str
    full_name: str
    role: StaffRole
    personal_id: str = ""
    """12 digits, or empty while unknown."""
    title: str = ""
    active: bool = True
    """False: no longer at the school. What names the person stays as it is."""


@dataclass(frozen=True, slots=True)
class AdministrativePlace:
    """A place as written, with the codes of its commune and province where they are known."""

    text: str = ""
    commune_code: str = ""
    province_code: str = ""


@dataclass(frozen=True, slots=True)
class Student:
    """One pupil. `id` is made once at this school and never changes."""

    id: str
    full_name: str
    birth_date: BirthDate
    sex: Sex = Sex.UNKNOWN
    ethnicity: str = ""
    """Name as in the national list, e.g. 'Mông'; the code list is a profile."""
    nationality: str = "VN"
    moet_id: str = ""
    """Mã định danh Bộ GD&ĐT: 10 digits, or empty."""
    personal_id: str = ""
    """Số định danh cá nhân: 12 digits, or empty."""
    birthplace: AdministrativePlace = AdministrativePlace()
    hometown: AdministrativePlace = AdministrativePlace()
    residence: AdministrativePlace = AdministrativePlace()
    father_name: str = ""
    mother_name: str = ""
    guardian_name: str = ""
    policy_group: str = ""
    not_assessed: bool = False
    """Pupil with a disability who is not assessed (cokhuyettatkhongdanhgia)."""
    disability: str = ""
    """Kind of disability (loại khuyết tật) in the school's words; '' for none. Sensitive data:
    shown to whom it concerns, and no record names it."""
    lifelong_id: str = ""
    campus: str = ""

    @property
    def has_disability(self) -> bool:
        """Whether the pupil has a disability, named or implied by not being assessed."""
        return self.not_assessed or bool(self.disability)


@dataclass(frozen=True, slots=True)
class ClassSection:
    """One class of one school year; `campus`: which site of the school, '' where it has one."""

    id: str
    school_year: str
    """'2026-2027'."""
    grade: int
    name: str
    homeroom_teacher_id: str = ""
    campus: str = ""


@dataclass(frozen=True, slots=True)
class Enrollment:
    """A pupil's place in a class.

    `register_no`: their number in the school's register book (sổ đăng bộ).
    """

    section_id: str
    student_id: str
    number: int
    """Place in the class list, from 1."""
    status: EnrollmentStatus = EnrollmentStatus.ACTIVE
    register_no: str = ""


@dataclass(frozen=True, slots=True)
class PupilLock:
    """The pupil's year in this class is closed: a record that is in force says what it was.

    Per pupil, because whoever is in re-assessment or summer training follows later (Circular
    22/2021, articles 13 and 14).
    """

    student_id: str
    at: str
    """ISO 8601."""
    by: str
    rules: str
    """Id of the assessment profile whose results the record tells."""


@dataclass(frozen=True, slots=True)
class TeachingAssignment:
    """One teacher of one subject in a class; KHTN and others commonly have two or three."""

    section_id: str
    subject: str
    teacher_id: str
    semester: str = ""
    """'1', '2', or '' for the whole year (catalogue field `hocky`)."""
    signs: bool = True
    """Whether the teacher signs for the subject; of several, one does."""


@dataclass(frozen=True, slots=True)
class Delegation:
    """Who signs in the principal's slot in a school year: a deputy, or whoever the principal gave
    written authority (Ủy quyền). One a school year."""

    school_year: str
    staff_id: str
    number: str = ""
    """Of the written authority; may be empty for a deputy, who stands in by duty."""
    issued_on: str = ""
    """ISO 8601."""


@dataclass(frozen=True, slots=True)
class SectionRoster:
    """A class with everything a record needs to name: read in one go from the store."""

    school: School
    section: ClassSection
    homeroom_teacher: Staff
    principal: Staff
    """Who signs in the principal's slot this school year."""
    pupils: tuple[tuple[Enrollment, Student], ...]
    teachers: tuple[tuple[str, Staff], ...] = ()
    """(subject code, teacher who signs for it), in the profile's subject order."""
    delegation: Delegation | None = None
    """Why it is not the principal who signs."""
