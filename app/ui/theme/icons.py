"""Icons: one family (Remix 2.5, line weight), a font drawn in the colours of the theme."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from app import resources
from app.ui.theme import theme

GLYPHS = {
    "home": "\uee1f",  # home-5-line
    "class": "\uede3",  # group-line
    "grid": "\uf1de",  # table-line
    "record": "\ued0f",  # file-text-line
    "sign": "\uefe0",  # pencil-line
    "stick": "\uf23f",  # u-disk-line
    "send": "\uf0da",  # send-plane-line
    "practice": "\ueadd",  # book-read-line
    "help": "\uf045",  # question-line
    "settings": "\uf0e6",  # settings-3-line
    "book": "\ueadb",  # book-open-line
    "check": "\ueb7b",  # check-line
    "checked": "\ueb81",  # checkbox-circle-line
    "lock": "\ueecc",  # lock-2-line
    "stamp": "\uea8a",  # award-line
    "shield": "\uf100",  # shield-check-line
    "offline": "\uf2c2",  # wifi-off-line
    "online": "\uf2c0",  # wifi-line
    "signal": "\uf12c",  # signal-wifi-1-line
    "user": "\uf264",  # user-line
    "search": "\uf0d1",  # search-line
    "show": "\uecb5",  # eye-line
    "hide": "\uecb7",  # eye-off-line
    "close": "\ueb99",  # close-line
    "stop": "\ueb97",  # close-circle-line
    "attention": "\ueca1",  # error-warning-line
    "alert": "\uea21",  # alert-line
    "clock": "\uf20f",  # time-line
    "undo": "\uea58",  # arrow-go-back-line
    "redo": "\uea5a",  # arrow-go-forward-line
    "chart": "\uea96",  # bar-chart-2-line
    "save": "\uf0b3",  # save-line
    "copy": "\uecd5",  # file-copy-line
    "info": "\uee59",  # information-line
    "file_in": "\uecd9",  # file-download-line
    "file_out": "\ued15",  # file-upload-line
    "key": "\uee6f",  # key-2-line
    "print": "\uf029",  # printer-line
    "remove": "\uec2a",  # delete-bin-line
    "add": "\uea13",  # add-line
    "right": "\uea6e",  # arrow-right-s-line
    "left": "\uea64",  # arrow-left-s-line
    "down": "\uea4e",  # arrow-down-s-line
    "pause": "\uefd8",  # pause-line
    "play": "\uf00b",  # play-line
    "list": "\ueeb9",  # list-check-2
    "folder": "\ued70",  # folder-open-line
    "archive": "\uea48",  # archive-line
    "comment": "\ueb6b",  # chat-quote-line
    "department": "\uedd9",  # government-line
    "inbox": "\uee4f",  # inbox-line
    "fold": "\uef3d",  # menu-fold-line
    "unfold": "\uef40",  # menu-unfold-line
    "forbidden": "\ued95",  # forbid-line
    "history": "\uee17",  # history-line
    "refresh": "\uf064",  # refresh-line
    "backup": "\uea48",  # archive-line
    "idea": "\ueea9",  # lightbulb-line
}
SIZE = 18
_SHARE = 0.875
"""Of the icon's height that the glyph's font size takes; the rest is the font's own margin."""

_CLONES: list[QIconEngine] = []
"""Qt takes a clone without telling Python, which would free it under Qt's hands."""


class _Glyph(QIconEngine):
    """A character of the icon font, drawn at whatever size is asked for."""

    def __init__(self, character: str, color: QColor, disabled: QColor) -> None:
        super().__init__()
        self._character, self._color, self._disabled = character, color, disabled
        self._drawn: dict[tuple[int, int, bool], QPixmap] = {}

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        font = QFont(_family())
        font.setPixelSize(round(_SHARE * rect.height()))
        painter.save()
        painter.setFont(font)
        painter.setPen(self._disabled if mode is QIcon.Mode.Disabled else self._color)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._character)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        key = (size.width(), size.height(), mode is QIcon.Mode.Disabled)
        if key not in self._drawn:
            drawn = QPixmap(size)
            drawn.fill(Qt.GlobalColor.transparent)
            painter = QPainter(drawn)
            self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
            painter.end()
            self._drawn[key] = drawn
        return self._drawn[key]

    def clone(self) -> QIconEngine:
        made = _Glyph(self._character, self._color, self._disabled)
        _CLONES.append(made)
        return made


@cache
def _family() -> str:
    """The icon font's family name; loaded at the first icon."""
    number = QFontDatabase.addApplicationFont(str(resources.path("icons", "remixicon.ttf")))
    return QFontDatabase.applicationFontFamilies(number)[0]


def icon(name: str, color: str = "text") -> QIcon:
    """An icon in a colour of the theme (a field name of `theme.Colors`).

    The disabled form is muted.
    """
    colors = QColor(theme.color(color)), QColor(theme.color("muted"))
    return QIcon(_Glyph(GLYPHS[name], *colors))


def put(widget: QAbstractButton | QLabel, name: str, color: str = "text", size: int = SIZE) -> None:
    """Show an icon on a button or label, and keep its colour right when the scheme changes."""
    widget.setProperty("iconName", name)
    widget.setProperty("iconColor", color)
    widget.setProperty("iconPixels", size)
    _draw(widget)


def tint_again(widgets: Iterable[QWidget]) -> None:
    for widget in widgets:
        if isinstance(widget, QAbstractButton | QLabel) and widget.property("iconName"):
            _draw(widget)


def _draw(widget: QAbstractButton | QLabel) -> None:
    pixels = QSize(widget.property("iconPixels"), widget.property("iconPixels"))
    drawn = icon(widget.property("iconName"), widget.property("iconColor"))
    if isinstance(widget, QLabel):
        widget.setPixmap(drawn.pixmap(pixels, widget.devicePixelRatioF()))
    else:
        widget.setIcon(drawn)
        widget.setIconSize(pixels)
