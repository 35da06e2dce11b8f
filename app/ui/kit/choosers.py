"""Lists and tabs to choose from. The wheel scrolls the page; it never changes what was chosen."""

from __future__ import annotations

from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QTabBar


class ChoiceBox(QComboBox):
    """A closed list whose value the wheel leaves alone; an open one scrolls as ever."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ignored, so that it goes on to whatever scrolls beneath."""
        event.ignore()


class TabRow(QTabBar):
    """Tabs that only a click or a key changes."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ignored, so that it goes on to whatever scrolls beneath."""
        event.ignore()
