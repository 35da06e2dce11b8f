"""Shall we make it by the deadline? What has come day by day, and where the last two weeks lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_RECENT = 14
_AHEAD = 60
"""So far beyond today the drawing reaches when the deadline does not."""
_FARTHEST = 366
_HEIGHT = 150
"""Of the drawing, in its own units and in pixels; its width is 1000 units, whatever the screen."""


@dataclass(frozen=True, slots=True)
class ChartMark:
    """A place on the axis of days."""

    x: float
    """Percent of the width."""
    words: str

    @property
    def anchor(self) -> str:
        """So that the words stay inside the drawing."""
        return "start" if self.x < 20 else "end" if self.x > 80 else "middle"


@dataclass(frozen=True, slots=True)
class ForecastChart:
    """`points`, `ahead`: of polylines, in units of 1000 by `height`; `ahead` '' where there is
    nothing to look forward to."""

    points: str
    ahead: str
    goal_y: float
    """Of what was declared."""
    start: ChartMark | None
    today: ChartMark
    deadline: ChartMark | None
    height: int = _HEIGHT


@dataclass(frozen=True, slots=True)
class DeadlineForecast:
    """`arrived`: (day, records that came on it), oldest first; no deadline: None."""

    arrived: Sequence[tuple[date, int]]
    declared: int
    missing: int
    today: date
    deadline: date | None

    @property
    def per_day(self) -> float:
        """Over the last two weeks, or since the first record came."""
        recent = [(day, count) for day, count in self.arrived if self._is_recent(day)]
        days = min(_RECENT, (self.today - self.arrived[0][0]).days + 1) if self.arrived else 1
        return sum(count for _, count in recent) / max(1, days)

    @property
    def complete_on(self) -> date | None:
        """If it goes on so; None: not within a year."""
        if not self.per_day or self.missing / self.per_day > _FARTHEST:
            return None
        return self.today + timedelta(days=-int(-self.missing // self.per_day))

    @property
    def needed_per_day(self) -> int:
        """To make it; 0 where there is no deadline to make any more."""
        if self.deadline is None or self.deadline <= self.today:
            return 0
        return -(-self.missing // (self.deadline - self.today).days)

    @property
    def days_early(self) -> int | None:
        """Before the deadline; below zero: late."""
        done = self.complete_on
        return (self.deadline - done).days if done and self.deadline else None

    def chart(self) -> ForecastChart | None:
        """None while nothing has come, or nothing was declared to compare with."""
        if not self.arrived or not self.declared:
            return None
        first = min(self.arrived[0][0], self.today) - timedelta(days=1)
        last = min(self.complete_on or self.today, self.today + timedelta(days=_AHEAD))
        span = (max(self.today, last, self.deadline or self.today) - first).days
        held, steps = 0, [(0, 0)]
        for day, count in self.arrived:
            held += count
            steps.append((min((day - first).days, span), held))
        now, top = (self.today - first).days, max(self.declared, held)
        steps.append((now, held))

        def point(days: float, count: float) -> str:
            return f"{1000 * days / span:.1f},{_HEIGHT * (1 - count / top):.1f}"

        reached = min(self.declared, held + self.per_day * (span - now))
        until = now + ((reached - held) / self.per_day if self.per_day else 0)
        goes_on = self.missing and until > now
        today = ChartMark(100 * now / span, f"hôm nay {self.today:%d/%m}")
        end = self.deadline
        return ForecastChart(
            " ".join(point(*step) for step in steps),
            f"{point(now, held)} {point(until, reached)}" if goes_on else "",
            _HEIGHT * (1 - self.declared / top),
            ChartMark(0, f"{self.arrived[0][0]:%d/%m}") if today.x > 35 else None,
            today,
            ChartMark(100 * (end - first).days / span, f"hạn {end:%d/%m}")
            if end and end > first
            else None,
        )

    def _is_recent(self, day: date) -> bool:
        return self.today - timedelta(days=_RECENT) < day <= self.today
