"""What the mouse can reach: the acts of the grid, and the teacher's phrases."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

Act = tuple[str, str, Callable[[], object]]
"""Word, key, what it does."""


def act_menu(parent: QWidget, acts: Sequence[Act]) -> QMenu:
    """A menu that forgets itself when closed; the keys are shown, not bound again."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for word, key, act in acts:
        label = word.replace("&", "&&")
        action = menu.addAction(f"{label}\t{key}" if key else label)
        action.triggered.connect(lambda _=False, act=act: act())
    return menu
