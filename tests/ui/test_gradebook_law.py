"""In the window: what the circulars open, close and leave to people."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.assessment.slots import term_slots
from app.model.gradebook import CellChange, CellKey
from app.practice.setup import PracticePlace
from app.services import Services
from app.ui.shell.task_runner import TaskRunner
from tests.ui.gradebook_desk import Opener, grid_of, settle, stored, type_in
from tests.ui.practice_school import Copier

pytest_plugins = ["tests.ui.practice_services", "tests.ui.gradebook_desk"]


def weak(made: Services) -> str:
    """A pupil of 8B who failed two subjects."""
    opened = made.book.open("8B")
    pupil = opened.students[2].id
    changes = [
        CellChange(key, opened.cells[key], "3")
        for code in ("TOAN", "KHTN")
        for term in ("s1", "s2")
        for slot in term_slots(opened.profile.by_code[code], term)
        if (key := CellKey(pupil, code, slot))
    ]
    made.book.save("8B", changes)
    return pupil


def test_reassessment_takes_entries_only_where_it_is_open(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    pupil = weak(made)
    page = open_page(made)
    grid = grid_of(page)
    other = grid.opened.students[0].id
    type_in(page, pupil, ("TOAN", "reassessed"), "6")
    settle(qtbot, page, runner)
    assert stored(qtbot, runner, made, "8B")[CellKey(pupil, "TOAN", "reassessed")] == "6"
    year = grid.model.column_of(("TOAN", "year.result"))
    assert year is not None
    assert grid.model.text(grid.model.row_of(pupil), year) == "3,0"
    assert grid.lead_to(other, ("TOAN", "reassessed"))
    view = grid.view
    assert view is not None
    QTest.keyClicks(view, "9")
    assert view.cells.editor is None
    model = grid.model
    place = model.column_of(("TOAN", "reassessed"))
    assert place is not None
    assert "Ô này không mở" in model.explain_cell(model.row_of(other), place)
    assert model.enter({(model.row_of(other), place): "9"}, "Dán") == 0


def test_a_decision_is_asked_for_kept_whole_and_obeyed(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    pupil = weak(made)
    page = open_page(made)
    grid = grid_of(page)
    model = grid.model
    type_in(page, pupil, ("DECISION", "promotion"), "promoted")
    assert "chỉ có thể quyết định ở lại lớp" in model.problems()[0][1].reason
    type_in(page, pupil, ("DECISION", "promotion"), "retained")
    wanted = [m.slot for m in model.outcome(model.row_of(pupil)).missing if m.area == "DECISION"]
    assert wanted == ["reason", "number", "taken_by"]
    type_in(page, pupil, ("DECISION", "reason"), "Vang mat")
    type_in(page, pupil, ("DECISION", "number"), "15/QD")
    type_in(page, pupil, ("DECISION", "taken_by"), "Hieu truong")
    assert not model.outcome(model.row_of(pupil)).missing
    result = model.column_of(("PROMOTION", ""))
    assert result is not None
    assert model.text(model.row_of(pupil), result) == "Ở lại lớp"
    why = [reason.text for reason in grid.results.explain(pupil, ("PROMOTION", ""))]
    assert "quyết định số 15/QD" in why[0]
    settle(qtbot, page, runner)
    kept = stored(qtbot, runner, made, "8B")
    assert kept[CellKey(pupil, "DECISION", "taken_by")] == "Hieu truong"


def test_the_exemption_of_the_practical_part_has_its_days_and_number(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made)
    grid = grid_of(page)
    pupil = grid.opened.students[1].id
    assert grid.lead_to(pupil, ("GDTC", "exempt_from"))
    assert grid.sheet.title == "Miễn thực hành"
    type_in(page, pupil, ("GDTC", "exempt_from"), "1/10/2026")
    assert [m.slot for m in grid.model.outcome(grid.model.row_of(pupil)).missing] == [
        "exempt_to",
        "exempt_decision",
    ]
    type_in(page, pupil, ("GDTC", "exempt_to"), "31/05/2027")
    type_in(page, pupil, ("GDTC", "exempt_decision"), "12/QD")
    row, place = grid.model.row_of(pupil), grid.model.column_of(("GDTC", "exempt_from"))
    assert place is not None
    assert grid.model.text(row, place) == "01/10/2026"
    assert not grid.model.outcome(row).missing
    settle(qtbot, page, runner)


@pytest.mark.parametrize("column", [("TOAN", "demands"), ("TOAN", "s1.plan")])
def test_what_is_for_pupils_with_a_disability_is_closed_to_the_others(
    open_page: Opener, copy_of: Copier, practice_base: PracticePlace,
    column: tuple[str, str],
) -> None:  # fmt: skip
    grid = grid_of(open_page(copy_of(practice_base)))
    pupil = grid.opened.students[0].id
    assert grid.lead_to(pupil, column)
    index = grid.view.currentIndex() if grid.view else None
    assert index is not None
    assert not grid.model.flags(index) & Qt.ItemFlag.ItemIsEditable


def test_a_pupil_with_a_disability_is_assessed_by_the_plan_and_decided_about(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    first = made.book.open("8B").students[0]
    made.workspace.here().people.save_students([replace(first, disability="Khuyết tật trí tuệ")])
    page = open_page(made)
    grid, model = grid_of(page), grid_of(page).model
    row = model.row_of(first.id)
    type_in(page, first.id, ("TOAN", "demands"), "individual")
    place = model.column_of(("TOAN", "demands"))
    assert place is not None
    assert model.text(row, place) == "Kế hoạch cá nhân"
    assert [m.slot for m in model.outcome(row).missing] == ["s1.plan", "s2.plan"]
    type_in(page, first.id, ("TOAN", "s1.plan"), "cd")
    type_in(page, first.id, ("TOAN", "s2.plan"), "d")
    assert [m.area for m in model.outcome(row).missing] == ["DECISION"]
    for slot, words in (
        ("promotion", "promoted"), ("reason", "Theo ke hoach"), ("number", "1"), ("taken_by", "HT")
    ):  # fmt: skip
        type_in(page, first.id, ("DECISION", slot), words)
    assert not model.outcome(row).missing
    why = [reason.text for reason in grid.results.explain(first.id, ("TOAN", "year.result"))]
    assert why == ["Theo kế hoạch giáo dục cá nhân, kết quả cả năm: Đạt"]
    settle(qtbot, page, runner)
