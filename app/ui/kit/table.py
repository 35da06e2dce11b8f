"""A calm table: sorted, filtered without diacritics, with words when it is empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.model.text import fold
from app.ui.kit.empty_state import EmptyState
from app.ui.kit.state import tone_color, tone_icon
from app.ui.theme import icons, theme
from app.ui.theme.theme import Tone, Type

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
CHIP_ROLE = Qt.ItemDataRole.UserRole + 2
ROW_ROLE = Qt.ItemDataRole.UserRole + 3
READABLE = 160


@dataclass(frozen=True, slots=True)
class Column:
    """How a row shows itself in one column.

    `chip` draws the words as a state chip; `order` gives the sort key; `width` is in pixels,
    0 shares what is left; `spare` columns are left out, last first, where that would be too
    little to read.
    """

    title: str
    words: Callable[[Any], str]
    width: int = 0
    chip: Callable[[Any], Tone] | None = None
    order: Callable[[Any], Any] | None = None
    right: bool = False
    strong: bool = False
    tip: Callable[[Any], str] | None = None
    spare: bool = False


class RowsModel(QAbstractTableModel):
    """Rows of any kind, shown through columns."""

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self._rows: list[Any] = []

    def show_rows(self, rows: Sequence[Any]) -> None:
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(self.columns[section])
        if role == Qt.ItemDataRole.FontRole:
            return theme.font(Type.BADGE)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row, column = self._rows[index.row()], self.columns[index.column()]
        answers: dict[int, Callable[[], object]] = {
            Qt.ItemDataRole.DisplayRole: lambda: column.words(row),
            Qt.ItemDataRole.AccessibleTextRole: lambda: f"{column.title}: {column.words(row)}",
            Qt.ItemDataRole.TextAlignmentRole: lambda: _alignment(column),
            Qt.ItemDataRole.ToolTipRole: lambda: column.tip(row) if column.tip else None,
            Qt.ItemDataRole.FontRole: lambda: theme.font(
                Type.STRONG if column.strong else Type.BODY, tabular=True
            ),
            SORT_ROLE: lambda: column.order(row) if column.order else fold(column.words(row)),
            CHIP_ROLE: lambda: column.chip(row) if column.chip else None,
            ROW_ROLE: lambda: row,
        }
        answer = answers.get(role)
        return answer() if answer else None


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class _Proxy(QSortFilterProxyModel):
    """Sorts by any comparable key; finds without diacritics in every column."""

    def __init__(self) -> None:
        super().__init__()
        self._wanted = ""

    def find(self, words: str) -> None:
        self.beginFilterChange()
        self._wanted = fold(words)
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        if not self._wanted:
            return True
        model = self.sourceModel()
        cells = (model.index(row, c, parent).data() for c in range(model.columnCount()))
        return self._wanted in fold(" ".join(str(c) for c in cells))

    def lessThan(self, left: _Index, right: _Index) -> bool:
        return bool(left.data(SORT_ROLE) < right.data(SORT_ROLE))


class _ChipDelegate(QStyledItemDelegate):
    """Draws a state as icon, word and ground."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        value = index.data(CHIP_ROLE)
        if not value:
            super().paint(painter, option, index)
            return
        tone = Tone(value)  # Qt hands a StrEnum back as a plain str
        words = str(index.data())
        self._ground(painter, option, index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(Type.SMALL))
        width = painter.fontMetrics().horizontalAdvance(words) + 36
        cell = option.rect
        chip = cell.adjusted(10, (cell.height() - 22) // 2, 0, 0)
        chip.setSize(chip.size().boundedTo(cell.size()))
        chip.setHeight(22)
        chip.setWidth(min(width, cell.width() - 14))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(f"{tone.value}_soft"))
        painter.drawRoundedRect(chip, 10, 10)
        icon = icons.icon(tone_icon(tone), tone_color(tone))
        icon.paint(painter, chip.left() + 8, chip.top() + 4, 14, 14)
        painter.setPen(theme.color(tone_color(tone)))
        painter.drawText(chip.adjusted(26, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        blank = QStyleOptionViewItem(option)
        self.initStyleOption(blank, index)
        blank.text = ""
        view = option.widget
        view.style().drawControl(view.style().ControlElement.CE_ItemViewItem, blank, painter, view)


class DataTable(QWidget):
    """Rows of any kind with sorting, finding, selection by row and an empty state."""

    selected = Signal(object)
    """The row under the cursor (None when there is none)."""
    opened = Signal(object)
    """Enter or double click on a row."""

    def __init__(
        self,
        name: str,
        columns: Sequence[Column],
        empty: EmptyState,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = RowsModel(columns)
        self._proxy = _Proxy()
        self._proxy.setSourceModel(self._model)
        self.view = QTableView()
        self.view.setAccessibleName(name)
        self.view.setModel(self._proxy)
        self._dress(columns)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self.view)
        self._empty = empty
        self._stack.addWidget(empty)
        self.view.selectionModel().currentRowChanged.connect(
            lambda now, _: self.selected.emit(now.data(ROW_ROLE))
        )
        self.view.activated.connect(lambda index: self.opened.emit(index.data(ROW_ROLE)))
        self.show_rows(())

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Replace all rows; the order that the user chose is kept."""
        self._model.show_rows(rows)
        self._stack.setCurrentIndex(0 if rows else 1)
        policy = QSizePolicy.Policy
        self._empty.setSizePolicy(  # out of sight it asks for no height
            policy.Preferred, policy.Ignored if rows else policy.Preferred
        )

    def find_rows(self, words: str) -> None:
        self._proxy.find(words)

    def rows_shown(self) -> list[Any]:
        """Rows in the order and selection that the user sees."""
        return [self._proxy.index(r, 0).data(ROW_ROLE) for r in range(self._proxy.rowCount())]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        columns = self._model.columns
        room = event.size().width() - READABLE * sum(not c.width for c in columns)
        used = sum(c.width for c in columns)
        for place in reversed([p for p, c in enumerate(columns) if c.spare]):
            self.view.setColumnHidden(place, used > room)
            used -= columns[place].width if used > room else 0

    def _dress(self, columns: Sequence[Column]) -> None:
        view = self.view
        view.setShowGrid(False)
        view.setSortingEnabled(True)
        view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setTabKeyNavigation(False)
        view.setWordWrap(False)
        view.setItemDelegate(_ChipDelegate(view))
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(theme.ROW_HEIGHT + 4)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        for place, column in enumerate(columns):
            if column.width:
                header.setSectionResizeMode(place, QHeaderView.ResizeMode.Interactive)
                header.resizeSection(place, column.width)
            else:
                header.setSectionResizeMode(place, QHeaderView.ResizeMode.Stretch)
