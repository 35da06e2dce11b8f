"""Practice is never mistaken for real work: a calm ribbon over every page."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.ui.kit.basics import glyph, text
from app.ui.theme.theme import Tone, Type

WORDS = "trường và học sinh tưởng tượng · không có giá trị pháp lý"


class PracticeRibbon(QFrame):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ribbon")
        self.setAccessibleName(f"Chế độ thực hành: {WORDS}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(24, 5, 24, 5)
        layout.setSpacing(8)
        layout.addWidget(glyph("practice", "waits", 16))
        layout.addWidget(text("Chế độ thực hành", Type.STRONG, tone=Tone.WAITS))
        layout.addWidget(text(f"· {WORDS}", tone=Tone.WAITS), 1)
