"""What is painted first: a light window that says what happens until the pages are there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.ui.kit.basics import Card, glyph, row, text
from app.ui.shell.ribbon import PracticeRibbon
from app.ui.theme import icons, theme
from app.ui.theme.theme import Tone, Type
from app.work import Progress

CARD_WIDTH = 560


class OpeningWindow(QWidget):
    """One card in the middle. `show_parts` replaces what stands in it."""

    def __init__(self, *, practice: bool = False) -> None:
        super().__init__()
        self.setObjectName("ground")
        self.setWindowTitle("Hocba")
        self.setWindowIcon(icons.icon("book", "accent"))
        self.setMinimumSize(QSize(880, 460))
        self.resize(1366, 768)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        if practice:
            self._layout.addWidget(PracticeRibbon())
        self._layout.addStretch(1)
        self._card = QWidget()
        self._middle = QHBoxLayout()  # stretches, not an alignment: wrapped words need their height
        self._middle.addStretch(1)
        self._middle.addWidget(self._card)
        self._middle.addStretch(1)
        self._layout.addLayout(self._middle)
        self._layout.addStretch(2)
        self._bar: QProgressBar | None = None
        self._doing = text("", muted=True)
        leave = QShortcut(QKeySequence(QKeySequence.StandardKey.Quit), self)
        leave.activated.connect(self.close)

    def show_parts(self, title: str, parts: Sequence[QWidget | int], icon: str = "book") -> None:
        """A heading and parts under one another; an int is a gap in grid units."""
        self._bar = None
        card = Card(margin=7)
        card.setFixedWidth(CARD_WIDTH)
        card.add(row(glyph(icon, "accent", 28), text(title, Type.TITLE, wrap=True), gap=3), 1)
        card.add(*parts)
        self._middle.replaceWidget(self._card, card)
        self._card.deleteLater()
        self._card = card

    def show_waiting(self, title: str, detail: str = "") -> None:
        """A bar without an end until `show_progress` knows one."""
        bar = QProgressBar()
        bar.setTextVisible(False)
        bar.setRange(0, 0)
        theme.set_tone(bar, Tone.MOVING)
        bar.setAccessibleName(title)
        self._doing = text("", Type.SMALL, muted=True)
        parts: list[QWidget | int] = [text(detail, muted=True, wrap=True)] if detail else []
        self.show_parts(title, [*parts, 2, bar, self._doing])
        self._bar = bar

    def show_progress(self, progress: Progress) -> None:
        if self._bar is None:
            return
        self._bar.setRange(0, progress.total)
        self._bar.setValue(progress.done)
        self._doing.setText(progress.what)
