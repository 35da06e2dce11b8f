"""A centre of continuing education (GDTX) from marks to issued records: Circular 43/2021."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from app import clock
from app.model.gradebook import CellChange
from app.model.people import (
    ClassSection,
    Enrollment,
    Staff,
    StaffRole,
    Student,
    TeachingAssignment,
)
from app.model.transcript import TranscriptState
from app.practice.marks import invent
from app.practice.school import SCHOOL, SCHOOL_YEAR, TEACHERS, teacher_of
from app.profile import Programme, SchoolLevel
from app.signing.record.verification import verify_record
from app.transcript import xml_record
from tests.fixtures.schools.small_school import SmallSchool, small_school
from tests.fixtures.schools.transcripts import STUDENT

CENTRE = replace(SCHOOL, name="Trung tâm GDNN-GDTX Mường Tè (thử)", programme=Programme.CONTINUING)
DIRECTOR = Staff("ht", "Nguyễn Văn Khải", StaffRole.PRINCIPAL, "001075000001")
SECTIONS = tuple(
    ClassSection(f"{grade}A", SCHOOL_YEAR, grade, f"{grade}A", "gv10") for grade in (9, 12)
)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> SmallSchool:
    made = small_school(tmp_path_factory.mktemp("centre"), (), CENTRE)
    store = made.made.workspace.here()
    store.people.save_staff([DIRECTOR, *TEACHERS])
    for section in SECTIONS:
        enter(made, section)
        made.made.records.lock(section.id)
    made.sign_all(seal=True)
    return made


def enter(made: SmallSchool, section: ClassSection) -> None:
    store = made.made.workspace.here()
    store.people.save_section(section)
    students = [learner(section, number) for number in (1, 2)]
    store.people.save_students(students)
    store.people.save_enrollments(
        Enrollment(section.id, s.id, n, register_no=f"{n}/2026") for n, s in enumerate(students, 1)
    )
    profile = made.made.book.open(section.id).profile
    cells = invent(profile, students)
    taught = dict.fromkeys(key.area for key in cells if key.area in profile.by_code)
    store.people.save_assignments(
        TeachingAssignment(section.id, code, teacher_of(n).id) for n, code in enumerate(taught)
    )
    made.made.book.save(section.id, [CellChange(k, None, v) for k, v in cells.items()])


def learner(section: ClassSection, number: int) -> Student:
    place = section.grade * 100 + number
    return replace(
        STUDENT,
        id=f"{section.id}-{number}",
        full_name=f"Vàng Thị Sáy {number}",
        birth_date=f"2001-08-{number + 9}",
        moet_id=f"122551{place:04}",
        personal_id=f"01021739{place:04}",
    )


@pytest.mark.parametrize("section", SECTIONS, ids=lambda s: s.name)
def test_its_records_are_issued_by_its_own_rules(
    centre: SmallSchool, section: ClassSection
) -> None:
    for head in centre.made.records.heads(section.id):
        assert head.state is TranscriptState.ISSUED
        xml = centre.made.records.get(head).xml
        content = xml_record.parse(xml)
        assert content.common.level is SchoolLevel.CONTINUING
        assert content.common.circular == "TT43-2021"
        assert content.issue.principal_title == "Giám đốc"
        assert content.learning.year
        assert "giáo dục thường xuyên" in content.summary.promotion_text
        assert b"<MA_CAP_HOC>05<" in xml
        report = verify_record(xml, centre.made.trust, clock.now())
        assert report.ok


def test_topics_are_regular_marks_of_their_subject(centre: SmallSchool) -> None:
    opened = centre.made.book.open("12A")
    assert opened.profile.by_code["TOAN"].topic_marks == 3
    assert opened.profile.by_code["NGOAI_NGU_1"].optional


def test_its_form_speaks_of_learners_and_the_centre(centre: SmallSchool, tmp_path: Path) -> None:
    head = centre.made.records.heads("9A")[0]
    view = centre.made.records.view(head)
    assert view is not None
    (tmp_path / "view.pdf").write_bytes(view)
    run = ["pdftotext", "-layout", tmp_path / "view.pdf", "-"]
    text = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert "GIÁO DỤC THƯỜNG XUYÊN CẤP TRUNG HỌC CƠ SỞ" in text.upper()
    assert "THÔNG TIN HỌC VIÊN" in text
    assert "Trung tâm" in text
    assert "học sinh" not in text.lower()
