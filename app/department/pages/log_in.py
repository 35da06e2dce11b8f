"""Log-ins wait in a short queue of their own, so that strangers who try stop nobody's work."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from app.department.store.officials import Officials
from app.errors import StationBusy

AT_ONCE = 2
"""Each password that is looked at takes 64 MiB of memory and a core for a moment."""
WAITING = 8
TRIES = 20
"""Of one address within `WINDOW_SECONDS`, for whatever names; then it is not even looked at."""
WINDOW_SECONDS = 300.0
_ADDRESSES = 10_000


class LogInQueue:
    """Derives passwords in threads of its own; full, it says so at once."""

    def __init__(self, officials: Officials) -> None:
        self._officials = officials
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="log-in")
        self._under_way = 0
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    async def log_in(self, login: str, password: str, address: str) -> str:
        """As `Officials.log_in`. Raises StationBusy: nothing was looked at, try again later."""
        if self._under_way >= AT_ONCE + WAITING or not self._may_try(address):
            raise StationBusy("log-ins")
        self._under_way += 1
        try:
            loop = asyncio.get_running_loop()
            secret = await loop.run_in_executor(
                self._pool, self._officials.log_in, login, password, address
            )
        finally:
            self._under_way -= 1
        if secret:
            self._tries.pop(address, None)
        return secret

    def _may_try(self, address: str) -> bool:
        now = monotonic()
        tries = self._tries.setdefault(address, deque())
        self._tries.move_to_end(address)
        while len(self._tries) > _ADDRESSES:
            self._tries.popitem(last=False)
        while tries and tries[0] < now - WINDOW_SECONDS:
            tries.popleft()
        if len(tries) >= TRIES:
            return False
        tries.append(now)
        return True
