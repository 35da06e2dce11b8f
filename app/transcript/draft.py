"""From a class, its marks and results to what one pupil's record says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from app import resources
from app.model import record as model
from app.model.assessment import FinalResult
from app.model.gradebook import Cells
from app.model.people import School, SectionRoster, Staff, StaffRole, Student
from app.profile import GradeProfile, PrimaryRules, Programme, code_list
from app.transcript.completeness import CompletenessProblem, problems
from app.transcript.draft_year import YearSheet, primary_year, secondary_year

__all__ = ["CompletenessProblem", "DraftEdition", "draft", "problems"]

_TITLES = {StaffRole.PRINCIPAL: "Hiệu trưởng", StaffRole.DEPUTY_PRINCIPAL: "Phó Hiệu trưởng"}

_DIRECTORS = {StaffRole.PRINCIPAL: "Giám đốc", StaffRole.DEPUTY_PRINCIPAL: "Phó Giám đốc"}


@dataclass(frozen=True, slots=True)
class DraftEdition:
    """Which version is made and when. Dates are ISO 8601; `issued_on` is the planned day."""

    record_id: str
    version: int
    created_on: str
    issued_on: str
    place: str = ""
    """Where it is issued; the school's commune when empty."""
    earlier_years: tuple[model.EarlierYear, ...] = ()
    correction: model.Correction | None = None
    from_paper: bool = False


def draft(
    roster: SectionRoster,
    student: Student,
    profile: GradeProfile,
    cells: Cells,
    final: FinalResult,
    edition: DraftEdition,
) -> model.RecordContent:
    """What the record of `student` says; parts that are not there yet stay empty.

    `cells` may hold the whole class. See `problems` for what still keeps it from being locked.
    """
    sheet = YearSheet(cells, student.id)
    register_no = next((e.register_no for e, s in roster.pupils if s.id == student.id), "")
    frame = model.RecordContent(
        common=model.RecordHead(
            record_id=edition.record_id,
            version=edition.version,
            circular=profile.circular,
            school_year=roster.section.school_year,
            level=profile.level,
            created_on=edition.created_on,
            register_no=register_no,
            from_paper=edition.from_paper,
            lifelong_id=student.lifelong_id,
            profile_id=final.profile_id,
            correction=edition.correction,
        ),
        school=_school(roster.school, student.campus or roster.section.campus),
        pupil=_pupil(student),
        section=model.RecordClass(
            roster.section.grade,
            roster.section.name,
            roster.homeroom_teacher.full_name,
            roster.homeroom_teacher.personal_id,
        ),
        issue=issue_of(roster, edition.issued_on, edition.place),
        earlier_years=edition.earlier_years,
    )
    if isinstance(profile.rules, PrimaryRules):
        return primary_year(frame, profile, sheet, final)
    return secondary_year(frame, profile, sheet, final, teachers_of(roster))


def _school(school: School, campus: str) -> model.RecordSchool:
    return model.RecordSchool(
        code=school.code,
        name=school.name,
        department_code=school.department_code,
        department_name=school.department_name,
        commune=school.commune,
        province=school.province,
        province_code=school.province_code,
        commune_code=school.commune_code,
        campus=campus,
        tax_code=school.tax_code,
    )


def _pupil(student: Student) -> model.RecordPupil:
    return model.RecordPupil(
        code=student.moet_id or student.id,
        full_name=student.full_name,
        birth_date=student.birth_date,
        sex=student.sex,
        personal_id=student.personal_id,
        ethnicity_code=_ethnicity_codes().get(student.ethnicity.casefold(), ""),
        ethnicity=student.ethnicity,
        nationality=student.nationality,
        policy_group=student.policy_group,
        not_assessed=student.not_assessed,
        birthplace=student.birthplace,
        hometown=student.hometown,
        residence=student.residence,
        father=model.Relative(student.father_name),
        mother=model.Relative(student.mother_name),
        guardian=model.Relative(student.guardian_name),
    )


@cache
def _ethnicity_codes() -> Mapping[str, str]:
    names = code_list(resources.path("profiles", "ethnicities.toml"))
    return {name.casefold(): code for code, name in names.items()}


def issue_of(roster: SectionRoster, issued_on: str, place: str = "") -> model.IssueStatement:
    """Who signs in the principal's slot, where and when; what the level's end adds is not in it."""
    principal = roster.principal
    return model.IssueStatement(
        principal_name=principal.full_name,
        principal_title=principal.title or _title(roster.school, principal),
        place=place or roster.school.commune,
        issued_on=issued_on,
        principal_personal_id=principal.personal_id,
        delegation=_delegation(roster),
    )


def _delegation(roster: SectionRoster) -> str:
    """'Ký thay hiệu trưởng theo Giấy ủy quyền số 12/UQ-THCS ngày 20/05/2027'."""
    given = roster.delegation
    if given is None:
        return ""
    number = f" số {given.number}" if given.number else ""
    day = "/".join(reversed(given.issued_on.split("-"))) if given.issued_on else ""
    on = f" ngày {day}" if day else ""
    paper = f" theo Giấy ủy quyền{number}{on}" if number or on else ""
    head = "giám đốc" if roster.school.programme is Programme.CONTINUING else "hiệu trưởng"
    return f"Ký thay {head}{paper}"


def _title(school: School, principal: Staff) -> str:
    """In a centre of continuing education the director stands for the principal."""
    titles = _DIRECTORS if school.programme is Programme.CONTINUING else _TITLES
    return titles.get(principal.role, "")


def teachers_of(roster: SectionRoster) -> dict[str, tuple[model.SubjectTeacher, ...]]:
    """Who signs for each subject, by its code in the profile."""
    found: dict[str, tuple[model.SubjectTeacher, ...]] = {}
    for code, staff in roster.teachers:
        teacher = model.SubjectTeacher(staff.full_name, staff.personal_id)
        found[code] = (*found.get(code, ()), teacher)
    return found
