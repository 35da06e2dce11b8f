"""How fast the way to the station is, and therefore how long silence on it may last."""

from __future__ import annotations

import time
from collections.abc import Callable

SEND_BUFFER = 16 * 1024
"""To begin with. Small, so that what was handed to the system is nearly what has left; and what
a 2G link carries in two seconds, so that it does not run dry while a lost packet is repeated."""
_LARGEST_BUFFER = 1024 * 1024
_SILENCE_SECONDS = 3.5
_UNKNOWN_SILENCE_SECONDS = 8.0
_LONGEST_SILENCE_SECONDS = 30.0
_UNKNOWN_RATE = 2000.0
_FIRST_LOOK_SECONDS, _WINDOW_SECONDS = 2.0, 10.0


class LinkPace:
    """Of one connection after the other to the same station; carries over when one is cut."""

    def __init__(
        self, now: Callable[[], float] = time.monotonic, company: list[LinkPace] | None = None
    ) -> None:
        """`company`: of the connections beside this one."""
        self._now = now
        self._company = [] if company is None else company
        self._company.append(self)
        self._opened = self._alive_at = now()
        """`_alive_at`: what it did then, a dead connection cannot do."""
        self.rate = 0.0
        """bytes per second, of the last seconds in which much was sent; 0: not known yet"""
        self.round_trip = 0.0
        """seconds, estimated from the quickest handshake; 0: not known yet"""
        self.buffer = SEND_BUFFER
        """bytes that the system holds for us before it makes us wait"""
        self._given = 0
        self._window = (0.0, 0)

    def beside(self) -> LinkPace:
        """Of one more connection to the same station at the same time."""
        return LinkPace(self._now, self._company)

    def connected(self, seconds: float) -> None:
        """One step of a handshake, a single round trip, took so long."""
        self._opened = self._alive_at = self._now()
        self.round_trip = min(seconds, self.round_trip or seconds)

    def begin(self) -> None:
        """A request begins: the buffer is empty, so the first bytes say nothing of the link."""
        self._given = 0

    def moved(self, count: int) -> bool:
        """The system took `count` bytes; whether `buffer` was enlarged.

        A buffer below what is under way would itself be the brake.
        """
        before, self._given = self._given, self._given + count
        if self._given <= self.buffer:
            return False
        self._alive_at = now = self._now()
        if before <= self.buffer:
            self._window = (now, self._given)
            return False
        since, given = self._window
        if now - since >= _FIRST_LOOK_SECONDS:
            self.rate = (self._given - given) / (now - since)
        if now - since >= _WINDOW_SECONDS:
            self._window = (now, self._given)
        return self._enlarge()

    def silence(self) -> float:
        """Seconds without one more piece leaving after which a connection alone counts as dead."""
        return self._silence(self.rate)

    def is_dead(self, since: float) -> bool:
        """Whether to give up a connection of which nothing has left since the moment `since`.

        A cut ends all connections at once. While one moves that is as old as this one, the way
        is there, and the system repeats a packet that was lost twice.
        """
        now, as_old = self._now(), self._moving_beside(since)
        last = max([since, *(one._alive_at for one in as_old)])
        rate = self.rate + sum(one.rate for one in as_old)
        return now - last >= self._silence(rate) or now - since >= _LONGEST_SILENCE_SECONDS

    def still_leaving(self) -> float:
        """Seconds that what lies in the buffer needs to leave."""
        return min(self._given, self.buffer) / (self.rate or _UNKNOWN_RATE) + self.round_trip

    def _moving_beside(self, since: float) -> list[LinkPace]:
        """Those that a cut since then would have ended too."""
        others = [one for one in self._company if one is not self]
        recently = since - _SILENCE_SECONDS
        return [o for o in others if o._opened < self._alive_at and o._alive_at > recently]

    def _silence(self, rate: float) -> float:
        if not rate:
            return _UNKNOWN_SILENCE_SECONDS
        # The system makes room again in steps of about a third of the buffer.
        usual = self.round_trip + self.buffer / 2 / rate
        return min(_SILENCE_SECONDS + usual, _LONGEST_SILENCE_SECONDS)

    def _enlarge(self) -> bool:
        if self.rate * self.round_trip <= 0.75 * self.buffer or self.buffer >= _LARGEST_BUFFER:
            return False
        self.buffer *= 2
        return True
