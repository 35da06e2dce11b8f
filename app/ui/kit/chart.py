"""A plain bar chart: how marks are spread, without naming or ranking anyone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui.theme import theme
from app.ui.theme.theme import Type

_LABEL_HEIGHT = 18
WIDEST_BAR = 36
_FIGURE_HEIGHT = 16


class BarChart(QWidget):
    """Bars with their count above and their label below; the tooltip says both."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._bars: tuple[tuple[str, int], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def show_bars(self, bars: Sequence[tuple[str, int]]) -> None:
        """(label, count) from left to right."""
        self._bars = tuple(bars)
        spoken = ", ".join(f"{label}: {count}" for label, count in bars)
        self.setAccessibleName(f"{self._name}. {spoken}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 120)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(Type.BADGE, tabular=True))
        base = self.height() - _LABEL_HEIGHT
        tallest = max((count for _, count in self._bars), default=0)
        for place, (label, count) in enumerate(self._bars):
            slot = self._slot(place)
            height = (base - _FIGURE_HEIGHT) * count / tallest if tallest else 0
            width = min(slot.width() - 4, WIDEST_BAR)
            bar = QRectF(slot.center().x() - width / 2, base - height, width, height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("done_bar"))
            if count:
                painter.drawRoundedRect(bar, 2, 2)
            painter.setPen(theme.color("muted"))
            below = QRectF(slot.left(), base + 2, slot.width(), _LABEL_HEIGHT - 2)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, label)
            if count:
                above = QRectF(slot.left(), bar.top() - 16, slot.width(), 15)
                painter.drawText(above, Qt.AlignmentFlag.AlignCenter, str(count))
        painter.setPen(theme.color("line"))
        painter.drawLine(0, base, self.width(), base)

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            for place, (label, count) in enumerate(self._bars):
                if self._slot(place).contains(event.pos()):
                    QToolTip.showText(event.globalPos(), f"{label}: {count}", self)
            return True
        return super().event(event)  # type: ignore[arg-type]

    def _slot(self, place: int) -> QRectF:
        width = self.width() / max(len(self._bars), 1)
        return QRectF(place * width, 0, width, self.height())
