"""What a transcript record says: one pupil, one school year, one version.

Pure values; `app.transcript` writes them as XML and reads them back. Text is NFC. An empty string,
None or an empty tuple means "not there", and the XML then has no element for it. Marks are the
gradebook's canonical text ('7.5', 'D', 'CD'), with 'M' for a subject that is not assessed; dates
are ISO 8601.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.model.people import AdministrativePlace, BirthDate, Sex
from app.profile.grade import SchoolLevel

CONTENT, IDENTITY, RECALL = "content", "identity", "recall"
"""Kinds of `Correction`."""
EXEMPT = "M"
"""Miễn: the pupil is exempt from the subject."""


@dataclass(frozen=True, slots=True)
class Correction:
    """Why this version takes the place of an earlier one (đính chính)."""

    replaces: int
    """Version number of the record it replaces."""
    reason: str
    kind: str = "content"
    """'content', 'identity' (name, birth date, personal id), or 'recall': the record is taken
    back, and this version says so."""
    asked_by: str = ""
    approved_by: str = ""


@dataclass(frozen=True, slots=True)
class RecordHead:
    """Which record this is, by which rules it was made, and what it corrects.

    `created_on`: ISO date; `register_no`: number in the school's register book (sổ đăng bộ).
    """

    record_id: str
    """UUID made once per pupil and school year; the same for every version."""
    version: int
    """From 1, rising."""
    circular: str
    """'TT27-2020' or 'TT22-2021'."""
    school_year: str
    level: SchoolLevel
    created_on: str
    register_no: str = ""
    from_paper: bool = False
    """The record was taken from a paper transcript (trích lục)."""
    lifelong_id: str = ""
    profile_id: str = ""
    """Profile and rule version that made the results."""
    correction: Correction | None = None


@dataclass(frozen=True, slots=True)
class RecordSchool:
    """The school that keeps the record, and the department above it, when it was made."""

    code: str
    name: str
    department_code: str
    department_name: str
    commune: str
    province: str
    province_code: str
    commune_code: str = ""
    district: str = ""
    """Only in records from before the two-level reform of 2025."""
    campus: str = ""
    tax_code: str = ""
    """MST: by it the school's certificate is known, a name alone proves nobody."""


@dataclass(frozen=True, slots=True)
class Relative:
    """A parent or guardian: name and occupation."""

    full_name: str = ""
    occupation: str = ""


@dataclass(frozen=True, slots=True)
class RecordPupil:
    """The pupil as the record describes them.

    `ethnicity_code`, `nationality`: codes of the national lists; `not_assessed`: a pupil with a
    disability who is not assessed.
    """

    code: str
    """Mã học sinh: the ministry's 10 digits, else the school's own id."""
    full_name: str
    birth_date: BirthDate
    sex: Sex = Sex.UNKNOWN
    personal_id: str = ""
    ethnicity_code: str = ""
    ethnicity: str = ""
    nationality: str = "VN"
    policy_group: str = ""
    not_assessed: bool = False
    birthplace: AdministrativePlace = AdministrativePlace()
    hometown: AdministrativePlace = AdministrativePlace()
    residence: AdministrativePlace = AdministrativePlace()
    father: Relative = Relative()
    mother: Relative = Relative()
    guardian: Relative = Relative()


@dataclass(frozen=True, slots=True)
class RecordClass:
    """The pupil's class, and its homeroom teacher (`homeroom_personal_id`: 12 digits or '')."""

    grade: int
    name: str
    homeroom_name: str
    homeroom_personal_id: str = ""


@dataclass(frozen=True, slots=True)
class EarlierYear:
    """One line of where the pupil learned before; `arrived_on`: ISO date of a transfer, or ''."""

    school_year: str
    class_name: str
    school_name: str
    province: str
    arrived_on: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """Height in centimetres and weight in kilograms, as they were entered."""

    height_cm: str = ""
    weight_kg: str = ""


@dataclass(frozen=True, slots=True)
class Attendance:
    """Sessions (buổi) missed in the year; primary splits them, secondary counts one total."""

    excused: int | None = None
    unexcused: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class SubjectTeacher:
    """Who taught a subject and signs for it; `personal_id`: 12 digits, or ''."""

    full_name: str
    personal_id: str = ""


@dataclass(frozen=True, slots=True)
class PracticalExemption:
    """Release from a subject's practical part (Circular 22/2021, article 10); its marks stand."""

    starts_on: str = ""
    ends_on: str = ""
    decision: str = ""


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """One subject. Primary fills `level`/`test`, secondary the marks and the teachers."""

    code: str
    """The ministry's subject code, e.g. '15'."""
    name: str
    level: str = ""
    """T, H, C, or M for not assessed."""
    test: str = ""
    """Score of the end-of-year periodic test, or M."""
    semester1: str = ""
    semester2: str = ""
    year: str = ""
    reassessed: str = ""
    """The year's value after re-assessment; `year` keeps what stood before."""
    topics1: str = ""
    """Results of the topic cluster in semester I, one space between them."""
    topics2: str = ""
    demands: str = ""
    """'reduced', 'individual' or 'not_assessed' for a pupil with a disability."""
    exemption: PracticalExemption = PracticalExemption()
    comment: str = ""
    teachers: tuple[SubjectTeacher, ...] = ()


@dataclass(frozen=True, slots=True)
class Qualities:
    """T Tốt, D Đạt, C Cần cố gắng (Circular 27/2020)."""

    patriotism: str = ""
    kindness: str = ""
    diligence: str = ""
    honesty: str = ""
    responsibility: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class GeneralCompetences:
    """General competences (năng lực chung) in primary school: T Tốt, D Đạt, C Cần cố gắng
    (Circular 27/2020).
    """

    autonomy: str = ""
    communication: str = ""
    problem_solving: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class SpecificCompetences:
    """Specific competences (năng lực đặc thù) in primary school: T Tốt, D Đạt, C Cần cố gắng
    (Circular 27/2020).
    """

    language: str = ""
    calculation: str = ""
    science: str = ""
    technology: str = ""
    informatics: str = ""
    aesthetics: str = ""
    physical: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class TermLevels:
    """T/K/D/CD of the two semesters, the year, and after re-assessment or summer training."""

    semester1: str = ""
    semester2: str = ""
    year: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that the pupil was given, and of which kind."""

    name: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class PromotionRecord:
    """Why people decided about promotion, where the circular leaves it to them."""

    number: str = ""
    reason: str = ""
    taken_by: str = ""


@dataclass(frozen=True, slots=True)
class YearSummary:
    """The year's outcome: result, promotion or completion, awards, the homeroom teacher's comment.

    `promoted` and the two `completed_…` are None where the record does not say.
    """

    overall: str = ""
    """Primary: 'Hoàn thành xuất sắc' … 'Chưa hoàn thành'."""
    promoted: bool | None = None
    promotion_text: str = ""
    completed_grade: bool | None = None
    completed_primary: bool | None = None
    completion_text: str = ""
    competitions: str = ""
    summer_training: str = ""
    award: str = ""
    award_unplanned: str = ""
    homeroom_comment: str = ""
    decision: PromotionRecord = PromotionRecord()


@dataclass(frozen=True, slots=True)
class Completion:
    """The principal's confirmation at the end of grade 5 or 9 (Education Law as of 1/1/2026)."""

    level: SchoolLevel
    text: str


@dataclass(frozen=True, slots=True)
class IssueStatement:
    """Closing part, signed by the principal but not by the homeroom teacher.

    It is written when the class is locked, with the principal of that day and the planned date of
    issue, so that no byte changes between the first signature and the last.
    """

    principal_name: str
    principal_title: str
    place: str
    issued_on: str
    principal_personal_id: str = ""
    completion: Completion | None = None
    delegation: str = ""
    """Why somebody else signs in the principal's slot, with number and date."""


@dataclass(frozen=True, slots=True)
class RecordContent:
    """Everything that one version of a record says, before signatures."""

    common: RecordHead
    school: RecordSchool
    pupil: RecordPupil
    section: RecordClass
    issue: IssueStatement
    subjects: tuple[SubjectRow, ...] = ()
    earlier_years: tuple[EarlierYear, ...] = ()
    health: Health = Health()
    attendance: Attendance = Attendance()
    qualities: Qualities = Qualities()
    general: GeneralCompetences = GeneralCompetences()
    specific: SpecificCompetences = SpecificCompetences()
    learning: TermLevels = TermLevels()
    conduct: TermLevels = TermLevels()
    certificates: tuple[Certificate, ...] = ()
    summary: YearSummary = YearSummary()
