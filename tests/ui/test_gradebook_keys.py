"""The grid is filled with the keyboard alone, as a spreadsheet is."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.model.gradebook import CellChange, CellKey
from app.ui.grid.model import GradebookModel
from app.ui.grid.view import GradebookView
from tests.fixtures.schools import gradebook_demo as demo

Key = Qt.Key
Mod = Qt.KeyboardModifier


@pytest.fixture
def model(qapp: object) -> GradebookModel:
    return GradebookModel(demo.columns(), demo.rows(), demo.cells(), demo.parse, demo.recompute)


@pytest.fixture
def view(model: GradebookModel, qtbot: QtBot) -> GradebookView:
    made = GradebookView(model, ["{ten} chăm chỉ."])
    qtbot.addWidget(made)
    made.resize(820, 640)
    made.show()
    made.activateWindow()
    made.setFocus()
    return made


def press(view: GradebookView, key: Qt.Key, mod: Qt.KeyboardModifier = Mod.NoModifier) -> None:
    QTest.keyClick(view.cells.editor or view, key, mod)


def write(view: GradebookView, text: str) -> None:
    for letter in text:
        QTest.keyClicks(view.cells.editor or view, letter)


def here(view: GradebookView) -> tuple[int, int]:
    return view.currentIndex().row(), view.currentIndex().column()


def choose(view: GradebookView, top: int, left: int, bottom: int, right: int) -> None:
    view.go(top, left)
    corners = QItemSelection(view.grid.index(top, left), view.grid.index(bottom, right))
    view.selectionModel().select(corners, QItemSelectionModel.SelectionFlag.ClearAndSelect)


def test_typing_replaces_and_enter_goes_down(view: GradebookView) -> None:
    view.go(0, 0)
    write(view, "8,5")
    press(view, Key.Key_Return)
    assert view.grid.text(0, 0) == "8,5"
    assert here(view) == (1, 0)


def test_shift_enter_goes_up(view: GradebookView) -> None:
    view.go(2, 1)
    write(view, "9")
    press(view, Key.Key_Return, Mod.ShiftModifier)
    assert view.grid.text(2, 1) == "9,0"
    assert here(view) == (1, 1)


def test_tab_goes_right_and_enter_returns_to_where_tabbing_began(view: GradebookView) -> None:
    view.go(0, 0)
    for mark in ("5", "6", "7"):
        write(view, mark)
        press(view, Key.Key_Tab)
    assert here(view) == (0, 3)
    press(view, Key.Key_Return)
    assert here(view) == (1, 0)
    assert [view.grid.text(0, column) for column in range(3)] == ["5,0", "6,0", "7,0"]


def test_tab_skips_what_the_program_computes_and_goes_on_in_the_next_row(
    view: GradebookView,
) -> None:
    view.go(0, 5)
    press(view, Key.Key_Tab)
    assert here(view) == (0, 7)
    press(view, Key.Key_Tab)
    assert here(view) == (1, 0)
    press(view, Key.Key_Backtab, Mod.ShiftModifier)
    assert here(view) == (0, 7)


def test_arrows_leave_an_editor_opened_by_typing_but_not_one_opened_by_f2(
    view: GradebookView,
) -> None:
    view.go(0, 0)
    write(view, "4")
    press(view, Key.Key_Right)
    assert (view.grid.text(0, 0), here(view)) == ("4,0", (0, 1))
    press(view, Key.Key_F2)
    press(view, Key.Key_Left)
    assert view.cells.editor is not None
    assert here(view) == (0, 1)


def test_f2_keeps_the_text_and_puts_the_caret_at_its_end(view: GradebookView) -> None:
    view.go(0, 0)
    press(view, Key.Key_F2)
    press(view, Key.Key_Backspace)
    write(view, "9")
    press(view, Key.Key_Return)
    assert view.grid.text(0, 0) == "7,9"


def test_escape_leaves_the_cell_as_it_was(view: GradebookView) -> None:
    view.go(0, 0)
    write(view, "1")
    press(view, Key.Key_Escape)
    assert view.grid.text(0, 0) == "7,3"
    assert not view.grid.undo_stack.canUndo()


def test_backspace_empties_the_cell_for_new_text(view: GradebookView) -> None:
    view.go(0, 0)
    press(view, Key.Key_Backspace)
    write(view, "6")
    press(view, Key.Key_Return)
    assert view.grid.text(0, 0) == "6,0"


def test_delete_clears_all_selected_cells_as_one_act(view: GradebookView) -> None:
    choose(view, 0, 0, 1, 1)
    heard: list[list[CellChange]] = []
    view.grid.changed.connect(heard.append)
    press(view, Key.Key_Delete)
    assert [view.grid.text(r, c) for r in (0, 1) for c in (0, 1)] == [""] * 4
    assert [len(changes) for changes in heard] == [4]
    press(view, Key.Key_Z, Mod.ControlModifier)
    assert view.grid.text(1, 1) == "6,0"


def test_undo_and_redo_go_to_the_cell_they_change(view: GradebookView) -> None:
    view.go(3, 2)
    write(view, "9,9")
    press(view, Key.Key_Return)
    view.go(0, 0)
    press(view, Key.Key_Z, Mod.ControlModifier)
    assert (view.grid.text(3, 2), here(view)) == ("6,5", (3, 2))
    view.go(0, 0)
    press(view, Key.Key_Y, Mod.ControlModifier)
    assert (view.grid.text(3, 2), here(view)) == ("9,9", (3, 2))


def test_home_end_and_control_home_end(view: GradebookView) -> None:
    view.go(4, 3)
    press(view, Key.Key_End)
    assert here(view) == (4, 7)
    press(view, Key.Key_Home)
    assert here(view) == (4, 0)
    press(view, Key.Key_End, Mod.ControlModifier)
    assert here(view) == (19, 7)
    press(view, Key.Key_Home, Mod.ControlModifier)
    assert here(view) == (0, 0)


def test_control_arrow_stops_at_the_rim_of_a_block(view: GradebookView) -> None:
    view.go(0, 5)
    press(view, Key.Key_Down, Mod.ControlModifier)
    assert here(view) == (5, 5)  # row 7 has no final mark
    press(view, Key.Key_Down, Mod.ControlModifier)
    assert here(view) == (7, 5)


def test_control_shift_arrow_selects_the_block(view: GradebookView) -> None:
    view.go(0, 5)
    press(view, Key.Key_Down, Mod.ControlModifier | Mod.ShiftModifier)
    assert view.transfer.places() == [(row, 5) for row in range(6)]


def test_enter_stays_within_a_selection(view: GradebookView) -> None:
    choose(view, 0, 0, 1, 1)
    seen = []
    for _ in range(4):
        press(view, Key.Key_Return)
        seen.append(here(view))
    assert seen == [(1, 0), (0, 1), (1, 1), (0, 0)]


def test_fill_down_copies_the_top_of_each_column(view: GradebookView) -> None:
    choose(view, 0, 0, 2, 1)
    press(view, Key.Key_D, Mod.ControlModifier)
    assert [view.grid.text(r, c) for r in (1, 2) for c in (0, 1)] == ["7,3", "7,8"] * 2
    assert view.grid.undo_stack.count() == 1


def test_fill_down_of_one_cell_takes_from_above(view: GradebookView) -> None:
    view.go(1, 0)
    press(view, Key.Key_D, Mod.ControlModifier)
    assert view.grid.text(1, 0) == "7,3"


def test_typing_into_a_computed_cell_says_so_and_changes_nothing(
    view: GradebookView, qtbot: QtBot
) -> None:
    view.go(0, 6)
    with qtbot.waitSignal(view.notice) as told:
        write(view, "9")
    assert told.args == ["Ô này không nhập tay được."]
    assert (view.grid.text(0, 6), here(view)) == ("7,6", (0, 6))


def test_a_locked_pupil_takes_no_input_and_the_next_one_does(view: GradebookView) -> None:
    view.grid.set_locked([view.grid.row(0).student_id])
    view.go(0, 0)
    write(view, "9")
    press(view, Key.Key_Delete)
    assert view.grid.text(0, 0) == "7,3"
    assert "đã khóa" in view.grid.explain_cell(0, 0)
    view.go(1, 0)
    write(view, "9")
    press(view, Key.Key_Return)
    assert view.grid.text(1, 0) == "9,0"


def test_find_needs_no_diacritics(view: GradebookView) -> None:
    press(view, Key.Key_F, Mod.ControlModifier)
    QTest.keyClicks(view.find_bar.line, "dat")
    assert view.grid.row(here(view)[0]).full_name == "Mùa A Đạt"
    view.find_bar.line.setText("chong")
    assert here(view)[0] == 19
    QTest.keyClick(view.find_bar.line, Key.Key_Return)
    assert here(view)[0] == 3
    QTest.keyClick(view.find_bar.line, Key.Key_Escape)
    assert not view.find_bar.isVisible()


def test_names_sort_by_given_name_and_the_cursor_stays_with_its_pupil(view: GradebookView) -> None:
    view.go(18, 2)
    press(view, Key.Key_N, Mod.ControlModifier | Mod.ShiftModifier)
    given = [row.given_name for row in view.grid.rows()]
    assert given[:6] == ["Anh", "Ánh", "Biên", "Chống", "Chống", "Diện"]
    assert given.index("Dua") < given.index("Đạt") < given.index("Hặc")
    assert here(view) == (1, 2)
    view.grid.enter({(1, 2): "1"}, "Nhập")
    press(view, Key.Key_N, Mod.ControlModifier | Mod.ShiftModifier)
    assert view.grid.text(18, 2) == "1,0"


def test_names_do_not_scroll_away(view: GradebookView) -> None:
    view.resize(420, 300)
    view.go(19, 7)
    names = view.verticalHeader()
    assert view.horizontalScrollBar().value() > 0
    assert names.isVisible()
    assert names.width() >= 190
    assert names.offset() == view.verticalScrollBar().value() > 0
    assert names.sectionViewportPosition(19) == view.rowViewportPosition(19)
    assert view.visualRect(view.currentIndex()).left() >= 0


def test_the_summary_counts_and_averages_the_selection(view: GradebookView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.summary_changed) as told:
        choose(view, 0, 0, 2, 0)
    assert told.args == ["3 ô · 3 điểm · trung bình 8,0"]


def test_phrases_carry_the_given_name(view: GradebookView) -> None:
    view.go(3, 7)
    menu = view.offer_phrases()
    assert menu is not None
    menu.actions()[0].trigger()
    menu.close()
    assert view.grid.text(3, 7) == "Chống chăm chỉ."


def test_every_edit_is_told_once_and_exactly(view: GradebookView) -> None:
    heard: list[list[CellChange]] = []
    view.grid.changed.connect(heard.append)
    view.go(0, 0)
    write(view, "8.5")
    press(view, Key.Key_Return)
    press(view, Key.Key_F2)
    press(view, Key.Key_Return)  # nothing changed
    key = CellKey("p1", demo.MATHS, "s1.regular1")
    assert heard == [[CellChange(key, "7.3", "8.5")]]


def test_f8_goes_to_the_next_gap_or_mistake(view: GradebookView, qtbot: QtBot) -> None:
    view.grid.enter({(2, 1): "tám"}, "Nhập")
    seen = []
    for _ in range(4):
        press(view, Key.Key_F8)
        seen.append(here(view))
    assert seen == [(2, 1), (6, 5), (9, 4), (12, 3)]
    press(view, Key.Key_F8, Mod.ShiftModifier)
    assert here(view) == (9, 4)
