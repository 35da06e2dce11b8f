"""From marks to a record, and what a record still lacks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from app.assessment.rule_inputs import final_results
from app.assessment.slots import term_slots
from app.model.assessment import Pass
from app.model.gradebook import AWARDS, CONDUCT, REMARKS, CellKey
from app.model.people import Student
from app.model.record import Correction, RecordContent
from app.practice import marks, school
from app.profile import SchoolLevel, shipped
from app.transcript import xml_record
from app.transcript.draft import draft, problems
from app.transcript.draft_year import mark_text
from tests.fixtures.schools.transcripts import STUDENT, content_of, edition, named, roster_of


def drafted(
    grade: int, changes: dict[tuple[str, str], str | None], student: Student = STUDENT
) -> RecordContent:
    """A complete year with some cells changed; None takes a cell away."""
    profile = shipped().for_grade(school.SCHOOL_YEAR, grade)
    cells = dict(marks.invent(profile, [student]))
    for (area, slot), value in changes.items():
        key = CellKey(student.id, area, slot)
        if value is None:
            cells.pop(key)
        else:
            cells[key] = value
    (final,) = final_results(profile, [student], cells)
    return draft(roster_of(grade, student), student, profile, cells, final, edition(student))


def locked_by(content: RecordContent) -> list[str]:
    return [problem.text for problem in problems(content) if problem.blocks_lock]


@pytest.mark.parametrize("grade", range(1, 10))
def test_a_complete_year_can_be_issued_and_fits_the_schema(grade: int) -> None:
    content = content_of(grade)
    assert problems(content) == []
    assert xml_record.parse(xml_record.build(content)) == content


def test_a_missing_mark_keeps_the_record_from_being_locked() -> None:
    content = drafted(8, {("TOAN", "s1.final"): None})
    assert "Chưa đủ điểm môn Toán." in locked_by(content)


def test_a_missing_personal_id_blocks_only_issuing() -> None:
    content = content_of(4, replace(STUDENT, personal_id=""))
    (problem,) = problems(content)
    assert problem.text == "Chưa có số định danh cá nhân."
    assert problem.blocks_issue
    assert not problem.blocks_lock


def test_an_unknown_ethnicity_blocks_issuing_and_is_kept_as_written() -> None:
    content = content_of(4, replace(STUDENT, ethnicity="Mông Xanh"))
    assert content.pupil.ethnicity == "Mông Xanh"
    assert [p.field for p in problems(content) if p.blocks_issue] == ["DAN_TOC"]


def test_what_the_catalogue_only_wishes_for_blocks_nothing() -> None:
    content = content_of(4, replace(STUDENT, hometown=type(STUDENT.hometown)()))
    (problem,) = problems(content)
    assert not problem.blocks_issue


def test_a_missing_homeroom_comment_keeps_the_record_open() -> None:
    assert locked_by(drafted(4, {(REMARKS, "homeroom"): None})) == ["Chưa có nhận xét của GVCN."]


def test_too_long_and_unwritable_text_is_told_in_the_users_words() -> None:
    assert locked_by(named(content_of(4), "Ẵ" * 200)) == [
        "Họ và tên học sinh dài 200 ký tự; nhiều nhất là 150."
    ]
    (told,) = locked_by(named(content_of(4), "Lầu\x0b A"))
    assert "U+000B" in told
    assert locked_by(named(content_of(4), "Lầu 😀")) == [
        "Họ và tên học sinh có ký tự không in được: 😀"
    ]


def test_a_pupil_who_is_not_assessed_needs_no_marks() -> None:
    student = replace(STUDENT, not_assessed=True)
    profile = shipped().for_grade(school.SCHOOL_YEAR, 4)
    (final,) = final_results(profile, [student], {})
    content = draft(roster_of(4, student), student, profile, {}, final, edition(student))
    assert locked_by(content) == []
    assert xml_record.parse(xml_record.build(content)) == content


@pytest.mark.parametrize(
    ("grade", "level"), [(5, SchoolLevel.PRIMARY), (9, SchoolLevel.LOWER_SECONDARY)]
)
def test_the_principal_confirms_the_end_of_a_level(grade: int, level: SchoolLevel) -> None:
    content = content_of(grade)
    assert content.summary.promoted
    assert content.issue.completion is not None
    assert content.issue.completion.level is level


def test_no_completion_is_confirmed_in_between() -> None:
    assert content_of(4).issue.completion is None
    assert content_of(4).summary.completion_text == "Hoàn thành chương trình lớp 4. Được lên lớp 5"


def test_the_years_column_keeps_what_stood_before_the_summer() -> None:
    bad = {(CONDUCT, "s1"): "D", (CONDUCT, "s2"): "CD"}
    assert drafted(8, bad).conduct.year == "CD"
    after = drafted(8, {**bad, (CONDUCT, "after_summer"): "D"})
    assert (after.conduct.year, after.conduct.after) == ("CD", "D")
    assert after.summary.promoted


def test_a_subject_that_is_not_assessed_is_marked_m() -> None:
    student = replace(STUDENT, disability="Khuyết tật nhìn")
    content = drafted(8, {("GDTC", "demands"): "not_assessed"}, student)
    row = next(row for row in content.subjects if row.name == "Giáo dục thể chất")
    assert (row.semester1, row.semester2, row.year) == ("M", "M", "M")


def test_the_row_shows_the_year_before_and_after_reassessment() -> None:
    """And nothing of a re-assessment that article 14 does not open."""
    eight = shipped().for_grade(school.SCHOOL_YEAR, 8)
    weak = {
        (code, slot): "2"
        for code in ("TOAN", "KHTN")
        for term in ("s1", "s2")
        for slot in term_slots(eight.by_code[code], term)
    }
    again = {("TOAN", "reassessed"): "6", ("TIN_HOC", "reassessed"): "9"}
    rows = {row.name: row for row in drafted(8, {**weak, **again}).subjects}
    assert float(rows["Toán"].year) < 5
    assert rows["Toán"].reassessed == "6.0"
    assert (rows["Khoa học tự nhiên"].reassessed, rows["Tin học"].reassessed) == ("", "")


def test_a_topic_cluster_has_a_place_of_its_own_in_the_record() -> None:
    content = content_of(10)
    topics = [row for row in content.subjects if row.topics1 or row.topics2]
    assert len(topics) == 3
    again = xml_record.parse(xml_record.build(content))
    assert again.subjects == content.subjects
    assert b"CHUYEN_DE_HOC_KY_2" in xml_record.build(content)


def test_an_individual_plan_and_the_principals_decision_are_in_the_record() -> None:
    student = replace(STUDENT, disability="Khuyết tật trí tuệ")
    plan = {("TOAN", "demands"): "individual", ("TOAN", "s1.plan"): "CD", ("TOAN", "s2.plan"): "D"}
    assert any("lên lớp" in text for text in locked_by(drafted(8, {**plan}, student)))
    decided = {
        ("DECISION", "promotion"): "promoted",
        ("DECISION", "reason"): "Hoàn thành kế hoạch giáo dục cá nhân",
        ("DECISION", "number"): "15/QĐ-THCS",
        ("DECISION", "taken_by"): "Hiệu trưởng Lò Văn Ún",
    }
    content = drafted(8, {**plan, **decided}, student)
    assert locked_by(content) == []
    row = next(row for row in content.subjects if row.name == "Toán")
    assert (row.semester1, row.year, row.demands) == ("CD", "D", "individual")
    assert content.summary.promoted
    assert content.summary.decision.number == "15/QĐ-THCS"
    assert "Khuyết tật" not in xml_record.build(content).decode()
    assert xml_record.parse(xml_record.build(content)) == content


def test_an_exemption_of_the_practical_part_is_told_beside_the_marks() -> None:
    exempt = {
        ("GDTC", "exempt_from"): "2026-10-01",
        ("GDTC", "exempt_to"): "2027-05-31",
        ("GDTC", "exempt_decision"): "12/QĐ-THCS",
    }
    content = drafted(8, {**exempt})
    row = next(row for row in content.subjects if row.name == "Giáo dục thể chất")
    assert (row.year, row.exemption.decision) == ("D", "12/QĐ-THCS")
    assert locked_by(content) == []


def test_a_title_needs_the_classs_recognition_where_the_circular_says_so() -> None:
    profile = shipped().for_grade(school.SCHOOL_YEAR, 1)
    cells = {
        key: "T" if key.slot.endswith(".level") or ".test" not in key.slot else "8"
        for key in marks.invent(profile, [STUDENT])
        if key.slot.startswith(("mid", "end"))
    }
    for recognised, award in (("no", ""), ("yes", "Học sinh Tiêu biểu")):
        cells[CellKey(STUDENT.id, AWARDS, "recognised")] = recognised
        (final,) = final_results(profile, [STUDENT], cells)
        content = draft(roster_of(1, STUDENT), STUDENT, profile, cells, final, edition(STUDENT))
        assert content.summary.overall == "Hoàn thành tốt"
        assert content.summary.award.startswith(award)
        assert bool(content.summary.award) == bool(award)


def test_a_correction_names_what_it_replaces_and_why() -> None:
    content = content_of(4)
    correction = Correction(1, "Sai ngày sinh", "identity", "Lý Thị Duyên", "Nguyễn Văn Khải")
    second = replace(content, common=replace(content.common, version=2, correction=correction))
    assert xml_record.parse(xml_record.build(second)).common.correction == correction


def test_averages_are_written_with_one_decimal() -> None:
    assert [mark_text(m) for m in (Decimal(8), Decimal("7.25"), Pass.FAILED, None)] == [
        "8.0",
        "7.3",
        "CD",
        "",
    ]
