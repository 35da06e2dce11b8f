"""Icons: one family (Remix, line weight) through QtAwesome, tinted from the theme."""

from __future__ import annotations

from collections.abc import Iterable

import qtawesome
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from app.ui import theme

GLYPHS = {
    "home": "home-5-line",
    "class": "group-line",
    "grid": "table-line",
    "record": "file-text-line",
    "sign": "pencil-line",
    "stick": "u-disk-line",
    "send": "send-plane-line",
    "practice": "book-read-line",
    "help": "question-line",
    "settings": "settings-3-line",
    "book": "book-open-line",
    "check": "check-line",
    "checked": "checkbox-circle-line",
    "lock": "lock-2-line",
    "stamp": "award-line",
    "shield": "shield-check-line",
    "offline": "wifi-off-line",
    "online": "wifi-line",
    "signal": "signal-wifi-1-line",
    "user": "user-line",
    "search": "search-line",
    "show": "eye-line",
    "hide": "eye-off-line",
    "close": "close-line",
    "stop": "close-circle-line",
    "attention": "error-warning-line",
    "alert": "alert-line",
    "clock": "time-line",
    "undo": "arrow-go-back-line",
    "redo": "arrow-go-forward-line",
    "chart": "bar-chart-2-line",
    "save": "save-line",
    "info": "information-line",
    "file_in": "file-download-line",
    "file_out": "file-upload-line",
    "key": "key-2-line",
    "print": "printer-line",
    "remove": "delete-bin-line",
    "add": "add-line",
    "right": "arrow-right-s-line",
    "left": "arrow-left-s-line",
    "down": "arrow-down-s-line",
    "pause": "pause-line",
    "play": "play-line",
    "list": "list-check-2",
    "folder": "folder-open-line",
    "archive": "archive-line",
    "comment": "chat-quote-line",
    "department": "government-line",
    "inbox": "inbox-line",
    "fold": "menu-fold-line",
    "unfold": "menu-unfold-line",
    "forbidden": "forbid-line",
    "history": "history-line",
    "refresh": "refresh-line",
    "backup": "archive-line",
    "idea": "lightbulb-line",
}
SIZE = 18


def icon(name: str, color: str = "text") -> QIcon:
    """An icon in a colour of the theme (a field name of `theme.Colors`).

    The disabled form is muted.
    """
    made: QIcon = qtawesome.icon(
        f"ri.{GLYPHS[name]}", color=theme.color(color), color_disabled=theme.color("muted")
    )
    return made


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
