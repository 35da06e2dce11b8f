"""Python's cycle collector runs at rest on the GUI thread, never inside Qt's own code.

The collector may start at any allocation: on a worker's thread, or while Qt is in the middle of
painting a view. Widgets that it frees there take the process with them. So it is switched off and
called from the event loop, when nothing of Qt's is on the stack.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 200
"""What a batch leaves behind in a whole second would take too long to look through at once."""
SETTLED_MS = 8_000
"""By then the pages are built, and what they are made of stays."""


class GarbageCollector(QObject):
    """One a program, a child of the application."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        timer = QTimer(self, interval=EVERY_MS)
        timer.timeout.connect(self._collect)
        timer.start()
        QTimer.singleShot(SETTLED_MS, self, self._settle)

    def _settle(self) -> None:
        """What is there now is not looked through again at every collection."""
        gc.collect()
        gc.freeze()

    def _collect(self) -> None:
        """The oldest generation that is due, as the collector itself would choose."""
        counts, limits = gc.get_count(), gc.get_threshold()
        due = [g for g in range(3) if counts[g] > limits[g]]
        if due:
            gc.collect(max(due))
