"""What Qt asks of the grid; the answers come from the model that inherits this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from app.ui.grid.columns import ColumnKind, GridColumn, GridRow

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_Role = Qt.ItemDataRole
_CLOSED = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_OPEN = _CLOSED | Qt.ItemFlag.ItemIsEditable


class GridTableModel(QAbstractTableModel):
    """Rows are pupils, columns are `GridColumn`s; the vertical header holds the names."""

    columns: tuple[GridColumn, ...]
    _rows: list[GridRow]

    if TYPE_CHECKING:  # what the model must answer; a metaclass for this would clash with Qt's

        def text(self, row: int, column: int) -> str: ...

        def takes_input(self, row: int, column: int) -> bool: ...

        def explain_cell(self, row: int, column: int) -> str: ...

        def spoken(self, row: int, column: int) -> str: ...

        def enter(self, texts: Mapping[tuple[int, int], str], title: str) -> int: ...

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return _OPEN if self.takes_input(index.row(), index.column()) else _CLOSED

    def data(self, index: Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if role in (_Role.DisplayRole, _Role.EditRole):
            return self.text(row, column)
        if role == _Role.ToolTipRole:
            return self.explain_cell(row, column) or None
        if role == _Role.AccessibleTextRole:
            return self.spoken(row, column)
        if role == _Role.TextAlignmentRole:
            wide = self.columns[column].kind is ColumnKind.TEXT
            return Qt.AlignmentFlag.AlignVCenter | (
                Qt.AlignmentFlag.AlignLeft if wide else Qt.AlignmentFlag.AlignHCenter
            )
        return None

    def setData(self, index: Index, value: Any, role: int = _Role.EditRole) -> bool:
        if role != _Role.EditRole or not index.isValid():
            return False
        place = (index.row(), index.column())
        return self.enter({place: str(value)}, "Nhập") == 1

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Vertical:
            row = self._rows[section]
            return row.full_name if role in (_Role.DisplayRole, _Role.AccessibleTextRole) else None
        column = self.columns[section]
        if role == _Role.DisplayRole:
            return column.title
        if role == _Role.ToolTipRole:
            return column.tooltip or None
        if role == _Role.AccessibleTextRole:
            return column.tooltip or column.full_title
        return None
