"""School networks: a proxy that must be used, a portal that answers for everybody."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from app.department.ops import certificates
from app.errors import (
    CertificateOutOfDate,
    CertificateWrong,
    NetworkDown,
    StationSilent,
    StationWrong,
)
from app.model.delivery import OutboxState
from app.sync import StationClient, SyncEngine
from app.sync.connection import Connection
from app.work import WorkContext
from tests.fixtures.stations.station import School, StationProcess, new_school, running_station

PORTAL = b"HTTP/1.1 302 Found\r\nLocation: http://wifi.local/login\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StationProcess]:
    with running_station(tmp_path_factory.mktemp("station") / "so") as process:
        yield process


@pytest.fixture
def school(station: StationProcess, tmp_path: Path) -> Iterator[School]:
    made = new_school(tmp_path, station.folder, station.url)
    made.queue(3, 1)
    yield made
    made.workspace.close()


@contextmanager
def listener(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port where each connection is given to `serve`."""
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listening.getsockname()[1]
    listening.close()


def portal(client: socket.socket) -> None:
    with client, contextlib.suppress(OSError):
        client.recv(4096)
        client.sendall(PORTAL)


def behind(
    station: StationProcess, answer: bytes, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> Callable[[socket.socket], None]:
    """The station's name and certificate, and another program's answer to everything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = newest
    context.load_cert_chain(station.folder.path / "tls.crt", station.folder.path / "tls.key")

    def serve(client: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(client, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(answer)

    return serve


def proxy(client: socket.socket) -> None:
    """CONNECT and nothing else (RFC 9110 §9.3.6)."""
    with client, contextlib.suppress(OSError):
        asked = client.recv(4096).split()
        host, _, port = asked[1].decode().partition(":")
        with socket.create_connection((host, int(port))) as station:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(station, client), daemon=True)
            back.start()
            pump(client, station)
            back.join()


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(4096):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def engine(school: School, url: str = "", proxy: str = "") -> SyncEngine:
    connection = Connection(school.enrolment, school.device, url=url, proxy=proxy)
    return SyncEngine(
        school.outbox, StationClient(connection, pause=0.02), school.enrolment.receipt_key
    )


def test_a_portal_that_answers_in_the_stations_place_is_named(school: School) -> None:
    with listener(portal) as port:
        report = engine(school, f"https://127.0.0.1:{port}").run(WorkContext())
    assert isinstance(report.stopped_by, StationWrong)
    assert school.outbox.counts()[OutboxState.QUEUED] == 3


@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"receipts": []}',
        b"HTTP/1.1 302 Found\r\nHocba-Station: department\r\nLocation: /v1\r\n"
        b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nHocba-Station: department\r\nContent-Length: 2\r\n\r\n[]",
    ],
    ids=["no station", "sends elsewhere", "no receipts"],
)
def test_another_program_behind_the_stations_own_name_is_not_taken_for_it(
    school: School, station: StationProcess, answer: bytes
) -> None:
    with listener(behind(station, answer)) as port:
        report = engine(school, f"https://127.0.0.1:{port}").run(WorkContext())
    assert isinstance(report.stopped_by, StationWrong)
    assert school.outbox.counts()[OutboxState.QUEUED] == 3


def test_an_answer_without_an_end_is_not_read_to_its_end(
    school: School, station: StationProcess
) -> None:
    head = b"HTTP/1.1 200 OK\r\nHocba-Station: department\r\nContent-Length: 9000016\r\n\r\n"
    answer = head + b'{"receipts": []}' + b" " * 9_000_000
    with listener(behind(station, answer)) as port:
        url = f"https://127.0.0.1:{port}"
        client = StationClient(Connection(school.enrolment, school.device, url=url))
        with pytest.raises(StationWrong, match="endless"):
            client.news("")
        client.close()


def test_neither_end_speaks_an_older_tls(school: School, station: StationProcess) -> None:
    with listener(behind(station, b"", ssl.TLSVersion.TLSv1_2)) as port:
        report = engine(school, f"https://127.0.0.1:{port}").run(WorkContext())
    assert isinstance(report.stopped_by, StationWrong)
    old = ssl.create_default_context(cafile=station.folder.path / "ca.crt")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", station.port)) as plain,
        pytest.raises((ssl.SSLError, ConnectionResetError)),
    ):
        old.wrap_socket(plain, server_hostname="localhost")


def test_authorities_that_the_machine_trusts_are_not_the_departments(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_station(tmp_path / "other") as other:
        monkeypatch.setenv("SSL_CERT_FILE", str(other.folder.path / "ca.crt"))
        report = engine(school, other.url).run(WorkContext())
    assert isinstance(report.stopped_by, CertificateWrong)
    assert school.outbox.counts()[OutboxState.QUEUED] == 3


def test_a_school_behind_a_proxy_delivers_through_it(school: School) -> None:
    with listener(proxy) as port:
        report = engine(school, proxy=f"http://127.0.0.1:{port}").run(WorkContext())
    assert (report.stopped_by, report.verified) == (None, 3)


def test_a_proxy_that_leads_nowhere_means_later(school: School) -> None:
    with listener(portal) as port:
        report = engine(school, proxy=f"http://127.0.0.1:{port}").run(WorkContext())
    assert isinstance(report.stopped_by, NetworkDown)
    assert school.outbox.counts()[OutboxState.QUEUED] == 3


def test_a_station_that_is_switched_off_is_not_taken_for_a_missing_network(
    school: School,
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"https://127.0.0.1:{closed.getsockname()[1]}"
        report = engine(school, address).run(WorkContext())
    assert isinstance(report.stopped_by, StationSilent)
    assert school.outbox.counts()[OutboxState.QUEUED] == 3


def test_a_proxy_of_the_environment_is_not_used(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert engine(school).run(WorkContext()).verified == 3


def test_a_certificate_that_is_not_valid_today_is_told_from_a_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "_VALID", timedelta(days=-1))
    with running_station(tmp_path / "old") as station:
        school = new_school(tmp_path, station.folder, station.url)
        school.queue(3, 1)
        report = engine(school).run(WorkContext())
    assert isinstance(report.stopped_by, CertificateOutOfDate)
    assert school.outbox.counts()[OutboxState.QUEUED] == 3
    school.workspace.close()
