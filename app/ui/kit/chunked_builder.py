"""Many small pieces of a page, a few at a time: the window answers in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from PySide6.QtCore import QObject, QTimer

AT_ONCE = 8


class ChunkedBuilder(QObject):
    """The first pieces at once, the others when the event loop comes round again."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: Iterator[Callable[[], None]] = iter(())
        self._again = QTimer(self, singleShot=True, interval=0)
        self._again.timeout.connect(self._go)

    def begin(self, steps: Iterable[Callable[[], None]]) -> None:
        """What was begun before and is not done is dropped."""
        self._steps = iter(steps)
        self._go()

    def _go(self) -> None:
        few = list(islice(self._steps, AT_ONCE))
        for step in few:
            step()
        if len(few) == AT_ONCE:
            self._again.start()
