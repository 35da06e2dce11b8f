"""Find a pupil or an entry without diacritics: 'dat' finds 'Đạt'."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QWidget

from app.model.text import fold
from app.ui.grid.model import GradebookModel
from app.ui.grid.moves import Place
from app.ui.theme import theme


def matches(model: GradebookModel, wanted: str, column: int) -> list[Place]:
    """Cells that hold the text, in reading order; a pupil's name gives the cell in `column`."""
    sought = fold(wanted)
    if not sought:
        return []
    found = []
    for row in range(model.rowCount()):
        hits = [c for c in range(model.columnCount()) if sought in fold(model.text(row, c))]
        if sought in fold(model.row(row).full_name) and column not in hits:
            hits = sorted([column, *hits])
        found += [(row, c) for c in hits]
    return found


class FindBar(QFrame):
    """One line over the grid's corner: Enter next, Shift+Enter back, Esc closes."""

    wanted = Signal(str, int)
    """Text, step: 0 while typing, 1 next, -1 back."""
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.line = QLineEdit(self)
        self.line.setPlaceholderText("Tìm tên hoặc nội dung, không cần dấu")
        self.line.setAccessibleName("Tìm trong bảng điểm")
        self.line.setMinimumWidth(250)
        self._count = QLabel(self)
        self._count.setProperty("muted", True)
        self._count.setFont(theme.font(theme.Type.SMALL, tabular=True))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.line)
        layout.addWidget(self._count)
        self.line.textChanged.connect(lambda text: self.wanted.emit(text, 0))
        self.line.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        self.show()
        self.raise_()
        self.line.setFocus()
        self.line.selectAll()

    def tell(self, place: int, count: int) -> None:
        """Say which of how many is shown."""
        self._count.setText(f"{place}/{count}" if count else "Không thấy")
        self._count.setVisible(bool(self.line.text().strip()))
        self.adjustSize()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.hide()
                self.closed.emit()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
                self.wanted.emit(self.line.text(), -1 if back else 1)
                return True
        return super().eventFilter(watched, event)
