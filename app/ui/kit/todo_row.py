"""One thing to do: icon, what, detail, and the button that leads there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.kit.basics import button, text
from app.ui.kit.state import tone_color
from app.ui.theme import icons, theme
from app.ui.theme.theme import Tone, Type


class TodoRow(QWidget):
    def __init__(
        self,
        icon: str,
        title: str,
        detail: str,
        action: str,
        act: Callable[[], None],
        *,
        tone: Tone = Tone.WAITS,
        primary: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        tile = QLabel()
        tile.setObjectName("round")
        tile.setFixedSize(34, 34)
        tile.setAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.set_tone(tile, tone)
        icons.put(tile, icon, tone_color(tone))
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(text(title, Type.STRONG, wrap=True))
        words.addWidget(text(detail, Type.SMALL, muted=True, wrap=True))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 10)
        layout.setSpacing(14)
        layout.addWidget(tile)
        layout.addLayout(words, 1)
        self.action = button(action, primary=primary)
        self.action.setAccessibleName(f"{action}: {title}")
        self.action.clicked.connect(act)
        layout.addWidget(self.action)
