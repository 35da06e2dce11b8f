"""Records of an invented pupil, drafted by the real stations from invented marks."""

from __future__ import annotations

import uuid
from dataclasses import replace

from app.assessment.gathering import final_results
from app.model.people import ClassSection, Enrollment, Place, SectionRoster, Sex, Student
from app.model.record import RecordContent
from app.practice import marks, school
from app.profile import shipped
from app.transcript.draft import Edition, draft

STUDENT = Student(
    id="hs-0001",
    full_name="H'Mông Ẵm Đờ Ỡ Ỹ",
    birth_date="2017-08-25",
    sex=Sex.FEMALE,
    ethnicity="Mông",
    moet_id="7225516707",
    personal_id="010217398055",
    birthplace=Place("Lai Châu", province_code="12"),
    hometown=Place("Xã Pa Vệ Sử, tỉnh Lai Châu"),
    residence=Place("Bản Sín Chải, xã Pa Vệ Sử, tỉnh Lai Châu"),
    father_name="Lầu A Sử",
    mother_name="Vàng Thị Dờ",
    campus="Sín Chải",
)


def edition(student: Student, version: int = 1) -> Edition:
    record_id = str(uuid.uuid5(uuid.NAMESPACE_OID, student.id))
    return Edition(record_id, version, "2027-05-25", "2027-05-31")


def roster_of(grade: int, *students: Student) -> SectionRoster:
    profile = shipped().for_grade(school.SCHOOL_YEAR, grade)
    section = ClassSection(f"{grade}A", school.SCHOOL_YEAR, grade, f"{grade}A", "gv11")
    return SectionRoster(
        school.SCHOOL,
        section,
        school.TEACHERS[1],
        school.PRINCIPAL,
        tuple(
            (Enrollment(section.id, student.id, number, register_no=f"{number}/2026"), student)
            for number, student in enumerate(students, 1)
        ),
        tuple((s.code, school.teacher_of(n)) for n, s in enumerate(profile.subjects)),
    )


def content_of(grade: int, student: Student = STUDENT, seed: int = 2026) -> RecordContent:
    """A complete record's content; grades 1 to 9."""
    profile = shipped().for_grade(school.SCHOOL_YEAR, grade)
    cells = marks.invent(profile, [student], seed)
    (final,) = final_results(profile, [student], cells)
    return draft(roster_of(grade, student), student, profile, cells, final, edition(student))


def named(content: RecordContent, name: str) -> RecordContent:
    return replace(content, pupil=replace(content.pupil, full_name=name))
