"""When to try again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter, so that schools do not all return at once."""

    first: timedelta = timedelta(seconds=2)
    longest: timedelta = timedelta(minutes=15)

    def next_attempt(self, now: datetime, attempts: int, chance: random.Random) -> datetime:
        """`attempts`: how often it was tried so far, at least 1."""
        ceiling = min(self.longest, self.first * (1 << min(attempts, 16)))
        return now + ceiling * chance.random()


AFTER_BOOT = timedelta(minutes=10)


def wait_after_boot(running: timedelta, chance: random.Random) -> timedelta:
    """How long a contact that nobody asked for still waits, the machine `running` so long.

    All schools of a province switch their machines on at half past seven; their contacts are to
    spread over the ten minutes after that. A person's click and a network that came back wait
    for nothing.
    """
    return max(timedelta(0), AFTER_BOOT * chance.random() - running)
