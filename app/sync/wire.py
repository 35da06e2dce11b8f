"""TLS connections to the one pinned station, which notice soon when they are dead."""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager
from urllib3.response import BaseHTTPResponse

from app.sync.pace import LinkPace

_LOOK_SECONDS = 0.5
_AT_ONCE = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
"""struct linger: close without sending what is left."""


class PinnedAdapter(HTTPAdapter):
    """TLS 1.3 with the one authority of the enrolment file and no other."""

    def __init__(self, ca_pem: str, pace: LinkPace) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_3
        self._context.load_verify_locations(cadata=ca_pem)
        self._classes = {"http": HTTPConnectionPool, "https": _pool_class(pace)}
        self._pace = pace
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        options = [
            *HTTPConnection.default_socket_options,
            (socket.SOL_SOCKET, socket.SO_SNDBUF, _asked(self._pace.buffer)),
        ]
        self.poolmanager = PoolManager(
            num_pools=1, maxsize=1, ssl_context=self._context, socket_options=options
        )
        self.poolmanager.pool_classes_by_scheme = self._classes

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": self._context}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """TLS goes through the proxy to the station, with the same one authority."""
        made = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
        made.pool_classes_by_scheme = self._classes
        return made

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """requests would add the public authorities to our context here."""
        conn.cert_reqs = "CERT_REQUIRED"


class _PacedConnection(HTTPSConnection):
    """Waits as long as its pace says, and no longer; then what is left in it is thrown away."""

    pace: LinkPace

    def connect(self) -> None:
        """A lost packet delays one of the two steps by a second, seldom both."""
        super().connect()
        self.pace.connected(min(self._tcp_seconds, time.monotonic() - self._tcp_done))
        self._widen()

    def _new_conn(self) -> socket.socket:
        started = time.monotonic()
        made = super()._new_conn()
        self._tcp_done = time.monotonic()
        self._tcp_seconds = self._tcp_done - started
        return made

    def request(self, *args: Any, **kwargs: Any) -> None:
        self.pace.begin()
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        """One piece of a request."""
        if self.sock is None:
            self.connect()
        try:
            self._give(data)
        except OSError:
            self._abort()
            raise
        if self.pace.moved(len(data)):
            self._widen()

    def _give(self, data: bytes) -> None:
        """`sendall` that waits on where only this connection is silent."""
        left, since = memoryview(data), time.monotonic()
        while left:
            self.sock.settimeout(_LOOK_SECONDS)
            try:
                left = left[self.sock.send(left) :]
            except TimeoutError:
                if self.pace.is_dead(since):
                    raise

    def getresponse(self) -> BaseHTTPResponse:  # type: ignore[override]
        """The time for the answer begins when all of the question has left."""
        if isinstance(self.timeout, float | int):
            self.timeout += self.pace.still_leaving()
        try:
            return super().getresponse()
        except OSError:
            self._abort()
            raise

    def _widen(self) -> None:
        if self.sock is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _asked(self.pace.buffer))

    def _abort(self) -> None:
        """Without this the system would go on repeating into a dead flow what it still holds."""
        if self.sock is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)


def _asked(size: int) -> int:
    """What to ask the system for when it is to hold `size` bytes; Linux doubles (socket(7))."""
    return size // 2 if sys.platform == "linux" else size


def _pool_class(pace: LinkPace) -> type[HTTPSConnectionPool]:
    connection = type("PacedConnection", (_PacedConnection,), {"pace": pace})
    return type("PacedPool", (HTTPSConnectionPool,), {"ConnectionCls": connection})
