"""Menus made of words and what they do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QMenu, QWidget

Act = tuple[str, Callable[[], None]]


def menu(parent: QWidget, acts: Sequence[Act | None]) -> QMenu:
    """None is a line between."""
    made = QMenu(parent)
    for act in acts:
        if act is None:
            made.addSeparator()
            continue
        words, do = act
        made.addAction(words).triggered.connect(lambda _=False, do=do: do())
    return made
