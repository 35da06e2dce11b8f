"""Several parcels on their way at once, where that was measured to be faster."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial

from app.outbox import DueParcel
from app.sync.client import StationClient
from app.work import Progress, WorkContext

MOST = 4
"""A school's other users want their share of the line too."""
FAR_SECONDS = 0.6
"""A satellite, or 2G under load."""
_MOST_NEAR = 3
"""Of two, one that waits for a lost packet leaves half of 2G idle; four lose more to cuts."""
_SETTLE_SECONDS, _WINDOW_SECONDS = 3.0, 6.0
_WORTH_BYTES = 2 * 1024 * 1024
"""Less is nearly over before a narrower way has proved itself: some minutes of 2G."""
_LOOK_SECONDS = 0.25


class Concurrency:
    """How many parcels leave at once: what was measured to be fastest, from 1 to `MOST`.

    One TCP connection cannot fill a lossy line, nor begin a long way well; on a good one several
    only get into each other's way. So it begins wide, and gets narrower where that is as fast.
    """

    def __init__(self) -> None:
        self.wide = 1
        self._best = (0.0, 1)
        self._is_met = self._is_tried = False
        self._window: tuple[float, int] | None = None

    def met(self, round_trip: float) -> None:
        """The length of the way in seconds, 0 while nobody knows."""
        if round_trip and not self._is_met:
            self._is_met = True
            self.wide = MOST if round_trip >= FAR_SECONDS else _MOST_NEAR

    def look(self, at: float, moved: int, left: int, busy: int) -> None:
        """At the moment `at` (seconds), `moved` bytes have left so far, and `left` have not yet.

        They leave on `busy` connections now.
        """
        if self._is_tried or not self._is_met:
            return
        if busy != self.wide:
            self._window = None
        elif self._window is None:
            self._window = (at + _SETTLE_SECONDS, -1)
        elif at >= self._window[0] and self._window[1] < 0:
            self._window = (at, moved)
        elif self._window[1] >= 0 and at - self._window[0] >= _WINDOW_SECONDS:
            self._judge((moved - self._window[1]) / (at - self._window[0]), left)
            self._window = None

    def _judge(self, rate: float, left: int) -> None:
        if rate < self._best[0]:
            self.wide, self._is_tried = self._best[1], True
            return
        if left < _WORTH_BYTES:
            return
        self._best = (rate, self.wide)
        self._is_tried = self.wide == 1
        self.wide = max(1, self.wide // 2)


class ParallelSender:
    """Each carries one parcel at a time over a connection and on a thread of its own.

    All its methods are for the one thread that made it; only the network is used elsewhere.
    """

    def __init__(self, client: StationClient, context: WorkContext, total: int) -> None:
        """`total`: bytes that shall go, for the progress that `context` is told."""
        self._client = client
        self._more: list[StationClient] = []
        self._idle = [(client, 0)]
        self._context = context
        self._threads = ThreadPoolExecutor(MOST, "lane")
        self._under_way: dict[Future[list[str]], tuple[DueParcel, StationClient]] = {}
        self._width = Concurrency()
        self._progress = _SenderProgress(context, total)

    @property
    def busy(self) -> bool:
        return bool(self._under_way)

    @property
    def have_room(self) -> bool:
        """A parcel that only waits for its receipts leaves the line to the next one."""
        return self._leaving < self._width.wide and len(self._under_way) < MOST

    @property
    def _leaving(self) -> int:
        parcels = [parcel for parcel, _ in self._under_way.values()]
        return sum(self._progress.at(one.sha256) < one.size for one in parcels)

    def carry(self, parcel: DueParcel, payload: bytes) -> None:
        client = self._free_client()
        moved: Callable[[int], None] = partial(self._progress.moved, parcel.sha256)
        future = self._threads.submit(
            client.submit,
            parcel.sha256,
            payload,
            self._context.cancel,
            moved,
            resume=parcel.attempts > 0,
        )
        self._under_way[future] = (parcel, client)

    def arrivals(self) -> list[tuple[DueParcel, Future[list[str]]]]:
        """Parcels whose outcome is known now: tokens, or what `StationClient.submit` raises.

        Waits a moment for the first.
        """
        ended, _ = wait(self._under_way, _LOOK_SECONDS, FIRST_COMPLETED)
        self._width.met(self._client.round_trip)
        self._width.look(
            time.monotonic(), self._progress.so_far, self._progress.left, self._leaving
        )
        arrived = []
        for future in ended:
            parcel, client = self._under_way.pop(future)
            self._idle.append((client, self._cuts_met()))
            arrived.append((parcel, future))
        return arrived

    def close(self) -> list[DueParcel]:
        """Stop what is still under way, and say what that was."""
        left = [parcel for parcel, _ in self._under_way.values()]
        if left:
            self._context.cancel.cancel()
        self._threads.shutdown()
        for client, cuts in self._idle:
            self._leave_dead_connection(client, cuts)
        for client in self._more:
            self._client.bytes_sent += client.bytes_sent
            client.close()
        return left

    def _free_client(self) -> StationClient:
        if not self._idle:
            return self._another()
        client, cuts = self._idle.pop()
        self._leave_dead_connection(client, cuts)
        return client

    def _leave_dead_connection(self, client: StationClient, cuts: int) -> None:
        """What lay idle while others were cut is as dead as they, and silent about it."""
        if cuts != self._cuts_met():
            client.reconnect()

    def _cuts_met(self) -> int:
        return sum(client.cuts for client in [self._client, *self._more])

    def _another(self) -> StationClient:
        made = self._client.another()
        self._more.append(made)
        return made


class _SenderProgress:
    """Told by all lanes at once."""

    def __init__(self, context: WorkContext, total: int) -> None:
        self._context = context
        self._total = total
        self._lock = threading.Lock()
        self._at: dict[str, int] = {}
        self._started = time.monotonic()

    @property
    def left(self) -> int:
        return self._total - self.so_far

    @property
    def so_far(self) -> int:
        with self._lock:
            return sum(self._at.values())

    def at(self, sha256: str) -> int:
        with self._lock:
            return self._at.get(sha256, 0)

    def moved(self, sha256: str, at: int) -> None:
        with self._lock:
            self._at[sha256] = at
            done = sum(self._at.values())
        rate = done / 1024 / max(time.monotonic() - self._started, 0.001)
        far = f"{done / 1024:.0f} / {self._total / 1024:.0f} KB"
        self._context.report(Progress(done, self._total, f"{rate:.0f} KB/s", far=far))
