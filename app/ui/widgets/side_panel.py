"""Details open at the right of the page, not in a new window."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from app.ui import icons, theme
from app.ui.theme import Type
from app.ui.widgets.basics import column, text

WIDTH = 360


class SidePanel(QFrame):
    """A titled panel; slides in where the system allows movement. Esc closes it."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._title = text("", Type.SUBTITLE, wrap=True)
        close = QToolButton()
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
        self._slide = QPropertyAnimation(self, b"maximumWidth", self)
        self._slide.setDuration(theme.SLIDE_MS)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.hide()

    def open_with(self, content: QWidget, title: str) -> None:
        """Show `content`; the panel owns it and deletes what it showed before."""
        was_open = self.isVisible()
        sheet = QWidget()
        sheet.setLayout(column(content, None))
        self._area.setWidget(sheet)
        self._title.setText(title)
        self.setAccessibleName(title)
        self.show()
        if was_open or theme.reduced_motion():
            self.setMaximumWidth(WIDTH)
            self.setMinimumWidth(WIDTH)
            return
        self.setMinimumWidth(0)
        self._slide.setStartValue(0)
        self._slide.setEndValue(WIDTH)
        self._slide.start()

    def dismiss(self) -> None:
        self._slide.stop()
        self.hide()
        self.closed.emit()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        hint.setWidth(WIDTH)
        return hint

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)
