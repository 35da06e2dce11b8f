"""Connections that bring nothing: a modem that lost its line, a stranger who only holds a place."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class BoundedConnection(H11Protocol):
    """Ends itself when it owes a request, or the rest of one, and brings next to nothing of it.

    A modem that is switched off says no goodbye, and TCP would wait for it for ever. What came
    of a parcel is kept; its sender has left long before (`sync.pace`: 30 s).
    """

    window = 60.0
    """Seconds between two looks; one with less than `least` new bytes, begun owing, is the last."""
    least = 256

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._brought, self._owed = 0, True
        self._next_look = self.loop.call_later(self.window, self._look)

    def data_received(self, data: bytes) -> None:
        self._brought += len(data)
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._next_look.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        owes = self._owes()
        if owes and self._owed and self._brought < self.least:
            self.transport.abort()
            return
        self._brought, self._owed = 0, owes
        self._next_look = self.loop.call_later(self.window, self._look)

    def _owes(self) -> bool:
        """Not between two requests, which has a limit of its own, nor while we read too slowly."""
        ours = self.timeout_keep_alive_task is not None or self.flow.read_paused
        states: tuple[Any, ...] = (h11.IDLE, h11.SEND_BODY)
        return not ours and self.conn.their_state in states


def allow_many_connections() -> None:
    """As many as the system grants; the usual 1,024 are fewer than a province's schools."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
