"""A second import renames; it never duplicates and never silently removes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.people import Student
from app.roster.plan import RosterPlan
from app.roster.reimport import plan_against
from app.roster.roster_import import read_roster
from tests.fixtures.schools.sheet_files import HEADER, pupil, write_roster, write_sheet

YEAR = "2026-2027"
DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module")
def school() -> RosterPlan:
    return read_roster(DATA / "toan-truong-csdl.xlsx", YEAR)


def students(plan: RosterPlan) -> list[Student]:
    return [p.student for p in plan.kept]


def test_the_same_sheet_again_changes_nothing(school: RosterPlan) -> None:
    again = read_roster(DATA / "toan-truong-csdl.xlsx", YEAR)
    changes = plan_against(students(school), again)
    assert len(changes.unchanged) == 870
    assert not changes.added
    assert not changes.changed
    assert not changes.missing
    assert {p.student.id for p in changes.unchanged} == {s.id for s in students(school)}


def test_a_pupil_known_by_the_ministrys_id_is_renamed(school: RosterPlan) -> None:
    known = [replace(school.kept[0].student, full_name="Tên Cũ", personal_id="")]
    changes = plan_against(known, replace(school, kept=school.kept[:1], gone=()))
    (changed,) = changes.changed
    assert changed.pupil.student.id == known[0].id
    assert [(c.field, c.before) for c in changed.changes] == [
        ("full_name", "Tên Cũ"),
        ("personal_id", ""),
    ]


def test_a_temporary_pupil_is_found_by_the_personal_id(school: RosterPlan) -> None:
    known = [replace(school.kept[0].student, moet_id="")]
    changes = plan_against(known, replace(school, kept=school.kept[:1], gone=()))
    assert [c.matched_by for c in changes.changed] == ["personal_id"]
    assert not changes.added


def test_name_and_birth_date_are_only_a_question(tmp_path: Path) -> None:
    first = read_roster(write_roster(tmp_path / "a.xlsx", pupil(pid="")), YEAR)
    again = read_roster(write_roster(tmp_path / "b.xlsx", pupil()), YEAR)
    known, where = students(first), again.kept[0].where
    asked = plan_against(known, again)
    assert [q.candidates for q in asked.asked] == [(known[0],)]
    assert not asked.added
    assert not asked.missing
    yes = plan_against(known, again, consented={where: known[0].id})
    assert yes.changed[0].pupil.student.id == known[0].id
    no = plan_against(known, again, new={where})
    assert len(no.added) == 1


def test_two_pupils_with_different_ids_are_not_mixed_up(tmp_path: Path) -> None:
    first = read_roster(write_roster(tmp_path / "a.xlsx", pupil()), YEAR)
    again = read_roster(write_roster(tmp_path / "b.xlsx", pupil(pid="010217398056")), YEAR)
    changes = plan_against(students(first), again)
    assert len(changes.added) == 1
    assert changes.missing == (first.kept[0].student,)


def test_ids_of_two_pupils_in_one_row_are_a_conflict(school: RosterPlan) -> None:
    one, two = (p.student for p in school.kept[:2])
    mixed = replace(school.kept[0], student=replace(one, personal_id=two.personal_id))
    changes = plan_against([one, two], replace(school, kept=(mixed,), gone=()))
    assert len(changes.conflicts) == 1
    assert not changes.changed
    assert not changes.missing


def test_an_empty_cell_never_empties_what_is_known(tmp_path: Path) -> None:
    known = students(read_roster(write_roster(tmp_path / "a.xlsx", pupil()), YEAR))
    poor = read_roster(write_roster(tmp_path / "b.xlsx", pupil(sex="?", group=None)), YEAR)
    assert plan_against(known, poor).unchanged[0].student == known[0]


def test_who_is_marked_as_gone_is_reported_as_left(tmp_path: Path) -> None:
    known = students(read_roster(write_roster(tmp_path / "a.xlsx", pupil()), YEAR))
    rows = [(*HEADER, "Trạng thái"), (*pupil(), "Chuyển đi kỳ 1")]
    changes = plan_against(known, read_roster(write_sheet(tmp_path / "b.xlsx", rows), YEAR))
    assert [(g.status_text, s.id) for g, s in changes.left] == [("Chuyển đi kỳ 1", known[0].id)]
    assert not changes.missing


@given(kept=st.sets(st.integers(0, 60)), known=st.sets(st.integers(0, 60)))
def test_every_pupil_is_accounted_for_once(
    school: RosterPlan, kept: set[int], known: set[int]
) -> None:
    here = [school.kept[n].student for n in known]
    sheet = replace(school, kept=tuple(school.kept[n] for n in kept), gone=())
    changes = plan_against(here, sheet)
    handled = len(changes.added) + len(changes.changed) + len(changes.unchanged)
    assert handled + len(changes.asked) + len(changes.conflicts) == len(kept)
    ids = [p.student.id for p in changes.added] + [s.id for s in here]
    assert len(ids) == len(set(ids))
