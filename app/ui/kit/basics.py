"""Text, glyphs, buttons, cards and the two ways to lay them out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import icons, theme
from app.ui.theme.theme import Tone, Type


def text(
    words: str = "",
    kind: Type = Type.BODY,
    *,
    muted: bool = False,
    tone: Tone | None = None,
    wrap: bool = False,
    parent: QWidget | None = None,
) -> QLabel:
    """A label of plain text; never rich text, so that a pupil's name cannot be markup."""
    label = QLabel(words, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFont(theme.font(kind))
    label.setProperty("muted", muted)
    if tone is not None:
        label.setProperty("tone", tone.value)
    label.setWordWrap(wrap)
    if wrap:
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        label.setSizePolicy(policy)
    return label


def plain(words: str) -> str:
    """Words for a button: an ampersand, as in 'TH&THCS', stays an ampersand."""
    return words.replace("&", "&&")


def glyph(name: str, color: str = "muted", size: int = icons.SIZE) -> QLabel:
    """An icon beside a word; screen readers read the word, not this."""
    label = QLabel()
    icons.put(label, name, color, size)
    label.setFixedWidth(size)
    return label


class ActButton(QPushButton):
    """Enter presses it as Space does; in a dialog it goes before the default button."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def button(
    words: str,
    icon: str = "",
    *,
    primary: bool = False,
    quiet: bool = False,
) -> QPushButton:
    """A button that names its act."""
    made = ActButton(plain(words))
    made.setProperty("primary", primary)
    made.setProperty("quiet", quiet)
    made.setAutoDefault(False)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setMinimumHeight(theme.HIT_HEIGHT)
    if primary:
        made.setFont(theme.font(Type.STRONG))
    if icon:
        made.setText(" " + made.text())
        made.setAccessibleName(words)
        icons.put(made, icon, "on_accent" if primary else "accent" if quiet else "text")
    return made


def rule() -> QFrame:
    """A thin line."""
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedHeight(1)
    return line


def column(*parts: QWidget | QLayout | int | None, margin: int = 0, gap: int = 2) -> QVBoxLayout:
    """Parts under one another. An int is a gap of that many grid units, None stretches.

    `margin` and `gap` are in grid units of 4 px.
    """
    layout = QVBoxLayout()
    _fill(layout, parts, margin, gap)
    return layout


def row(*parts: QWidget | QLayout | int | None, margin: int = 0, gap: int = 2) -> QHBoxLayout:
    """Parts beside one another; see `column`."""
    layout = QHBoxLayout()
    _fill(layout, parts, margin, gap)
    return layout


def keep_tab_order(place: QWidget) -> None:
    """What was built late inside `place` is reached by Tab where it lies.

    Qt puts it at the end of the window's order, behind everything that was there before.
    """
    before: QWidget = place
    while not _takes_tab(before):
        before = before.previousInFocusChain() or place
        if before is place:
            return
    for part in filter(_takes_tab, place.findChildren(QWidget)):
        QWidget.setTabOrder(before, part)
        before = part


def _takes_tab(part: QWidget) -> bool:
    tab = Qt.FocusPolicy.TabFocus
    return part.focusPolicy() & tab == tab


def _fill(
    layout: QVBoxLayout | QHBoxLayout,
    parts: tuple[QWidget | QLayout | int | None, ...],
    margin: int,
    gap: int,
) -> None:
    layout.setContentsMargins(*[margin * theme.GRID] * 4)
    layout.setSpacing(gap * theme.GRID)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, int):
            layout.addSpacing(part * theme.GRID)
        elif isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)


class Card(QFrame):
    """A white sheet with an optional section title."""

    def __init__(self, title: str = "", parent: QWidget | None = None, margin: int = 4) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(*[margin * theme.GRID or 1] * 4)
        self.body.setSpacing(2 * theme.GRID)
        if title:
            self.setAccessibleName(title)
            self.body.addWidget(text(title, Type.SECTION))

    def add(self, *parts: QWidget | QLayout | int | None) -> Card:
        """Add parts below one another; see `column`."""
        for part in parts:
            if part is None:
                self.body.addStretch(1)
            elif isinstance(part, int):
                self.body.addSpacing(part * theme.GRID)
            elif isinstance(part, QWidget):
                self.body.addWidget(part)
            else:
                self.body.addLayout(part)
        return self
