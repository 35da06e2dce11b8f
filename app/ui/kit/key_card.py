"""Whose certificate it is: always in sight where something will be signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.kit.basics import glyph, text
from app.ui.kit.state import tone_color, tone_icon
from app.ui.theme import icons, theme
from app.ui.theme.theme import Tone, Type


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """One thing that was looked at, e.g. 'Chứng thư còn hạn, đúng vai trò'."""

    words: str
    tone: Tone = Tone.DONE


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a person must see before signing."""

    owner: str
    role: str
    organization: str
    issuer: str
    valid_until: date
    checks: tuple[KeyCheck, ...] = ()

    def unusual(self) -> KeyFacts:
        """For little room: without what is as it should be, and the place everybody knows."""
        checks = tuple(check for check in self.checks if check.tone in (Tone.WAITS, Tone.DECIDE))
        return replace(self, organization="", checks=checks)

    @property
    def until(self) -> str:
        return f"{self.valid_until:%d/%m/%Y}"


class KeyCard(QWidget):
    """Owner, role, issuer, validity and the checks that were made."""

    def __init__(self, facts: KeyFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tile = QLabel()
        tile.setObjectName("round")
        tile.setFixedSize(44, 44)
        tile.setAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.set_tone(tile, Tone.ACCENT)
        icons.put(tile, "key", "accent", 22)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(text(facts.owner, Type.SUBTITLE, wrap=True))
        words.addWidget(text(_join(facts.role, facts.organization), muted=True, wrap=True))
        words.addWidget(
            text(f"Do {facts.issuer} cấp · đến {facts.until}", Type.SMALL, muted=True, wrap=True)
        )
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(tile, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        _add_checks(layout, facts.checks)
        self.setAccessibleName(
            f"Chứng thư của {facts.owner}, {_join(facts.role, facts.organization)}, "
            f"do {facts.issuer} cấp, hạn đến {facts.until}"
        )


def _join(*parts: str) -> str:
    return " · ".join(p for p in parts if p)


def _add_checks(layout: QVBoxLayout, checks: Sequence[KeyCheck]) -> None:
    for check in checks:
        layout.addLayout(check_line(check))


def check_line(check: KeyCheck) -> QHBoxLayout:
    """What was looked at, with the icon of how it stands."""
    icon = "clock" if check.tone is Tone.NEUTRAL else tone_icon(check.tone)
    line = QHBoxLayout()
    line.setSpacing(8)
    line.addWidget(glyph(icon, tone_color(check.tone), 16), 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(text(check.words, tone=check.tone, wrap=True), 1)
    return line
