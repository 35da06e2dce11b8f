"""Through the services: what the articles do not open for a pupil is closed to everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.assessment.slots import term_slots
from app.errors import CellClosed
from app.model.assessment import Promotion
from app.model.gradebook import CellChange, CellKey
from app.model.people import ClassSection
from app.practice.school import SCHOOL_YEAR
from app.transcript import xml_record
from tests.fixtures.schools.small_school import SmallSchool, small_school

SECTIONS = (
    ClassSection("4A", SCHOOL_YEAR, 4, "4A", "gv11"),
    ClassSection("8B", SCHOOL_YEAR, 8, "8B", "gv10"),
    ClassSection("10A", SCHOOL_YEAR, 10, "10A", "gv12"),
)
GOOD, WEAK = "8B-1", "8B-2"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[SmallSchool]:
    """8B-2 failed two subjects; conduct of both is what the year made it."""
    made = small_school(tmp_path, SECTIONS, lock=False)
    profile = made.made.book.open("8B").profile
    write(
        made,
        "8B",
        {
            (WEAK, code, slot): "3"
            for code in ("TOAN", "KHTN")
            for term in ("s1", "s2")
            for slot in term_slots(profile.by_code[code], term)
        },
    )
    yield made
    made.made.close()


def write(
    school: SmallSchool, section: str, values: dict[tuple[str, str, str], str | None]
) -> None:
    before = school.made.book.open(section).cells
    keys = {CellKey(*place): value for place, value in values.items()}
    school.made.book.save(section, [CellChange(k, before.get(k), v) for k, v in keys.items()])


def promotion(school: SmallSchool, student_id: str) -> Promotion | None:
    opened = school.made.book.open("8B")
    results = {r.student_id: r.result.promotion for r in school.made.book.results(opened)}
    return results[student_id]


def decision(way: str) -> dict[tuple[str, str, str], str | None]:
    return {
        (WEAK, "DECISION", "promotion"): way,
        (WEAK, "DECISION", "reason"): "Vắng buổi kiểm tra lại",
        (WEAK, "DECISION", "number"): "15/QĐ-THCS",
        (WEAK, "DECISION", "taken_by"): "Hiệu trưởng",
    }


@pytest.mark.parametrize(
    ("section", "place", "value"),
    [
        ("8B", (GOOD, "TOAN", "reassessed"), "9"),
        ("8B", (WEAK, "NGU_VAN", "reassessed"), "9"),
        ("8B", (WEAK, "CONDUCT", "after_summer"), "T"),
        ("8B", (GOOD, "DECISION", "promotion"), "retained"),
        ("8B", (GOOD, "DECISION", "reason"), "Vì thế"),
        ("8B", (WEAK, "DECISION", "promotion"), "promoted"),
        ("8B", (GOOD, "TOAN", "demands"), "not_assessed"),
        ("8B", (GOOD, "TOAN", "s1.plan"), "D"),
        ("4A", ("4A-1", "TOAN", "demands"), "reduced"),
        ("4A", ("4A-1", "DECISION", "promotion"), "promoted"),
        ("10A", ("10A-1", "TOAN", "reassessed"), "9"),
    ],
)
def test_a_closed_cell_is_refused_whoever_enters_it(
    school: SmallSchool, section: str, place: tuple[str, str, str], value: str
) -> None:
    before = school.made.book.open(section).cells
    with pytest.raises(CellClosed) as told:
        write(school, section, {place: value})
    assert told.value.params["pupil"].startswith("Vàng Thị Sáy")
    assert told.value.params["reason"]
    assert school.made.book.open(section).cells == before


def test_an_open_cell_is_taken_and_counts(school: SmallSchool) -> None:
    assert promotion(school, WEAK) is Promotion.REASSESSMENT
    write(school, "8B", {(WEAK, "TOAN", "reassessed"): "6", (WEAK, "KHTN", "reassessed"): "5"})
    assert promotion(school, WEAK) is Promotion.PROMOTED
    school.made.records.lock("8B")
    heads = {head.student_id: head for head in school.made.records.heads("8B")}
    content = xml_record.parse(school.made.records.get(heads[WEAK]).xml)
    rows = {row.name: row for row in content.subjects}
    assert (rows["Toán"].year, rows["Toán"].reassessed) == ("3.0", "6.0")
    assert content.learning.year == "CD"
    assert content.learning.after in ("T", "K", "D")


def test_what_became_closed_later_stays_without_counting_and_may_be_removed(
    school: SmallSchool,
) -> None:
    write(school, "8B", {(WEAK, "TOAN", "reassessed"): "6"})
    profile = school.made.book.open("8B").profile
    better = {
        (WEAK, code, slot): "8"
        for code in ("TOAN", "KHTN")
        for term in ("s1", "s2")
        for slot in term_slots(profile.by_code[code], term)
    }
    write(school, "8B", {**better})
    opened = school.made.book.open("8B")
    (result,) = (r for r in school.made.book.results(opened) if r.student_id == WEAK)
    assert str(result.result.year.subjects["TOAN"]) == "8.0"  # type: ignore[union-attr]
    write(school, "8B", {(WEAK, "TOAN", "reassessed"): None})
    assert CellKey(WEAK, "TOAN", "reassessed") not in school.made.book.open("8B").cells


def test_marks_and_the_summer_that_they_open_may_come_together(school: SmallSchool) -> None:
    write(
        school,
        "8B",
        {(GOOD, "CONDUCT", "s2"): "CD", (GOOD, "CONDUCT", "after_summer"): "D"},
    )
    assert promotion(school, GOOD) is Promotion.PROMOTED


def test_who_missed_the_retest_stays_down_by_a_decision_that_the_record_keeps(
    school: SmallSchool,
) -> None:
    write(school, "8B", decision("retained"))
    assert promotion(school, WEAK) is Promotion.RETAINED
    school.made.records.lock("8B")
    heads = {head.student_id: head for head in school.made.records.heads("8B")}
    summary = xml_record.parse(school.made.records.get(heads[WEAK]).xml).summary
    assert summary.promoted is False
    assert summary.decision.reason == "Vắng buổi kiểm tra lại"
    assert summary.decision.number == "15/QĐ-THCS"


def test_a_pupil_with_a_disability_is_assessed_by_the_plan_and_decided_about(
    school: SmallSchool,
) -> None:
    made = school.made
    people = made.workspace.here().people
    pupil = next(s for s in made.book.open("8B").students if s.id == WEAK)
    people.save_students([replace(pupil, disability="Khuyết tật trí tuệ")])
    plan = {
        (WEAK, code, slot): value
        for code in ("TOAN", "KHTN")
        for slot, value in (("demands", "individual"), ("s1.plan", "D"), ("s2.plan", "D"))
    }
    write(school, "8B", {**plan})
    assert promotion(school, WEAK) is Promotion.NEEDS_DECISION
    write(school, "8B", decision("promoted"))
    assert promotion(school, WEAK) is Promotion.PROMOTED
    made.records.lock("8B")
    school.sign_all()
    heads = {head.student_id: head for head in made.records.heads("8B")}
    content = xml_record.parse(made.records.get(heads[WEAK]).xml)
    assert content.summary.promoted is True
    assert {row.demands for row in content.subjects if row.name == "Toán"} == {"individual"}
