"""Time comes from here, so that tests (and a dead CMOS battery) can say otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "ICT")

TOLERANCE = timedelta(days=1)
"""How far two machines without a network may differ (a time zone, a wrong day): no less speaks
against a signature or a receipt. `app/signing/claimed_time.py` says what is said beyond it."""

Clock = Callable[[], datetime]


def now() -> datetime:
    """The local wall clock as an aware time in Vietnam's zone, whole seconds."""
    return datetime.now(VIETNAM).replace(microsecond=0)


def in_vietnam(moment: datetime) -> datetime:
    """An aware moment in Vietnam's zone.

    The calendar's last hours, as of certificates without an end, cannot be shifted: they stay.
    """
    try:
        return moment.astimezone(VIETNAM)
    except OverflowError:
        return moment.replace(tzinfo=VIETNAM)


def since_boot() -> timedelta:
    """How long this machine has been running; no wall clock is asked."""
    if sys.platform == "linux":
        return timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME))
    else:  # noqa: RET505 - the monotonic clock is it there
        return timedelta(seconds=time.monotonic())


def school_year_of(moment: datetime) -> str:
    """'2026-2027'; a school year starts in August."""
    first = moment.year if moment.month >= 8 else moment.year - 1
    return f"{first}-{first + 1}"
