"""How long signing takes with one key: measured while it signs, kept for the next time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.signing.batch.signing_batch import Pause
from app.work import Progress, WorkContext

_ENOUGH = 3
"""Records after which the pace of a batch can be told."""
_DRAWING = 0.05
"""Seconds to draw a view, where none was measured; its code for paper and its seal are signed."""


@dataclass(frozen=True, slots=True)
class SigningPace:
    """Seconds a record's signature and a sealed view take; 0: not known."""

    record: float = 0.0
    view: float = 0.0

    def seconds(self, records: int, views: int) -> float | None:
        """For so many of both; None while nobody can know."""
        view = self.view or (self.record and 2 * self.record + _DRAWING)
        if (records and not self.record) or (views and not view):
            return None
        return records * self.record + views * view or None


class PaceMeter:
    """Watches the two parts of a job, records then views, and tells how long both still take."""

    def __init__(self, pace: SigningPace, pause: Pause, context: WorkContext, views: int) -> None:
        self.pace = pace
        self._pause, self._context, self._views = pause, context, views

    def records(self, what: str) -> WorkContext:
        """For signing; the views come after it. `what` is the part's name for the user."""
        return self._part(what, "record", lambda left: self.pace.seconds(left, self._views))

    def views(self, what: str) -> WorkContext:
        """For rendering and sealing."""
        return self._part(what, "view", lambda left: self.pace.seconds(0, left))

    def _part(
        self, what: str, measured: str, seconds_left: Callable[[int], float | None]
    ) -> WorkContext:
        begin = self._worked()

        def report(at: Progress) -> None:
            if at.done >= _ENOUGH:
                seconds = (self._worked() - begin) / at.done
                self.pace = replace(self.pace, **{measured: seconds})
            left = seconds_left(at.total - at.done)
            self._context.report(replace(at, what=what, seconds_left=left))

        return WorkContext(self._context.cancel, report)

    def _worked(self) -> float:
        return time.monotonic() - self._pause.held_seconds
