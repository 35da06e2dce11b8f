"""The grid: a table one fills with the keyboard, as in a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSignalBlocker,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QUndoCommand
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView, QWidget

from app.roster.names import sort_key
from app.ui import theme
from app.ui.gradebook import phrases
from app.ui.gradebook.columns import ColumnKey, ColumnKind
from app.ui.gradebook.commands import EditCells
from app.ui.gradebook.delegate import CellDelegate, Leave
from app.ui.gradebook.editors import finish_composition
from app.ui.gradebook.find import FindBar, matches
from app.ui.gradebook.header import ColumnHeader, NameCorner, PupilHeader
from app.ui.gradebook.model import GradebookModel
from app.ui.gradebook.moves import Place, edge, within
from app.ui.gradebook.summary import summarize
from app.ui.gradebook.transfer import Transfer

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


class GradebookView(QTableView):
    """Type to replace, Enter down, Tab right, F2, Delete, Ctrl+C/X/V/D/Z/Y/F, Ctrl+arrows.

    F6 leaves the grid for the next widget; Alt+Down offers the teacher's phrases in a comment.
    """

    notice = Signal(str)
    """What an act did beyond what one sees, e.g. cells that did not fit."""
    summary_changed = Signal(str)
    """Count and mean of the selected cells; '' for a single one."""
    current_moved = Signal(int, int)
    """Row, column."""

    def __init__(
        self,
        model: GradebookModel,
        phrases: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.grid = model
        self.phrases = tuple(phrases)
        self.cells = CellDelegate(model, self)
        self.find_bar = FindBar(self)
        self._names = PupilHeader(model, self)
        self._titles = ColumnHeader(model, self)
        self._corner = NameCorner(self)
        self._tab_column: int | None = None
        self._set_up()
        self.transfer = Transfer(model, self.selectionModel())
        self._keys = self._key_table()
        self._connect()
        if model.rowCount() and model.columnCount():
            self.setCurrentIndex(model.index(0, 0))

    def _set_up(self) -> None:
        self.setHorizontalHeader(self._titles)
        self.setVerticalHeader(self._names)
        self._names.setDefaultSectionSize(theme.ROW_HEIGHT)
        self.setModel(self.grid)
        self.setItemDelegate(self.cells)
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setWordWrap(True)
        self.setEditTriggers(
            _Trigger.DoubleClicked | _Trigger.EditKeyPressed | _Trigger.AnyKeyPressed
        )
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Bảng điểm")
        for place, column in enumerate(self.grid.columns):
            self.setColumnWidth(place, column.width)
        last = len(self.grid.columns) - 1
        if last >= 0 and self.grid.columns[last].kind is ColumnKind.TEXT:
            self._titles.setStretchLastSection(True)

    def _connect(self) -> None:
        self.cells.left.connect(self._after_leaving)
        self._corner.toggled.connect(self.sort_by_name)
        self.selectionModel().selectionChanged.connect(self._tell_summary)
        self.find_bar.wanted.connect(self._find)
        self.find_bar.closed.connect(self.setFocus)

    def _key_table(self) -> dict[tuple[_Mod, int], Callable[[], object]]:
        none, shift, control = _Mod.NoModifier, _Mod.ShiftModifier, _Mod.ControlModifier
        table: dict[tuple[_Mod, int], Callable[[], object]] = {
            (none, _Key.Key_Tab): lambda: self._tab(1),
            (none, _Key.Key_Backtab): lambda: self._tab(-1),
            (shift, _Key.Key_Backtab): lambda: self._tab(-1),
            (none, _Key.Key_Delete): lambda: self._tell(self.transfer.clear()),
            (none, _Key.Key_Backspace): self._empty_and_edit,
            (none, _Key.Key_F3): lambda: self._find(self.find_bar.line.text(), 1),
            (shift, _Key.Key_F3): lambda: self._find(self.find_bar.line.text(), -1),
            (none, _Key.Key_F6): lambda: QWidget.focusNextPrevChild(self, True),
            (shift, _Key.Key_F6): lambda: QWidget.focusNextPrevChild(self, False),
            (none, _Key.Key_Home): lambda: self.go(self.currentIndex().row(), 0),
            (none, _Key.Key_End): lambda: self.go(self.currentIndex().row(), self._size()[1] - 1),
            (control, _Key.Key_Home): lambda: self.go(0, 0),
            (control, _Key.Key_End): lambda: self.go(self._size()[0] - 1, self._size()[1] - 1),
            (control, _Key.Key_D): lambda: self._tell(self.transfer.fill_down()),
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
            self._finish_editor()
        act()
        event.accept()

    def _standard(self, event: QKeyEvent) -> Callable[[], object] | None:
        if event.matches(QKeySequence.StandardKey.Copy):
            return lambda: self._tell(self.transfer.copy())
        if event.matches(QKeySequence.StandardKey.Cut):
            return lambda: self._tell(self.transfer.cut())
        if event.matches(QKeySequence.StandardKey.Paste):
            return lambda: self._tell(self.transfer.paste())
        if event.matches(QKeySequence.StandardKey.Undo):
            return self.undo
        if event.matches(QKeySequence.StandardKey.Redo):
            return self.redo
        return None

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

    def _finish_editor(self) -> None:
        editor = self.cells.editor
        if editor is not None:
            finish_composition(editor)
            self.commitData(editor)
            self.closeEditor(editor, CellDelegate.EndEditHint.NoHint)

    # --- moving ----------------------------------------------------------------------------

    def go(self, row: int, column: int) -> None:
        """Make one cell current, alone selected and visible."""
        # Qt's own setCurrentIndex would extend the selection while Shift is down (Shift+Enter).
        index = self.grid.index(row, column)
        self.selectionModel().setCurrentIndex(index, _Flag.ClearAndSelect)

    def go_to(self, student_id: str, key: ColumnKey) -> bool:
        """Go to a pupil's cell; False where the grid has no such column."""
        column = self.grid.column_of(key)
        if column is None:
            return False
        self.go(self.grid.row_of(student_id), column)
        self.setFocus()
        return True

    def currentChanged(self, current: Index, previous: Index) -> None:
        self._tab_column = None
        self.cells.current = (current.row(), current.column())
        self._names.current, self._titles.current = current.row(), current.column()
        super().currentChanged(current, previous)
        for old in (current, previous):
            if old.isValid():
                self._names.updateSection(old.row())
                self._titles.updateSection(old.column())
                self.update(old)
        self.current_moved.emit(current.row(), current.column())

    def _after_leaving(self, leave: Leave) -> None:
        self.setFocus()
        if leave.arrow:
            self._step(leave.rows, leave.columns)
        elif leave.rows:
            self._enter(leave.rows)
        else:
            self._tab(leave.columns)

    def _enter(self, step: int) -> None:
        places = self.transfer.places()
        row, column = self._here()
        if len(places) > 1:
            self._stay_selected(within(places, (row, column), step, by_rows=False))
            return
        if self._tab_column is not None:
            column = self._tab_column
        self.go(min(max(row + step, 0), self._size()[0] - 1), column)

    def _tab(self, step: int) -> None:
        places = self.transfer.places()
        row, column = self._here()
        if len(places) > 1:
            self._stay_selected(within(places, (row, column), step, by_rows=True))
            return
        began = column if self._tab_column is None else self._tab_column
        rows, columns = self._size()
        spot = row * columns + column + step
        while 0 <= spot < rows * columns:
            if self.grid.takes_input(spot % columns):
                self.go(*divmod(spot, columns))
                self._tab_column = began
                return
            spot += step

    def _step(self, rows: int, columns: int) -> None:
        row, column = self._here()
        size = self._size()
        self.go(min(max(row + rows, 0), size[0] - 1), min(max(column + columns, 0), size[1] - 1))

    def _jump(self, step: Place, *, extend: bool) -> None:
        target = edge(self._here(), step, self._size(), lambda r, c: bool(self.grid.text(r, c)))
        if not extend:
            self.go(*target)
            return
        index = self.grid.index(*target)
        selection = QItemSelection(self._anchor(), index)
        self.selectionModel().setCurrentIndex(index, _Flag.NoUpdate)
        self.selectionModel().select(selection, _Flag.ClearAndSelect)

    def _anchor(self) -> QModelIndex:
        """The corner of the selection across from the current cell."""
        places = self.transfer.places()
        row, column = self._here()
        return self.grid.index(
            _across([r for r, _ in places], row), _across([c for _, c in places], column)
        )

    def _stay_selected(self, place: Place) -> None:
        self.selectionModel().setCurrentIndex(self.grid.index(*place), _Flag.NoUpdate)

    def _here(self) -> Place:
        index = self.currentIndex()
        return max(index.row(), 0), max(index.column(), 0)

    def _size(self) -> Place:
        return self.grid.rowCount(), self.grid.columnCount()

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

    def sort_by_name(self, by_name: bool) -> None:
        """By given name in the Vietnamese alphabet, or by the number in the class list."""
        with QSignalBlocker(self._corner):
            self._corner.setChecked(by_name)
        if by_name:
            self.grid.sort_rows(lambda row: (sort_key(row.full_name), row.number))
        else:
            self.grid.sort_rows(lambda row: row.number)
        index = self.currentIndex()
        self.currentChanged(index, index)

    def set_wrapped(self, wrapped: bool) -> None:
        """Two lines for comments, or one that is cut with an ellipsis."""
        self._names.setDefaultSectionSize(
            theme.ROW_HEIGHT * 3 // 2 if wrapped else theme.ROW_HEIGHT
        )

    def offer_phrases(self) -> QMenu | None:
        """The teacher's phrases for the current comment, with this pupil's name in them."""
        row, column = self._here()
        is_comment = self.grid.columns[column].kind is ColumnKind.TEXT
        if not (is_comment and self.phrases and self.grid.takes_input(column)):
            return None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for choice in phrases.choices(self.phrases, self.grid.row(row)):
            menu.addAction(choice).triggered.connect(
                lambda _=False, choice=choice: self._add_phrase(row, column, choice)
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

    def _show_cells(self, command: QUndoCommand | None) -> None:
        if isinstance(command, EditCells):
            key = command.keys[0]
            self.go_to(key.student_id, (key.area, key.slot))

    # --- looks -----------------------------------------------------------------------------

    def updateGeometries(self) -> None:
        super().updateGeometries()
        frame = self.frameWidth()
        self._corner.setGeometry(frame, frame, self._names.width(), self._titles.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.find_bar.adjustSize()
        self.find_bar.move(self.width() - self.find_bar.width() - 20, self._titles.height() + 8)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange):
            self.cells.take_theme()

    def _tell(self, text: str) -> None:
        if text:
            self.notice.emit(text)

    def _tell_summary(self) -> None:
        self.summary_changed.emit(summarize(self.grid, self.transfer.places()))


def _across(chosen: list[int], here: int) -> int:
    low, high = min(chosen), max(chosen)
    return low + high - here if here in (low, high) else here
