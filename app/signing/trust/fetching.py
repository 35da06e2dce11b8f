"""Questions to authorities over the network: bounded in size and time, stopped at once."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

import requests

from app.signing.trust.revocation import LARGEST
from app.work import WorkContext

T = TypeVar("T")
_CONNECT_SECONDS = 8.0
_SILENCE_SECONDS = 60.0
"""A busy time-stamping authority was seen to answer only after many seconds."""
_LOOK_SECONDS = 0.1
_FAILURES = 3
"""In a row, of a service that answered before in the same run; else the first one is enough."""


class FetchFailure(StrEnum):
    """Why a service gave nothing. Words stand with the page that shows them."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    NOT_UNDERSTOOD = "not_understood"
    NOT_TRUSTED = "not_trusted"


class OutOfTime(Exception):
    """This run has used up the time it was given; what is left waits for the next one."""


class Fetcher:
    """One run's requests. `troubles`: by address, the last one; a good answer clears it.

    `seconds`: for the whole run; None: until it is done or cancelled. `proxy`: 'http://host:port';
    nothing is taken from the environment.
    """

    def __init__(self, context: WorkContext, seconds: float | None = None, proxy: str = "") -> None:
        self._context = context
        self._end = None if seconds is None else time.monotonic() + seconds
        self._failures: dict[str, int] = {}
        self._useful: set[str] = set()
        self.troubles: dict[str, FetchFailure] = {}
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.max_redirects = 3
        if proxy:
            self._session.proxies = {"http": proxy, "https": proxy}

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def ask(
        self,
        url: str,
        read: Callable[[bytes], T | FetchFailure],
        body: bytes | None = None,
        kind: str = "",
    ) -> T | None:
        """What `read` makes of the answer; None: nothing, and `troubles` says why.

        Raises Cancelled, OutOfTime; both at once, whatever the service does.
        """
        self._context.cancel.raise_if_cancelled()
        if self._failures.get(url, 0) >= (_FAILURES if url in self._useful else 1):
            return None
        answers: queue.Queue[bytes | FetchFailure] = queue.Queue()
        stop = threading.Event()
        threading.Thread(
            target=lambda: answers.put(self._exchange(url, body, kind, stop)), daemon=True
        ).start()
        try:
            answer = self._wait(answers)
        finally:
            stop.set()
        found = answer if isinstance(answer, FetchFailure) else read(answer)
        if isinstance(found, FetchFailure):
            self._failures[url] = self._failures.get(url, 0) + 1
            self.troubles[url] = found
            return None
        self._failures[url] = 0
        self._useful.add(url)
        self.troubles.pop(url, None)
        return found

    def _wait(self, answers: queue.Queue[bytes | FetchFailure]) -> bytes | FetchFailure:
        while True:
            self._context.cancel.raise_if_cancelled()
            if self._end is not None and time.monotonic() > self._end:
                raise OutOfTime
            try:
                return answers.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue

    def _exchange(
        self, url: str, body: bytes | None, kind: str, stop: threading.Event
    ) -> bytes | FetchFailure:
        """On a thread of its own, which nobody waits for after a cancel."""
        try:
            with self._session.request(
                "GET" if body is None else "POST",
                url,
                data=body,
                headers={"Content-Type": kind} if kind else {},
                timeout=(_CONNECT_SECONDS, _SILENCE_SECONDS),
                stream=True,
            ) as answer:
                if answer.status_code != requests.codes.ok:
                    return FetchFailure.REFUSED
                content = b""
                for part in answer.iter_content(65_536):
                    content += part
                    if len(content) > LARGEST or stop.is_set():
                        return FetchFailure.NOT_UNDERSTOOD
                return content
        except Exception:  # noqa: BLE001 - whoever waits for this thread must hear something
            return FetchFailure.UNREACHABLE
