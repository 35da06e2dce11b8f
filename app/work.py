"""What long work needs: a way to stop, a way to say how far it is. Knows no Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from app.errors import Cancelled


class CancelToken:
    """Set by the user, checked by the work where stopping is safe."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        if self._event.is_set():
            raise Cancelled

    def wait(self, seconds: float) -> None:
        """Sleep, but wake at once when cancelled."""
        if self._event.wait(seconds):
            raise Cancelled


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` steps; `what` is a message key or a short Vietnamese phrase."""

    done: int
    total: int
    what: str = ""
    seconds_left: float | None = None
    """Where the work knows better than the share that is done tells."""
    far: str = ""
    """'12 / 97 KB': how far in words, where the steps are no count for people."""


def _silent(_: Progress) -> None:
    return None


@dataclass(frozen=True, slots=True)
class WorkContext:
    """Passed to every long piece of work."""

    cancel: CancelToken = field(default_factory=CancelToken)
    report: Callable[[Progress], None] = _silent

    def step(self, done: int, total: int, what: str = "") -> None:
        """Stop if asked to, else report."""
        self.cancel.raise_if_cancelled()
        self.report(Progress(done, total, what))

    def report_done(self, total: int) -> None:
        self.report(Progress(total, total))
