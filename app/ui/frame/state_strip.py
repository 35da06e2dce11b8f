"""What is true now: saved, token, network, backup, who. Every state has an icon and a word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.ui import icons, theme
from app.ui.theme import Tone, Type
from app.ui.widgets.basics import plain
from app.ui.widgets.state import tone_color


class Place(Enum):
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


class StateStrip(QFrame):
    clicked = Signal(object)
    """Place"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self._items: dict[Place, QPushButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(6)
        for place in Place:
            if place is Place.WHO:
                layout.addStretch(1)
            layout.addWidget(self._add(place))
        self.setFixedHeight(32)

    def show_state(self, place: Place, state: StripState) -> None:
        """Empty words hide the item."""
        item = self._items[place]
        item.setText(" " + plain(state.words))
        item.setVisible(bool(state.words))
        item.setToolTip(state.tip)
        item.setAccessibleName(state.words)
        theme.set_tone(item, state.tone)
        icons.put(item, state.icon or place.value, tone_color(state.tone), 15)

    def _add(self, place: Place) -> QPushButton:
        item = QPushButton()
        item.setObjectName("stripItem")
        item.setFont(theme.font(Type.SMALL, tabular=True))
        item.clicked.connect(lambda: self.clicked.emit(place))
        item.hide()
        self._items[place] = item
        return item
