"""Sheets out and in, notes and phrases of the gradebook's page, on a real workspace."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook, load_workbook
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.model.gradebook import CellKey
from app.practice.setup import PracticePlace
from app.roster.marks_sheet import FIRST_ROW, KEY_ROW
from app.ui.pages.gradebook.class_grid import ClassGrid
from app.ui.pages.gradebook.page import GradebookPage
from app.ui.pages.gradebook.panels import NotePanel, PhrasePanel
from app.ui.shell.task_runner import TaskRunner
from tests.ui.gradebook_desk import (
    Opener,
    grid_of,
    settle,
    stored,
)
from tests.ui.practice_school import Copier

pytest_plugins = ["tests.ui.practice_services", "tests.ui.gradebook_desk"]


def test_a_sheet_goes_out_comes_back_filled_and_is_taken_as_one_act(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace, tmp_path: Path,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made)
    grid = grid_of(page)
    grid.show_sheet("TOAN", "s2")
    first, second = grid.opened.students[0].id, grid.opened.students[1].id
    page.exchange.export_to(tmp_path / "toan.xlsx")
    settle(qtbot, page, runner)
    book = load_workbook(tmp_path / "toan.xlsx")
    sheet = book.worksheets[0]
    keys = [cell.value for cell in sheet[KEY_ROW]]
    column = keys.index("TOAN|s2.final") + 1
    sheet.cell(row=FIRST_ROW, column=column).value = 1.5
    sheet.cell(row=FIRST_ROW + 1, column=column).value = "11"
    book.save(tmp_path / "da-dien.xlsx")
    page.exchange.read(tmp_path / "da-dien.xlsx")
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.exchange.area, timeout=10_000)
    lines = page.exchange.step.table.rows_shown()
    assert [line.state for line in lines] == ["Trả lại", "Thay đổi"]
    assert lines[0].reason == "Phải từ 0 đến 10"
    page.exchange.save_refused(tmp_path / "tra-lai.xlsx")
    settle(qtbot, page, runner)
    refused = load_workbook(tmp_path / "tra-lai.xlsx").worksheets[0]
    assert refused.cell(row=2, column=1).value == "phải từ 0 đến 10"
    before = grid.model.cells()
    page.exchange.step.apply.click()
    settle(qtbot, page, runner)
    saved = stored(qtbot, runner, made, "8B")
    assert saved[CellKey(first, "TOAN", "s2.final")] == "1.5"
    assert saved[CellKey(second, "TOAN", "s2.final")] == before[CellKey(second, "TOAN", "s2.final")]
    page.bar.undo.click()
    settle(qtbot, page, runner)
    assert stored(qtbot, runner, made, "8B") == before


def test_a_foreign_column_is_named_once_and_known_the_next_time(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace, tmp_path: Path,
) -> None:  # fmt: skip
    page = open_page(copy_of(practice_base))
    grid = grid_of(page)
    grid.show_sheet("TOAN", "s1")
    book = Workbook()
    book.worksheets[0].append(["Họ và tên", "Ngày sinh", "Thi HK"])
    pupil = grid.opened.students[5]
    born = "/".join(reversed(pupil.birth_date.split("-")))
    book.worksheets[0].append([pupil.full_name, born, "4,5"])
    book.save(tmp_path / "la.xlsx")
    page.exchange.read(tmp_path / "la.xlsx")
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.exchange.area, timeout=10_000)
    assert not page.exchange.step.apply.isEnabled()
    page.exchange.step.columns_chosen.emit({"Thi HK": "TOAN|s1.final"})
    qtbot.waitUntil(page.exchange.step.apply.isEnabled, timeout=10_000)
    page.show_grid()
    page.exchange.read(tmp_path / "la.xlsx")
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.exchange.area, timeout=10_000)
    incoming = page.exchange.incoming
    assert incoming is not None
    [change] = incoming.plan.changes
    assert (change.key, change.after) == (CellKey(pupil.id, "TOAN", "s1.final"), "4.5")


def test_a_note_is_kept_shown_and_undone(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made)
    grid = grid_of(page)
    grid.lead_to(grid.opened.students[0].id, ("TOAN", "s1.final"))
    panels: list[NotePanel] = []
    page.panel_wanted.connect(lambda panel, _: panel and panels.append(panel))
    assert grid.view is not None
    QTest.keyClick(grid.view, Qt.Key.Key_F2, Qt.KeyboardModifier.ShiftModifier)
    panels[0].words.setPlainText("kiểm tra bù 12/11")
    panels[0].written.emit(panels[0].words.toPlainText())
    settle(qtbot, page, runner)
    index = grid.view.currentIndex()
    assert "kiểm tra bù 12/11" in index.data(Qt.ItemDataRole.ToolTipRole)
    fresh = open_page(made)
    assert "kiểm tra bù 12/11" in grid_of(fresh).model.note_at(0, _column(fresh, grid))
    grid.view.undo()
    assert grid.model.note_at(index.row(), index.column()) == ""


def _column(page: GradebookPage, like: ClassGrid) -> int:
    grid_of(page).show_sheet(like.sheet.key, like.part.key)
    found = grid_of(page).model.column_of(("TOAN", "s1.final"))
    assert found is not None
    return found


def test_the_teachers_phrases_are_kept_and_filled_with_the_name(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made, "4A")
    grid = grid_of(page)
    pupil = grid.opened.students[0]
    grid.lead_to(pupil.id, ("REMARKS", "homeroom"))
    assert grid.view is not None
    grid.view._clear()
    panels: list[PhrasePanel] = []
    page.panel_wanted.connect(lambda panel, _: panel and panels.append(panel))
    page._side.phrases()
    panels[0].words.setPlainText("{ten} chăm chỉ.")
    panels[0].add.click()
    panels[0].use.click()
    settle(qtbot, page, runner)
    given = pupil.full_name.split()[-1]
    saved = stored(qtbot, runner, made, "4A")
    assert saved[CellKey(pupil.id, "REMARKS", "homeroom")] == f"{given} chăm chỉ."
    assert grid_of(open_page(made, "4A")).phrases == ("{ten} chăm chỉ.",)
