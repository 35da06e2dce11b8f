"""A table of pupils: how it is built and how one moves in it."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QLine,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSignalBlocker,
    Signal,
)
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from app.roster.names import sort_key
from app.ui.grid.columns import ColumnKey, ColumnKind
from app.ui.grid.delegate import CellDelegate, EditorExit
from app.ui.grid.header import ColumnHeader, NameCorner, PupilHeader
from app.ui.grid.model import GradebookModel
from app.ui.grid.moves import Place, edge, within
from app.ui.grid.transfer import CellTransfer
from app.ui.theme import theme

Index = QModelIndex | QPersistentModelIndex
_Flag = QItemSelectionModel.SelectionFlag


class PupilTable(QTableView):
    """Names on the left that never scroll away, one current cell, moves as in a spreadsheet."""

    current_moved = Signal(int, int)
    """Row, column."""

    def __init__(self, model: GradebookModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = model
        self.cells = CellDelegate(model, self)
        self._names = PupilHeader(model, self)
        self._titles = ColumnHeader(model, self)
        self._corner = NameCorner(self)
        self._tab_column: int | None = None
        self._set_up()
        self.transfer = CellTransfer(model, self.selectionModel())
        self.cells.left.connect(self._after_leaving)
        self._corner.toggled.connect(self.sort_by_name)
        if model.rowCount() and model.columnCount():
            self.go(0, 0)

    def _set_up(self) -> None:
        self.setHorizontalHeader(self._titles)
        self.setVerticalHeader(self._names)
        self._names.setDefaultSectionSize(theme.ROW_HEIGHT)
        self.setModel(self.grid)
        self.setItemDelegate(self.cells)
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setWordWrap(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Bảng điểm")
        for place, column in enumerate(self.grid.columns):
            self.setColumnWidth(place, column.width)
        last = len(self.grid.columns) - 1
        if last >= 0 and self.grid.columns[last].kind is ColumnKind.TEXT:
            self._titles.setStretchLastSection(True)

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

    def _after_leaving(self, leave: EditorExit) -> None:
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
            if self.grid.takes_input(*divmod(spot, columns)):
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

    # --- looks -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setPen(theme.color("line"))
        painter.drawLines(self._lines(event.rect()))
        current = self.visualRect(self.currentIndex())
        if current.isValid():
            painter.setPen(QPen(theme.color("focus"), 2))
            painter.drawRect(current.adjusted(1, 1, -1, -1))
        painter.end()

    def _lines(self, shown: QRect) -> list[QLine]:
        """Below rows and between groups, as far as they may lie in a part of the viewport."""
        rows, columns = self._size()
        if not rows or not columns:
            return []
        first, last = self.rowAt(shown.top()), self.rowAt(shown.bottom())
        bottoms = [
            self.rowViewportPosition(row) + self.rowHeight(row) - 1
            for row in range(max(first, 0), (last if last >= 0 else rows - 1) + 1)
        ]
        right = self.columnViewportPosition(columns - 1) + self.columnWidth(columns - 1) - 1
        starts = [self.columnViewportPosition(column) for column in self.cells.group_starts]
        end = self.rowViewportPosition(rows - 1) + self.rowHeight(rows - 1) - 1
        return [
            *(QLine(shown.left(), y, min(right, shown.right()), y) for y in bottoms),
            *(QLine(x, shown.top(), x, min(end, shown.bottom())) for x in starts),
        ]

    def updateGeometries(self) -> None:
        super().updateGeometries()
        frame = self.frameWidth()
        self._corner.setGeometry(frame, frame, self._names.width(), self._titles.height())

    @property
    def sorted_by_name(self) -> bool:
        return self._corner.isChecked()

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

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange):
            self.cells.take_theme()


def _across(chosen: list[int], here: int) -> int:
    low, high = min(chosen), max(chosen)
    return low + high - here if here in (low, high) else here
