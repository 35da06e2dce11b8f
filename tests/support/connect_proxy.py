"""A school's proxy: CONNECT (RFC 9110 §9.3.6), with a log-in or without."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class ConnectProxy:
    login: str = ""
    """'user:password'; '' for everybody."""
    port: int = 0
    asked: list[str] = field(default_factory=list)
    """First lines of the requests."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = client.recv(4096).decode("latin-1")
            self.asked.append(head.partition("\r\n")[0])
            wanted = base64.b64encode(self.login.encode()).decode()
            if self.login and f"Proxy-Authorization: Basic {wanted}" not in head:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                return
            host, _, port = head.split()[1].partition(":")
            with socket.create_connection((host, int(port))) as station:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pump, args=(station, client), daemon=True)
                back.start()
                _pump(client, station)
                back.join()


@contextmanager
def connect_proxy(login: str = "") -> Iterator[ConnectProxy]:
    made = ConnectProxy(login)
    listening = socket.create_server(("127.0.0.1", 0))
    made.port = listening.getsockname()[1]

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=made.serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield made
    listening.shutdown(socket.SHUT_RDWR)  # else the thread that accepts keeps the port open
    listening.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(4096):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
