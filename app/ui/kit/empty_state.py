"""An empty place says what belongs there and offers the one next step."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.kit.basics import button, glyph, text
from app.ui.theme.theme import Type


class EmptyState(QWidget):
    def __init__(
        self,
        icon: str,
        title: str,
        detail: str = "",
        action: str = "",
        act: Callable[[], None] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        centre = Qt.AlignmentFlag.AlignHCenter
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(8)
        layout.addStretch(1)
        layout.addWidget(glyph(icon, "accent", 40), 0, centre)
        title_label = text(title, Type.SUBTITLE, wrap=True)
        title_label.setAlignment(centre)
        layout.addWidget(title_label)
        self._detail = text(detail, muted=True, wrap=True)
        self._detail.setAlignment(centre)
        self._detail.setVisible(bool(detail))
        layout.addWidget(self._detail)
        if action and act is not None:
            self.action = button(action, primary=True)
            self.action.clicked.connect(act)
            layout.addSpacing(8)
            layout.addWidget(self.action, 0, centre)
        layout.addStretch(2)
        self.setAccessibleName(f"{title} {detail}".strip())
