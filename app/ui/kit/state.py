"""States: a chip (icon, word, colour), a big number, a bar with its figure."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.ui.kit.basics import glyph, text
from app.ui.theme import icons, theme
from app.ui.theme.theme import Tone, Type

_ICONS = {
    Tone.NEUTRAL: "info",
    Tone.ACCENT: "checked",
    Tone.WAITS: "clock",
    Tone.MOVING: "send",
    Tone.DONE: "check",
    Tone.DECIDE: "attention",
}


def tone_icon(tone: Tone) -> str:
    """The icon that says the same as the colour."""
    return _ICONS[tone]


def tone_color(tone: Tone) -> str:
    """Name of the theme colour of a tone's text."""
    return "muted" if tone is Tone.NEUTRAL else tone.value


class StateChip(QFrame):
    """A small rounded word with its icon and colour."""

    def __init__(
        self, words: str, tone: Tone, icon: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("chip")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 9, 2)
        layout.setSpacing(5)
        self._glyph = glyph(icon or tone_icon(tone), tone_color(tone), 13)
        self._words = text(words, Type.SMALL, tone=tone)
        layout.addWidget(self._glyph)
        layout.addWidget(self._words)
        self.setSizePolicy(self.sizePolicy().Policy.Fixed, self.sizePolicy().Policy.Fixed)
        self.show_state(words, tone, icon)

    def show_state(self, words: str, tone: Tone, icon: str = "") -> None:
        theme.set_tone(self, tone)
        theme.set_tone(self._words, tone)
        self._words.setText(words)
        icons.put(self._glyph, icon or tone_icon(tone), tone_color(tone), 13)
        self.setAccessibleName(words)


class CountTile(QFrame):
    """A big number with what it counts, and a line of detail."""

    def __init__(
        self, words: str, tone: Tone = Tone.NEUTRAL, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._tone = tone
        self._figure = text("0", Type.FIGURE, tone=tone)
        self._glyph = glyph(tone_icon(tone), tone_color(tone), 20)
        self._title = text(words, Type.STRONG)
        self._detail = text("", Type.SMALL, muted=True)
        self._all = QVBoxLayout(self)
        self._all.setContentsMargins(18, 12, 18, 12)
        self._all.setSpacing(1)
        self._head = QHBoxLayout()
        self._head.setSpacing(8)
        self._head.addWidget(self._figure)
        self._head.addStretch(1)
        self._head.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        self._all.addLayout(self._head)
        self._all.addWidget(self._title)
        self._all.addWidget(self._detail)

    def set_dense(self, dense: bool) -> None:
        """The word beside its figure instead of below, where a low window needs the height."""
        if dense == (self._head.indexOf(self._title) >= 0):
            return
        if dense:
            self._all.removeWidget(self._title)
            self._head.insertWidget(1, self._title)
        else:
            self._head.removeWidget(self._title)
            self._all.insertWidget(1, self._title)
        sides, ends = (14, 6) if dense else (18, 12)
        self._all.setContentsMargins(sides, ends, sides, ends)

    def show_count(self, count: int, detail: str = "") -> None:
        """Nothing to count is no alarm: zero is shown without colour."""
        tone = self._tone if count else Tone.NEUTRAL
        self._figure.setText(f"{count:,}".replace(",", "."))
        theme.set_tone(self._figure, tone)
        icons.put(self._glyph, tone_icon(self._tone), tone_color(tone), 20)
        self._detail.setText(detail)
        self.setAccessibleName(f"{self._title.text()}: {count}. {detail}")


class ProgressRow(QWidget):
    """A name, a bar and its figure."""

    def __init__(self, words: str, name_width: int = 112, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = text(words)
        self._name.setFixedWidth(name_width)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self._figure = text("", muted=True)
        self._figure.setFont(theme.font(tabular=True))
        self._figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._figure.setMinimumWidth(46)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._name)
        layout.addWidget(self.bar, 1)
        layout.addWidget(self._figure)

    def show_share(self, done: int, total: int, figure: str = "", tone: Tone | None = None) -> None:
        """`figure` replaces the percentage; without a tone: green when full, amber before."""
        percent = 100 * done // total if total else 0
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(done)
        full = total > 0 and done >= total
        theme.set_tone(self.bar, tone or (Tone.DONE if full else Tone.WAITS))
        self._figure.setText(figure or f"{percent} %")
        self.bar.setAccessibleName(f"{self._name.text()}: {done} / {total}")
