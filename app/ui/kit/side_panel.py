"""Details open over the right edge of the page, not in a new window."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QPoint, QPropertyAnimation, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.ui.kit.basics import column, keep_tab_order, text
from app.ui.theme import icons, theme
from app.ui.theme.theme import Type

WIDTH = 360


class SidePanel(QFrame):
    """A titled panel; slides in where the system allows movement. Esc closes it."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._title = text("", Type.SUBTITLE, wrap=True)
        self._close = close = QToolButton()
        close.setAccessibleName("Đóng khung chi tiết")
        close.setToolTip("Đóng (Esc)")
        close.setMinimumSize(theme.HIT_HEIGHT, theme.HIT_HEIGHT)
        icons.put(close, "close", "muted")
        close.clicked.connect(self.dismiss)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.viewport().setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 12, 12)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._area, 1)
        self._slide = QPropertyAnimation(self, b"pos", self)
        self._slide.setDuration(theme.SLIDE_MS)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._home = QPoint()
        self._came_from: QWidget | None = None
        self.hide()

    def open_with(self, content: QWidget, title: str) -> None:
        """Show `content`; the panel owns it and deletes what it showed before.

        What wants to grow downwards takes the whole height.
        """
        was_open = self.isVisible()
        sheet = QWidget()
        grows = bool(content.sizePolicy().expandingDirections() & Qt.Orientation.Vertical)
        sheet.setLayout(column(content) if grows else column(content, None))
        self._area.setWidget(sheet)
        keep_tab_order(self._area)
        self._title.setText(title)
        self.setAccessibleName(title)
        if not was_open:
            self._came_from = QApplication.focusWidget()
        self.show()
        self.raise_()
        self._close.setFocus(Qt.FocusReason.OtherFocusReason)
        if not was_open and not theme.reduced_motion():
            self._slide.setStartValue(self._home + QPoint(WIDTH, 0))
            self._slide.setEndValue(self._home)
            self._slide.start()

    def place(self, room: QRect) -> None:
        """Stand at the right edge of `room` (in the parent's coordinates)."""
        self._slide.stop()
        width = min(WIDTH, room.width())
        self._home = QPoint(room.right() + 1 - width, room.top())
        self.setGeometry(QRect(self._home, room.bottomRight()))

    def dismiss(self) -> None:
        """Hide, and give the focus back to where it was."""
        if self.isHidden():
            return
        self._slide.stop()
        self.hide()
        if self._came_from is not None and isValid(self._came_from):
            self._came_from.setFocus(Qt.FocusReason.OtherFocusReason)
        self._came_from = None
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)
