"""Headers: pupils' names on the left (they never scroll away), columns in groups on top.

The names are the table's vertical header and not a second view laid over the first: they stay in
step with the rows by construction, and a screen reader says them as the row's header.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHeaderView, QWidget

from app.ui.grid.columns import ColumnKind
from app.ui.grid.model import GradebookModel
from app.ui.theme import theme

NUMBER_WIDTH = 40
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
_LINE = 32
_PADDING = 8


class PupilHeader(QHeaderView):
    """Place in the list and name of each pupil."""

    def __init__(self, model: GradebookModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._pupils = model
        self.current = -1
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setSectionsClickable(True)
        self.fit()

    def fit(self, width: int = 0) -> None:
        """As wide as the longest name, between sensible limits; or as told."""
        metrics = QFontMetrics(theme.font(theme.Type.BODY))
        names = (metrics.horizontalAdvance(row.full_name) for row in self._pupils.rows())
        wanted = NUMBER_WIDTH + max(names, default=120) + 3 * _PADDING
        self.setFixedWidth(width or max(190, min(wanted, 280)))

    def sizeHint(self) -> QSize:
        """Qt's own measures forty names, each time that anything about the table changes."""
        return QSize(self.width(), 0)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        row = self._pupils.row(section)
        is_current = section == self.current
        painter.fillRect(rect, theme.color("accent_soft" if is_current else "surface"))
        painter.setPen(theme.color("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.setFont(theme.font(theme.Type.BODY, tabular=True))
        painter.setPen(theme.color("muted"))
        number = QRect(rect.left(), rect.top(), NUMBER_WIDTH - 12, rect.height())
        painter.drawText(number, _RIGHT, str(row.number))
        painter.setPen(theme.color("text"))
        if is_current:
            painter.setFont(theme.font(theme.Type.STRONG))
        room = rect.adjusted(NUMBER_WIDTH, 0, -_PADDING, 0)
        name = painter.fontMetrics().elidedText(
            row.full_name, Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, _LEFT, name)


class ColumnHeader(QHeaderView):
    """Titles, and above them the names of groups where there is more than one."""

    def __init__(self, model: GradebookModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._columns = model.columns
        self._has_groups = len({column.group for column in model.columns}) > 1
        self.current = -1
        self.setSectionsClickable(True)
        self.setMinimumSectionSize(36)
        self.setFixedHeight(_LINE * (2 if self._has_groups else 1))

    def sizeHint(self) -> QSize:
        return QSize(0, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._has_groups:
            painter = QPainter(self.viewport())
            painter.setFont(theme.font(theme.Type.SMALL))
            for first, last in self._groups():
                self._paint_group(painter, first, last)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        column = self._columns[section]
        is_current = section == self.current
        painter.fillRect(rect, theme.color("raised"))
        painter.setPen(theme.color("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        title = QRect(rect)
        if self._has_groups:
            title.setTop(rect.top() + _LINE)
        painter.setFont(theme.font(theme.Type.STRONG))
        painter.setPen(theme.color("accent" if is_current else "muted"))
        is_text = column.kind is ColumnKind.TEXT
        where = _LEFT if is_text else Qt.AlignmentFlag.AlignCenter
        painter.drawText(title.adjusted(_PADDING if is_text else 0, 0, 0, 0), where, column.title)
        if is_current:
            bar = QRect(rect.left(), rect.bottom() - 1, rect.width(), 2)
            painter.fillRect(bar, theme.color("accent"))

    def _groups(self) -> list[tuple[int, int]]:
        """(first, last) of each run of columns with one group."""
        runs: list[tuple[int, int]] = []
        for place, column in enumerate(self._columns):
            if runs and self._columns[runs[-1][0]].group == column.group:
                runs[-1] = (runs[-1][0], place)
            else:
                runs.append((place, place))
        return runs

    def _paint_group(self, painter: QPainter, first: int, last: int) -> None:
        left = self.sectionViewportPosition(first)
        right = self.sectionViewportPosition(last) + self.sectionSize(last)
        if right <= 0 or left >= self.width():
            return
        painter.setPen(theme.color("line"))
        painter.drawLine(left, _LINE - 1, right, _LINE - 1)
        if first:
            painter.drawLine(left, 0, left, self.height())
        visible = QRect(max(left, 0), 0, min(right, self.width()) - max(left, 0), _LINE)
        painter.setPen(theme.color("text"))
        room = visible.adjusted(_PADDING, 0, -_PADDING, 0)
        name = painter.fontMetrics().elidedText(
            self._columns[first].group, Qt.TextElideMode.ElideRight, max(0, room.width())
        )
        painter.drawText(room, _LEFT, name)


class NameCorner(QAbstractButton):
    """Above the names: says how they are sorted (checked: by name), and sorts when pressed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setText("Họ và tên")
        self.setToolTip("Bấm để xếp theo tên hoặc theo số thứ tự (Ctrl+Shift+N)")
        self.setAccessibleName("Xếp học sinh theo tên hoặc theo số thứ tự")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("raised"))
        painter.setPen(theme.color("line"))
        painter.drawLine(self.rect().bottomLeft(), self.rect().bottomRight())
        painter.setFont(theme.font(theme.Type.STRONG))
        title = QRect(0, self.height() - _LINE, self.width(), _LINE)
        number = QRect(0, title.top(), NUMBER_WIDTH - 12, _LINE)
        self._word(painter, number, "#", _RIGHT, marked=not self.isChecked())
        names = title.adjusted(NUMBER_WIDTH, 0, 0, 0)
        self._word(painter, names, self.text(), _LEFT, marked=self.isChecked())

    def _word(
        self, painter: QPainter, room: QRect, word: str, side: Qt.AlignmentFlag, *, marked: bool
    ) -> None:
        painter.setPen(theme.color("accent" if marked else "muted"))
        painter.drawText(room, side, word)
        if marked:
            width = painter.fontMetrics().horizontalAdvance(word)
            at = room.right() - width if side == _RIGHT else room.left()
            painter.fillRect(QRect(at, room.bottom() - 5, width, 2), theme.color("accent"))
