"""The words on a button that signs: what it does and with whose name."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.ui.kit.basics import plain


def name_the_act(button: QPushButton, act: str, name: str, room: int) -> None:
    """'Ký 41 học bạ với tên …' in `room` pixels: on two lines where it must, a long name cut.

    The tooltip and the accessible name always say all of it.
    """
    whole, below = f"{act} với tên {name}", f"với tên {name}"
    metrics = button.fontMetrics()
    shown = whole
    if metrics.horizontalAdvance(whole) > room:
        shown = f"{act}\n{metrics.elidedText(below, Qt.TextElideMode.ElideRight, room)}"
        button.setMinimumHeight(2 * metrics.height() + 16)
    button.setText(plain(shown))
    button.setToolTip(whole)
    button.setAccessibleName(whole)
