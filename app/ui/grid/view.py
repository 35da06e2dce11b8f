"""The grid: a table one fills with the keyboard, as in a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QResizeEvent, QUndoCommand
from PySide6.QtWidgets import QAbstractItemView, QMenu, QWidget

from app.ui.grid import phrases
from app.ui.grid.columns import ColumnKind
from app.ui.grid.commands import EditCells, EditNote
from app.ui.grid.delegate import CellDelegate
from app.ui.grid.editors import finish_composition
from app.ui.grid.find import FindBar, matches
from app.ui.grid.menus import Act, act_menu
from app.ui.grid.model import GradebookModel
from app.ui.grid.summary import summarize
from app.ui.grid.table import PupilTable

Index = QModelIndex | QPersistentModelIndex
_Key = Qt.Key
_Mod = Qt.KeyboardModifier
_Flag = QItemSelectionModel.SelectionFlag
_Trigger = QAbstractItemView.EditTrigger
_STEPS = {
    _Key.Key_Up: (-1, 0),
    _Key.Key_Down: (1, 0),
    _Key.Key_Left: (0, -1),
    _Key.Key_Right: (0, 1),
}
_READ_ONLY = "Ô này không nhập tay được."


class GradebookView(PupilTable):
    """Type to replace, Enter down, Tab right, F2, Delete, Ctrl+C/X/V/D/Z/Y/F, Ctrl+arrows.

    F8 goes to the next gap or mistake, F6 leaves the grid for the next widget; Alt+Down offers the
    teacher's phrases in a comment.
    """

    notice = Signal(str)
    """What an act did beyond what one sees, e.g. cells that did not fit."""
    summary_changed = Signal(str)
    """Count and mean of the selected cells; '' for a single one."""
    elsewhere = Signal(object)
    """CellKey of an undone edit in a column that is not shown."""
    note_wanted = Signal()
    """Shift+F2: a note on the current cell."""

    def __init__(
        self,
        model: GradebookModel,
        phrases: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(model, parent)
        self.phrases = tuple(phrases)
        self.find_bar = FindBar(self)
        self.setEditTriggers(
            _Trigger.DoubleClicked | _Trigger.EditKeyPressed | _Trigger.AnyKeyPressed
        )
        self._keys = self._key_table()
        self._connect()

    def _connect(self) -> None:
        self.selectionModel().selectionChanged.connect(self._tell_summary)
        self.find_bar.wanted.connect(self._find)
        self.find_bar.closed.connect(self.setFocus)

    def _key_table(self) -> dict[tuple[_Mod, int], Callable[[], object]]:
        none, shift, control = _Mod.NoModifier, _Mod.ShiftModifier, _Mod.ControlModifier
        table: dict[tuple[_Mod, int], Callable[[], object]] = {
            (none, _Key.Key_Tab): lambda: self._tab(1),
            (none, _Key.Key_Backtab): lambda: self._tab(-1),
            (shift, _Key.Key_Backtab): lambda: self._tab(-1),
            (none, _Key.Key_Delete): self._clear,
            (none, _Key.Key_F8): lambda: self._next_open(1),
            (shift, _Key.Key_F8): lambda: self._next_open(-1),
            (shift, _Key.Key_F2): self.note_wanted.emit,
            (none, _Key.Key_Backspace): self._empty_and_edit,
            (none, _Key.Key_F3): lambda: self._find(self.find_bar.line.text(), 1),
            (shift, _Key.Key_F3): lambda: self._find(self.find_bar.line.text(), -1),
            (none, _Key.Key_F6): lambda: QWidget.focusNextPrevChild(self, True),
            (shift, _Key.Key_F6): lambda: QWidget.focusNextPrevChild(self, False),
            (none, _Key.Key_Home): lambda: self.go(self.currentIndex().row(), 0),
            (none, _Key.Key_End): lambda: self.go(self.currentIndex().row(), self._size()[1] - 1),
            (control, _Key.Key_Home): lambda: self.go(0, 0),
            (control, _Key.Key_End): lambda: self.go(self._size()[0] - 1, self._size()[1] - 1),
            (control, _Key.Key_D): self._fill_down,
            (control, _Key.Key_Y): self.redo,
            (control, _Key.Key_F): self.find_bar.open,
            (control | shift, _Key.Key_N): self._corner.toggle,
            (_Mod.AltModifier, _Key.Key_Down): self.offer_phrases,
        }
        for enter in (_Key.Key_Return, _Key.Key_Enter):
            table[none, enter] = lambda: self._enter(1)
            table[shift, enter] = lambda: self._enter(-1)
        for key, step in _STEPS.items():
            table[control, key] = partial(self._jump, step, extend=False)
            table[control | shift, key] = partial(self._jump, step, extend=True)
        return table

    # --- keys ------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = self._standard(event) or self._keys.get(
            (event.modifiers() & ~_Mod.KeypadModifier, event.key())
        )
        if act is None:
            super().keyPressEvent(event)
            return
        if self.cells.editor is not None:  # a composition keeps the focus here while it lasts
            self.finish()
        act()
        event.accept()

    def _standard(self, event: QKeyEvent) -> Callable[[], object] | None:
        standard = QKeySequence.StandardKey
        acts = {
            standard.Copy: self._copy,
            standard.Cut: self._cut,
            standard.Paste: self._paste,
            standard.Undo: self.undo,
            standard.Redo: self.redo,
        }
        return next((act for key, act in acts.items() if event.matches(key)), None)

    def keyboardSearch(self, search: str) -> None:
        """Typing into a cell that takes no input says so; it does not move the cursor."""
        self.notice.emit(_READ_ONLY)

    def edit(  # type: ignore[override]
        self, index: Index, trigger: QAbstractItemView.EditTrigger | None = None, event: Any = None
    ) -> bool:
        if trigger is None:
            super().edit(index)
            return self.cells.editor is not None
        if self.cells.editor is None:
            self.cells.replacing = trigger == _Trigger.AnyKeyPressed
        started = super().edit(index, trigger, event)
        editor = self.cells.editor
        if started and editor is not None and not self.cells.replacing:
            editor.put(self.grid.text(index.row(), index.column()), select=False)
        return started

    def _empty_and_edit(self) -> None:
        index = self.currentIndex()
        if index.isValid() and self.edit(index, _Trigger.EditKeyPressed, None):
            editor = self.cells.editor
            if editor is not None:
                editor.put("", select=False)

    def finish(self) -> None:
        """Take over what is being typed, as leaving the cell would."""
        editor = self.cells.editor
        if editor is not None:
            finish_composition(editor)
            self.commitData(editor)
            self.closeEditor(editor, CellDelegate.EndEditHint.NoHint)

    # --- acts ------------------------------------------------------------------------------

    def undo(self) -> None:
        stack = self.grid.undo_stack
        done = stack.command(stack.index() - 1) if stack.canUndo() else None
        stack.undo()
        self._show_cells(done)

    def redo(self) -> None:
        stack = self.grid.undo_stack
        undone = stack.command(stack.index()) if stack.canRedo() else None
        stack.redo()
        self._show_cells(undone)

    def offer_phrases(self) -> QMenu | None:
        """The teacher's phrases for the current comment, with this pupil's name in them."""
        row, column = self._here()
        is_comment = self.grid.columns[column].kind is ColumnKind.TEXT
        if not (is_comment and self.phrases and self.grid.takes_input(row, column)):
            return None
        offered = phrases.choices(self.phrases, self.grid.row(row))
        menu = act_menu(
            self,
            [(choice, "", partial(self._add_phrase, row, column, choice)) for choice in offered],
        )
        menu.popup(self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft()))
        return menu

    def _add_phrase(self, row: int, column: int, phrase: str) -> None:
        self.grid.enter(
            {(row, column): phrases.append(self.grid.text(row, column), phrase)}, "Nhận xét"
        )

    def _find(self, text: str, step: int) -> None:
        row, column = self._here()
        found = matches(self.grid, text, column)
        if not found:
            self.find_bar.tell(0, 0)
            return
        if step < 0:
            place = next((p for p in reversed(found) if p < (row, column)), found[-1])
        else:
            after = (row, column + step)
            place = next((p for p in found if p >= after), found[0])
        self.find_bar.tell(found.index(place) + 1, len(found))
        self.go(*place)

    def _next_open(self, step: int) -> None:
        """To the next cell that is not valid or still missing."""
        columns = self._size()[1]
        row, column = self._here()
        count = self._size()[0] * columns
        for away in range(1, count + 1):
            place = divmod((row * columns + column + step * away) % count, columns)
            if self.grid.problem_at(*place) or self.grid.is_missing(*place):
                self.go(*place)
                return
        self.notice.emit("Không còn ô nào thiếu hoặc không hợp lệ.")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        acts: list[Act] = [
            ("Chép", "Ctrl+C", self._copy),
            ("Cắt", "Ctrl+X", self._cut),
            ("Dán", "Ctrl+V", self._paste),
            ("Xóa", "Delete", self._clear),
            ("Điền xuống", "Ctrl+D", self._fill_down),
            ("Ghi chú cho ô", "Shift+F2", self.note_wanted.emit),
            ("Ô thiếu hoặc sai kế tiếp", "F8", lambda: self._next_open(1)),
        ]
        act_menu(self, acts).popup(event.globalPos())

    def _copy(self) -> None:
        self._tell(self.transfer.copy())

    def _cut(self) -> None:
        self._tell(self.transfer.cut())

    def _paste(self) -> None:
        self._tell(self.transfer.paste())

    def _clear(self) -> None:
        self._tell(self.transfer.clear())

    def _fill_down(self) -> None:
        self._tell(self.transfer.fill_down())

    def _show_cells(self, command: QUndoCommand | None) -> None:
        if isinstance(command, EditCells | EditNote):
            key = command.keys[0]
            if not self.go_to(key.student_id, (key.area, key.slot)):
                self.elsewhere.emit(key)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.find_bar.adjustSize()
        self.find_bar.move(self.width() - self.find_bar.width() - 20, self._titles.height() + 8)

    def _tell(self, text: str) -> None:
        if text:
            self.notice.emit(text)

    def _tell_summary(self) -> None:
        self.summary_changed.emit(summarize(self.grid, self.transfer.places()))
