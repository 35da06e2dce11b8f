"""Whoever holds a connection and brings nothing is sent away; what came until then is kept.

Whoever brings what is no HTTP, or too much of it, gets a clear answer.
"""

from __future__ import annotations

import resource
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from app import clock
from app.department.checks.checks import Checks
from app.department.http import serving
from app.department.http.connections import BoundedConnection
from app.department.http.web import RunningStation, assemble
from app.department.store.folder import init_folder
from app.parcel import DeviceIdentity
from app.parcel.enrolment import make_request, read_request
from app.parcel.request_signature import SignedRequest, sign
from tests.fixtures.schools.parcels import SCHOOL
from tests.fixtures.stations.station_main import examine, full, light
from tests.fixtures.waiting import until

PATIENCE = 60
CROWD = 30
PART, WHOLE = b"x" * 100, 5000


@dataclass
class Served:
    station: RunningStation
    port: int

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def connect(self, said: bytes = b"") -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=self.station.folder.path / "ca.crt")
        plain = socket.create_connection(("localhost", self.port), PATIENCE)
        made = context.wrap_socket(plain, server_hostname="localhost")
        made.sendall(said)
        return made


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(BoundedConnection, "window", 2.0)
    folder = init_folder(tmp_path / "so", "Sở thử")
    station = assemble(folder, Checks(light, full, examine))
    listening = socket.create_server(("127.0.0.1", 0))
    server = serving._Server(serving._web(folder, station))
    thread = Thread(target=server.run, args=([listening],))
    thread.start()
    with closing(station.archive), closing(station.keys), closing(listening):
        yield Served(station, listening.getsockname()[1])
        server.should_exit = True
        thread.join(PATIENCE)
    assert not thread.is_alive()


def ends(connection: ssl.SSLSocket) -> bool:
    """Whether the other side ends it, having answered nothing."""
    try:
        return connection.recv(1) == b""
    except (ConnectionError, ssl.SSLError):
        return True


def ping(connection: ssl.SSLSocket, host: str) -> bytes:
    connection.sendall(f"HEAD /v1/ping HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    return connection.recv(12)


@pytest.mark.parametrize("said", [b"", b"PUT /v1/parcels/", b"GET /so HTTP/1.1\r\nHost: a\r\n"])
def test_a_crowd_that_says_nothing_whole_is_sent_away(served: Served, said: bytes) -> None:
    with ExitStack() as crowd:
        connections = [crowd.enter_context(served.connect(said)) for _ in range(CROWD)]
        assert all(ends(connection) for connection in connections)
    with served.connect() as honest:
        assert ping(honest, served.host) == b"HTTP/1.1 200"


def test_a_sender_that_falls_silent_is_sent_away_and_its_bytes_are_kept(served: Served) -> None:
    device = DeviceIdentity.new(SCHOOL)
    request = read_request(make_request(device, "Trường", "máy"))
    served.station.archive.enrol(request, "2040-01-01T00:00:00+07:00")
    path, sha256 = f"/v1/parcels/{'a' * 64}", "a" * 64
    headers = {
        "host": served.host,
        "upload-offset": "0",
        "upload-length": str(WHOLE),
        "content-length": str(WHOLE),
    }
    sign(SignedRequest("PUT", f"https://{served.host}{path}", headers), device, clock.now())
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with served.connect() as connection:
        connection.sendall(f"PUT {path} HTTP/1.1\r\n{head}\r\n".encode() + PART)
        assert ends(connection)
    uploads = served.station.uploads
    until(lambda: uploads.offset(device.device_id, sha256) == len(PART), PATIENCE)


def test_a_connection_that_is_kept_between_two_requests_is_left_alone(served: Served) -> None:
    with served.connect() as kept:
        assert ping(kept, served.host) == b"HTTP/1.1 200"
        while b"\r\n\r\n" not in kept.recv(4096):
            pass
        for _ in range(2):
            with served.connect() as silent:
                assert ends(silent)
        assert ping(kept, served.host) == b"HTTP/1.1 200"


NONSENSE = {
    "a header without end": (b"GET /so HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000, b"400"),
    "headers without end": (b"GET /so HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 40_000, b"400"),
    "two lengths": (
        b"PUT /v1/declaration HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Content-Length: 6\r\n\r\n",
        b"400",
    ),
    "a length below nothing": (
        b"PUT /v1/declaration HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"400",
    ),
    "no HTTP": (b"\x16\x03\x01 hello\r\n\r\n", b"400"),
    "no host": (b"GET /so HTTP/1.1\r\n\r\n", b"400"),
    "out of the folder": (
        b"GET /so/tep/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"404",
    ),
    "out of the folder in plain": (
        b"GET /so/tep/../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"404",
    ),
    "an absolute address": (b"GET //evil.example/so HTTP/1.1\r\nHost: a\r\n\r\n", b"404"),
    "another method": (b"TRACE /so HTTP/1.1\r\nHost: a\r\n\r\n", b"405"),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_nonsense_gets_a_clear_answer(served: Served, case: str) -> None:
    said, status = NONSENSE[case]
    with served.connect() as connection:
        with suppress(ConnectionError, ssl.SSLError):  # it need not hear us out
            connection.sendall(said)
        assert connection.recv(12) == b"HTTP/1.1 " + status


def test_requests_one_behind_the_other_are_answered_in_order(served: Served) -> None:
    paths = ["/v1/ping", "/so/vao", "/v1/nothing"] * 10
    asked = [f"HEAD {path} HTTP/1.1\r\nHost: {served.host}\r\n\r\n" for path in paths]
    with served.connect() as connection:
        connection.sendall("".join(asked).encode())
        answers = b""
        while answers.count(b"\r\n\r\n") < len(paths):
            answers += connection.recv(65536)
    lines = [line for line in answers.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    assert [line[9:12] for line in lines] == [b"200", b"405", b"404"] * 10


def test_a_station_takes_as_many_connections_as_the_system_grants() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    words = (
        "import resource;"
        "from app.department.http.connections import allow_many_connections as allow;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (64, {most})); allow();"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", words], check=True, capture_output=True, text=True)
    assert int(done.stdout) == most
