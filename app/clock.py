"""Time comes from here, so that tests (and a dead CMOS battery) can say otherwise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "ICT")

Clock = Callable[[], datetime]


def now() -> datetime:
    """The local wall clock as an aware time in Vietnam's zone, whole seconds."""
    return datetime.now(VIETNAM).replace(microsecond=0)


def school_year_of(moment: datetime) -> str:
    """'2026-2027'; a school year starts in August."""
    first = moment.year if moment.month >= 8 else moment.year - 1
    return f"{first}-{first + 1}"
