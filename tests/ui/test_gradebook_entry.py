"""What is typed, composed or pasted arrives whole; what is not valid is marked, kept, not saved."""

from __future__ import annotations

import unicodedata

import pytest
from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QLocale, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.model.gradebook import CellChange, CellKey
from app.ui.grid.columns import ColumnKind, GridColumn
from app.ui.grid.editors import CommentEditor
from app.ui.grid.model import GradebookModel
from app.ui.grid.view import GradebookView
from tests.fixtures.schools import gradebook_demo as demo

Key = Qt.Key
Mod = Qt.KeyboardModifier
LETTER = GridColumn((demo.MATHS, "s1.level"), "Mức", ColumnKind.LETTER)


@pytest.fixture
def model(qapp: object) -> GradebookModel:
    columns = [*demo.columns(), LETTER]
    return GradebookModel(columns, demo.rows(), demo.cells(), demo.parse, demo.recompute)


@pytest.fixture
def view(model: GradebookModel, qtbot: QtBot) -> GradebookView:
    made = GradebookView(model)
    qtbot.addWidget(made)
    made.resize(900, 640)
    made.show()
    made.activateWindow()
    made.setFocus()
    return made


@pytest.fixture
def saved(model: GradebookModel) -> list[list[CellChange]]:
    heard: list[list[CellChange]] = []
    model.changed.connect(heard.append)
    return heard


def choose(view: GradebookView, top: int, left: int, bottom: int, right: int) -> None:
    view.go(top, left)
    corners = QItemSelection(view.grid.index(top, left), view.grid.index(bottom, right))
    view.selectionModel().select(corners, QItemSelectionModel.SelectionFlag.ClearAndSelect)


def paste(view: GradebookView, text: str) -> list[str]:
    told: list[str] = []
    view.notice.connect(told.append)
    QGuiApplication.clipboard().setText(text)
    QTest.keyClick(view, Key.Key_V, Mod.ControlModifier)
    return told


def compose(target: object, preedit: str, commit: str = "") -> None:
    event = QInputMethodEvent(preedit, [])
    event.setCommitString(commit)
    QApplication.sendEvent(target, event)  # type: ignore[arg-type]


def send(target: object, letter: str) -> None:
    """A letter without a key of its own, as Unikey sends it (VK_PACKET)."""
    event = QKeyEvent(QEvent.Type.KeyPress, 0, Mod.NoModifier, letter)
    QApplication.sendEvent(target, event)  # type: ignore[arg-type]


# --- input methods --------------------------------------------------------------------------


def test_a_composition_begun_on_the_cell_arrives_whole(view: GradebookView) -> None:
    view.go(3, 7)
    for preedit in ("c", "ch", "chă", "chăm"):
        compose(view, preedit)
    compose(view, "", "chăm")
    editor = view.cells.editor
    assert isinstance(editor, CommentEditor)
    compose(editor, "ngoan")
    compose(editor, "", " ngoan")
    QTest.keyClick(editor, Key.Key_Return)
    assert view.grid.text(3, 7) == "chăm ngoan"


def test_enter_while_composing_in_the_editor_loses_no_letter(view: GradebookView) -> None:
    view.go(3, 7)
    QTest.keyClick(view, Key.Key_F2)
    compose(view.cells.editor, "tiến", "")
    QTest.keyClick(view.cells.editor, Key.Key_Return)
    assert view.grid.text(3, 7) == "tiến"
    assert view.currentIndex().row() == 4


def test_enter_while_the_first_word_is_still_composed_loses_no_letter(view: GradebookView) -> None:
    view.go(3, 7)
    compose(view, "giỏi")
    QTest.keyClick(view, Key.Key_Return)
    assert view.grid.text(3, 7) == "giỏi"
    assert view.currentIndex().row() == 4


def test_leaving_by_mouse_while_composing_loses_no_letter(view: GradebookView) -> None:
    view.go(3, 7)
    QTest.keyClick(view, Key.Key_F2)
    compose(view.cells.editor, "đều", "")
    where = view.visualRect(view.grid.index(0, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert view.grid.text(3, 7) == "đều"


def test_unikey_backspaces_and_replacements_reach_the_text(view: GradebookView) -> None:
    view.go(3, 7)
    send(view, "d")
    QTest.keyClick(view.cells.editor, Key.Key_Backspace)
    send(view.cells.editor, "đ")
    send(view.cells.editor, "e")
    QTest.keyClick(view.cells.editor, Key.Key_Backspace)
    for letter in "ẹp":
        send(view.cells.editor, letter)
    QTest.keyClick(view.cells.editor, Key.Key_Return)
    assert view.grid.text(3, 7) == "đẹp"


def test_text_is_kept_as_nfc(view: GradebookView, saved: list[list[CellChange]]) -> None:
    view.go(3, 7)
    QTest.keyClick(view, Key.Key_F2)
    compose(view.cells.editor, "", unicodedata.normalize("NFD", "Tiến bộ"))
    QTest.keyClick(view.cells.editor, Key.Key_Return)
    assert saved[0][0].after == "Tiến bộ"


def test_alt_enter_makes_a_new_line_and_the_counter_counts(view: GradebookView) -> None:
    view.go(3, 7)
    QTest.keyClick(view, Key.Key_F2)
    editor = view.cells.editor
    assert isinstance(editor, CommentEditor)
    QTest.keyClicks(editor, "ab")
    QTest.keyClick(editor, Key.Key_Return, Mod.AltModifier)
    QTest.keyClicks(editor, "c")
    assert editor.counter_text() == "4/120 ký tự"
    QTest.keyClick(editor, Key.Key_Return)
    assert view.grid.text(3, 7) == "ab\nc"


# --- what is not valid ----------------------------------------------------------------------


def test_invalid_text_stays_is_marked_and_is_not_saved(
    view: GradebookView, saved: list[list[CellChange]]
) -> None:
    view.go(0, 4)
    QTest.keyClicks(view, "7")
    QTest.keyClicks(view.cells.editor, "7")
    QTest.keyClick(view.cells.editor, Key.Key_Return)
    assert saved == []
    assert (view.grid.text(0, 4), view.grid.text(0, 6)) == ("77", "—")
    [(key, problem)] = view.grid.problems()
    assert key == CellKey("p1", demo.MATHS, "s1.midterm")
    assert (problem.text, problem.suggestion) == ("77", "7.7")
    spoken = view.grid.data(view.grid.index(0, 4), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == (
        "Lò Văn Ún, Giữa kì, 77, không hợp lệ: Điểm từ 0 đến 10, một chữ số thập phân."
    )


def test_undo_of_an_invalid_entry_gives_the_valid_one_back(
    view: GradebookView, saved: list[list[CellChange]]
) -> None:
    view.grid.enter({(0, 4): "77"}, "Nhập")
    view.undo()
    assert (view.grid.text(0, 4), view.grid.text(0, 6)) == ("8,3", "7,6")
    view.redo()
    view.grid.enter({(0, 4): ""}, "Nhập")
    assert [(c.before, c.after) for changes in saved for c in changes] == [("8.3", None)]
    assert view.grid.problems() == []


@pytest.mark.parametrize("text", ["11", "8.55", "tám", "٧"])
def test_what_is_no_mark_is_refused(view: GradebookView, text: str) -> None:
    view.grid.enter({(0, 0): text}, "Nhập")
    assert view.grid.text(0, 0) == text
    assert len(view.grid.problems()) == 1


def test_a_comment_that_is_too_long_is_kept_and_marked(view: GradebookView) -> None:
    view.grid.enter({(0, 7): "a" * 121}, "Nhập")
    [(_, problem)] = view.grid.problems()
    assert problem.reason == "Dài 121 ký tự; tối đa 120 ký tự."
    assert view.grid.text(0, 7) == "a" * 121


# --- live results ---------------------------------------------------------------------------


def test_results_and_gaps_follow_each_edit(view: GradebookView) -> None:
    assert view.grid.text(6, 6) == ""
    assert view.grid.is_missing(6, 5)
    view.grid.enter({(6, 5): "8"}, "Nhập")
    assert view.grid.text(6, 6) == "7,2"
    assert not view.grid.is_missing(6, 5)
    view.undo()
    assert view.grid.is_missing(6, 5)


# --- clipboard ------------------------------------------------------------------------------


def test_a_table_from_excel_lands_cell_by_cell(
    view: GradebookView, saved: list[list[CellChange]]
) -> None:
    view.go(0, 0)
    paste(view, "8,5\t9\r\n7.5\t\r\n")
    assert [view.grid.text(r, c) for r in (0, 1) for c in (0, 1)] == ["8,5", "9,0", "7,5", ""]
    assert [len(changes) for changes in saved] == [4]
    view.undo()
    assert view.grid.text(0, 0) == "7,3"


def test_a_quoted_cell_keeps_its_line_ends_and_tabs(view: GradebookView) -> None:
    view.go(0, 7)
    paste(view, '"Đọc ""tốt"".\nViết\tđẹp."\tĐ\nNgoan "lắm"\tCĐ\n')
    assert view.grid.text(0, 7) == 'Đọc "tốt".\nViết\tđẹp.'
    assert view.grid.text(1, 7) == 'Ngoan "lắm"'
    assert [view.grid.text(row, 8) for row in (0, 1)] == ["Đ", "CĐ"]


def test_one_cell_fills_the_selection(view: GradebookView) -> None:
    choose(view, 0, 0, 2, 1)
    paste(view, "6,5\n")
    assert {view.grid.text(r, c) for r in range(3) for c in range(2)} == {"6,5"}


def test_a_selection_of_whole_multiples_is_tiled(view: GradebookView) -> None:
    choose(view, 0, 0, 3, 0)
    paste(view, "5\n6\n")
    assert [view.grid.text(row, 0) for row in range(4)] == ["5,0", "6,0", "5,0", "6,0"]


def test_cells_beyond_the_edge_are_counted(view: GradebookView) -> None:
    view.go(19, 0)
    assert paste(view, "5\n6\n7\n") == ["Dán 1 ô. 2 ô nằm ngoài bảng nên không dán."]
    assert view.grid.text(19, 0) == "5,0"


def test_pasting_over_results_leaves_them_and_says_so(view: GradebookView) -> None:
    view.go(0, 5)
    told = paste(view, "8\t9\tabc\n")
    assert told == ["Dán 2 ô. 1 ô không nhập tay được nên giữ nguyên."]
    assert view.grid.text(0, 6) == "7,8"


def test_invalid_cells_of_a_paste_are_marked_and_the_rest_is_saved(
    view: GradebookView, saved: list[list[CellChange]]
) -> None:
    view.go(0, 0)
    told = paste(view, "8\n85\ntám\n")
    assert told == ["Dán 3 ô. 2 ô không hợp lệ, được đánh dấu đỏ."]
    assert [c.after for changes in saved for c in changes] == ["8"]
    assert [view.grid.text(row, 0) for row in range(3)] == ["8,0", "85", "tám"]


def test_copy_uses_the_decimal_sign_of_the_machine_and_quotes_lines(view: GradebookView) -> None:
    view.grid.enter({(0, 7): 'a\n"b"'}, "Nhập")
    choose(view, 0, 5, 1, 7)
    QTest.keyClick(view, Key.Key_C, Mod.ControlModifier)
    point = QLocale.system().decimalPoint()
    text = QGuiApplication.clipboard().text()
    assert text == f'7{point}6\t7{point}6\t"a\n""b"""\n6{point}7\t6{point}7\t{demo.REMARKS[2]}\n'


def test_copy_then_paste_changes_nothing(
    view: GradebookView, saved: list[list[CellChange]]
) -> None:
    choose(view, 0, 0, 5, 5)
    QTest.keyClick(view, Key.Key_C, Mod.ControlModifier)
    QTest.keyClick(view, Key.Key_V, Mod.ControlModifier)
    assert saved == []
    assert view.grid.problems() == []


def test_cut_is_one_act(view: GradebookView, saved: list[list[CellChange]]) -> None:
    choose(view, 0, 0, 1, 0)
    QTest.keyClick(view, Key.Key_X, Mod.ControlModifier)
    assert [view.grid.text(row, 0) for row in (0, 1)] == ["", ""]
    assert len(saved) == 1
    view.go(2, 0)
    QTest.keyClick(view, Key.Key_V, Mod.ControlModifier)
    assert [view.grid.text(row, 0) for row in (2, 3)] == ["7,3", "9,2"]
