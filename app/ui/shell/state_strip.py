"""What is true now: saved, token, network, backup, who. Every state has an icon and a word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.ui.kit.basics import plain
from app.ui.kit.state import tone_color
from app.ui.theme import icons, theme
from app.ui.theme.theme import Tone, Type


class StripPlace(Enum):
    """The items of the strip, left to right; the value is the icon."""

    SAVED = "check"
    TOKEN = "key"  # noqa: S105 - an icon
    NETWORK = "offline"
    BACKUP = "shield"
    WHO = "user"


@dataclass(frozen=True, slots=True)
class StripState:
    words: str
    tone: Tone = Tone.NEUTRAL
    icon: str = ""
    tip: str = ""


class _StripItem(QPushButton):
    """Where the strip is too short for its words they end in '…'."""

    def __init__(self, *, gives_way: bool) -> None:
        super().__init__()
        self._words = self._shown = ""
        self._gives_way = gives_way

    def say(self, words: str) -> None:
        self._words = " " + words
        self._show(self._words)
        self._fit()

    def sizeHint(self) -> QSize:
        """Of all words, whatever is shown of them."""
        hint, metrics = super().sizeHint(), self.fontMetrics()
        cut = metrics.horizontalAdvance(self._words) - metrics.horizontalAdvance(self._shown)
        return QSize(hint.width() + cut, hint.height())

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(hint.width(), _LEAST), hint.height()) if self._gives_way else hint

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics = self.fontMetrics()
        lacks = self.sizeHint().width() - self.width()
        shown = self._words
        if lacks > _ROUNDED:
            room = metrics.horizontalAdvance(self._words) - lacks
            shown = metrics.elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        if shown != self._shown:
            self._show(shown)

    def _show(self, words: str) -> None:
        self._shown = words
        self.setText(plain(words))


_LEAST = 90
_ROUNDED = 1
"""Pixels that widths in fractions of one may seem to lack."""


class StateStrip(QFrame):
    clicked = Signal(object)
    """Place"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self._items: dict[StripPlace, _StripItem] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(6)
        for place in StripPlace:
            if place is StripPlace.WHO:
                layout.addStretch(1)
            layout.addWidget(self._add(place))
        self.setFixedHeight(32)

    def item(self, place: StripPlace) -> QPushButton:
        """The place's button: its words and its tip."""
        return self._items[place]

    def show_state(self, place: StripPlace, state: StripState) -> None:
        """Empty words hide the item."""
        item = self._items[place]
        item.say(state.words)
        item.setVisible(bool(state.words))
        item.setToolTip(state.tip or state.words)
        item.setAccessibleName(state.words)
        theme.set_tone(item, state.tone)
        icons.put(item, state.icon or place.value, tone_color(state.tone), 15)

    def _add(self, place: StripPlace) -> QPushButton:
        item = _StripItem(gives_way=place is StripPlace.TOKEN)  # it names a person: the longest
        item.setObjectName("stripItem")
        item.setFont(theme.font(Type.SMALL, tabular=True))
        item.clicked.connect(lambda: self.clicked.emit(place))
        item.hide()
        self._items[place] = item
        return item
