"""The record's journey as a row of steps: round icon, name, how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QWidget

from app.ui.kit.basics import column as stack
from app.ui.kit.basics import text
from app.ui.kit.state import tone_color
from app.ui.theme import icons
from app.ui.theme.theme import Tone, Type


@dataclass(frozen=True, slots=True)
class Step:
    icon: str
    name: str
    detail: str
    tone: Tone = Tone.NEUTRAL


class StepStrip(QWidget):
    """Steps from left to right, joined by a line; the first amber one is where we are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(0)
        self._grid.setVerticalSpacing(3)

    def show_steps(self, steps: Sequence[Step]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for place, step in enumerate(steps):
            self._put(place, step, first=place == 0, last=place == len(steps) - 1)
        self.setAccessibleName("; ".join(f"{s.name}: {s.detail}" for s in steps))

    def _put(self, place: int, step: Step, *, first: bool, last: bool) -> None:
        top = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        disc = QLabel()
        disc.setObjectName("round")
        disc.setFixedSize(34, 34)
        disc.setAlignment(Qt.AlignmentFlag.AlignCenter)
        disc.setProperty("tone", step.tone.value)
        icons.put(disc, step.icon, tone_color(step.tone), 17)
        name = text(step.name, Type.STRONG, wrap=True)
        name.setAlignment(top)
        detail = text(step.detail, Type.SMALL, muted=True, wrap=True)
        detail.setAlignment(top)
        column = place * 3
        self._grid.addWidget(_join(shown=not first), 0, column)
        self._grid.addWidget(disc, 0, column + 1)
        self._grid.addWidget(_join(shown=not last), 0, column + 2)
        words = QWidget()
        words.setLayout(stack(name, detail, None, gap=0))
        self._grid.addWidget(words, 1, column, 1, 3)
        self._grid.setColumnStretch(column, 1)
        self._grid.setColumnStretch(column + 2, 1)


def _join(*, shown: bool) -> QFrame:
    line = QFrame()
    line.setFixedHeight(2)
    line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    if shown:
        line.setObjectName("rule")
    return line
