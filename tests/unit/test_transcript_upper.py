"""Records of upper secondary school: compulsory subjects and four that the pupil has chosen."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import AppError
from app.model.people import ClassSection
from app.model.transcript import TranscriptState
from app.practice.school import SCHOOL_YEAR
from app.profile import shipped
from app.transcript import view, xml_record
from tests.fixtures.schools.small_school import SmallSchool, small_school
from tests.fixtures.schools.transcripts import content_of

GRADES = (10, 11, 12)
SECTIONS = tuple(ClassSection(f"{g}A", SCHOOL_YEAR, g, f"{g}A", "gv10") for g in GRADES)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> SmallSchool:
    made = small_school(tmp_path_factory.mktemp("school"), SECTIONS)
    made.sign_all(seal=True)
    return made


@pytest.mark.parametrize("grade", GRADES)
def test_every_pupil_has_a_whole_record_with_the_own_electives(
    school: SmallSchool, grade: int
) -> None:
    profile = shipped().for_grade(SCHOOL_YEAR, grade)
    names = {s.moet_code: s for s in profile.subjects}
    choices = set()
    for head in school.made.records.heads(f"{grade}A"):
        assert head.state is TranscriptState.ISSUED
        content = xml_record.parse(school.made.records.get(head).xml)
        codes = [row.code for row in content.subjects]
        elective = frozenset(code for code in codes if names[code].elective)
        choices.add(elective)
        assert len(elective) == 4
        assert {s.moet_code for s in profile.subjects if s.compulsory} < set(codes)
        assert all(row.year and row.teachers for row in content.subjects)
        assert content.learning.year
        assert content.summary.promoted is not None
    assert len(choices) > 1


def test_three_electives_are_too_few_to_lock(tmp_path: Path) -> None:
    school = small_school(tmp_path, SECTIONS[:1], pupils=1, lock=False)
    made = school.made
    opened = made.book.open("10A")
    electives = [s.code for s in opened.profile.subjects if s.elective]
    taken = next(code for code in electives if any(k.area == code for k in opened.cells))
    cells = {key: value for key, value in opened.cells.items() if key.area != taken}
    found, _ = made.records.draft_one(replace(opened, cells=cells), "10A-1")
    made.close()
    assert found.blocks_lock
    assert any("môn học lựa chọn" in problem.text for problem in found.problems)


def test_the_last_year_says_that_the_programme_is_done(school: SmallSchool, tmp_path: Path) -> None:
    head = next(h for h in school.made.records.heads("12A"))
    view = school.made.records.view(head)
    assert view is not None
    (tmp_path / "view.pdf").write_bytes(view)
    run = ["pdftotext", "-layout", tmp_path / "view.pdf", "-"]
    text = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert "TRUNG HỌC PHỔ THÔNG" in text
    assert "chương trình giáo dục phổ thông" in text


def test_many_views_come_in_order_and_are_those_of_one_after_the_other() -> None:
    xmls = [xml_record.build(content_of(grade)) for grade in (4, 8, 5, 9, 1)]
    many = list(view.render_many((xml, (), ()) for xml in xmls))
    assert many == [view.render(xml) for xml in xmls]


def test_a_record_that_cannot_be_drawn_fails_at_its_turn() -> None:
    drawn = view.render_many(
        (xml, (), ()) for xml in (xml_record.build(content_of(4)), b"<HOC_BA/>")
    )
    assert next(drawn).startswith(b"%PDF-")
    with pytest.raises(AppError):
        next(drawn)
