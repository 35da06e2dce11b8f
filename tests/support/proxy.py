"""A loopback TCP proxy that behaves like a bad network, needs no rights and knows no packets.

It cuts, falls silent, turns bits, loses replies, delays and slows (`tests.support.link` has IP)."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class BadNetwork:
    """What the proxy does to connections made from now on. Bytes are counted per connection."""

    cut_after_sent: list[int] = field(default_factory=list)
    """For the next connections: cut both ways once this many bytes went to the station."""
    flip_after_sent: list[int] = field(default_factory=list)
    """For the next connections: one bit of the byte after so many is turned."""
    stall_after_sent: list[int] = field(default_factory=list)
    """For the next connections: nothing is carried any more after so many, and nobody is told."""
    rate: float = 0.0
    """Bytes a second to the station; 0: as fast as they come."""
    lose_replies: int = 0
    """For so many connections: the station's bytes after the handshake do not come back, and the
    connection is cut when the station has answered."""
    delay_seconds: float = 0.0
    """Before each piece that goes to the station."""
    down: bool = False
    """Connections are closed at once."""


class Proxy:
    def __init__(self, port: int) -> None:
        self.network = BadNetwork()
        self.to_station = port
        self.cuts = 0
        self.flips = 0
        self.stalls = 0
        self._stopped = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._listening.getsockname()[1]}"

    def start(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self._listening.close()
        for one in list(self._open):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self.network.down:
            client.close()
            return
        try:
            station = socket.create_connection(("127.0.0.1", self.to_station), 5)
        except OSError:
            client.close()
            return
        self._open |= {client, station}
        limit = _next(self.network.cut_after_sent)
        flip = _next(self.network.flip_after_sent)
        stall = _next(self.network.stall_after_sent)
        loses = self.network.lose_replies > 0
        self.network.lose_replies -= loses
        request_gone = threading.Event()
        back = threading.Thread(
            target=self._back, args=(station, client, loses, request_gone), daemon=True
        )
        back.start()
        self._forth(client, station, (limit, flip, stall), request_gone)
        back.join()
        for one in (client, station):
            one.close()
            self._open.discard(one)

    def _forth(
        self,
        client: socket.socket,
        station: socket.socket,
        plan: tuple[int, int, int],
        gone: threading.Event,
    ) -> None:
        sent, (limit, flip, stall) = 0, plan
        with contextlib.suppress(OSError):
            while piece := client.recv(4096):
                self._slow_down(len(piece))
                if 0 <= stall <= sent + len(piece):
                    self.stalls += 1
                    self._stopped.wait()
                if 0 <= flip - sent < len(piece):
                    piece = _flipped(piece, flip - sent)
                    self.flips += 1
                if 0 <= limit <= sent + len(piece):
                    station.sendall(piece[: limit - sent])
                    self.cuts += 1
                    break
                station.sendall(piece)
                sent += len(piece)
                if sent > 4096:
                    gone.set()  # more than a handshake: a request is under way
        for one in (client, station):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _slow_down(self, count: int) -> None:
        wait = self.network.delay_seconds
        if self.network.rate:
            wait += count / self.network.rate
        if wait:
            time.sleep(wait)

    def _back(
        self, station: socket.socket, client: socket.socket, loses: bool, gone: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := station.recv(4096):
                if loses and gone.is_set():
                    self.cuts += 1
                    break
                client.sendall(piece)
        for one in (client, station):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _next(planned: list[int]) -> int:
    return planned.pop(0) if planned else -1


def _flipped(piece: bytes, at: int) -> bytes:
    return piece[:at] + bytes([piece[at] ^ 1]) + piece[at + 1 :]


@contextmanager
def bad_network(port: int) -> Iterator[Proxy]:
    proxy = Proxy(port)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
