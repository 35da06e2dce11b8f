"""What keeps a station working for its schools while strangers try its doors, on both databases."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from fastapi.responses import PlainTextResponse
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from app import clock
from app.department.checks.checks import Checks
from app.department.http.bodies import FORM, BoundedBodies
from app.department.http.web import RunningStation, assemble, create_app
from app.department.pages.log_in import AT_ONCE, TRIES, WAITING, LogInQueue
from app.department.store.folder import init_folder
from app.department.store.officials import Officials, Role
from app.department.store.seen_requests import NAME, SeenRequests
from app.errors import OfficialInvalid, StationBusy
from app.parcel import DeviceIdentity
from app.parcel.enrolment import make_request, read_request
from app.parcel.request_signature import SignedRequest, sign
from tests.fixtures.schools.parcels import SCHOOL
from tests.fixtures.stations.postgres import new_database
from tests.fixtures.stations.station_main import examine, full, light

PASSWORD = "mật khẩu cán bộ"
HOST = "https://testserver"
LOOPBACK = ("127.0.0.1", 50_000)


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def station(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningStation]:
    database = new_database() if request.param == "postgresql" else ""
    folder = init_folder(tmp_path_factory.mktemp("guarded") / "so", "Sở thử", database=database)
    made = assemble(folder, Checks(light, full, examine))
    Officials(made.archive).add("lan", "Nguyễn Thị Lan", Role.ADMIN, PASSWORD)
    with closing(made.archive), closing(made.keys), closing(made.seen):
        yield made


@pytest.fixture
def device(station: RunningStation) -> DeviceIdentity:
    made = DeviceIdentity.new(SCHOOL)
    request = read_request(make_request(made, "Trường", "máy"))
    station.archive.enrol(request, "2040-01-01T00:00:00+07:00")
    return made


def signed(device: DeviceIdentity, path: str) -> dict[str, str]:
    message = SignedRequest("GET", HOST + path, {"host": "testserver"})
    sign(message, device, clock.now())
    return {name: value for name, value in message.headers.items() if name != "host"}


# --- requests -----------------------------------------------------------------------------------


def test_a_request_that_was_answered_is_not_answered_again(
    station: RunningStation, device: DeviceIdentity
) -> None:
    client, headers = TestClient(create_app(station), HOST), signed(device, "/v1/news")
    assert client.get("/v1/news", headers=headers).status_code == 200
    assert client.get("/v1/news", headers=headers).status_code == 401
    assert client.get("/v1/news", headers=signed(device, "/v1/news")).status_code == 200


def test_what_is_asked_for_stands_under_the_signature(
    station: RunningStation, device: DeviceIdentity
) -> None:
    client, headers = TestClient(create_app(station), HOST), signed(device, "/v1/news?after=2026")
    assert client.get("/v1/news?after=2001", headers=headers).status_code == 401
    assert client.get("/v1/news?after=2026", headers=headers).status_code == 200


def test_of_many_at_once_with_one_nonce_one_is_new_for_all_workers(tmp_path: Path) -> None:
    workers = [SeenRequests(tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: workers[n % 4].is_new("máy", "một"), range(64)))
    assert sum(found) == 1
    assert workers[0].is_new("máy khác", "một")
    for one in workers:
        one.close()


def test_a_torn_list_of_seen_requests_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"no database at all" * 400)
    with closing(SeenRequests(tmp_path)) as seen:
        assert seen.is_new("máy", "một")
        assert not seen.is_new("máy", "một")


# --- bodies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/so/vao", "/v1/token", "/so/ra", "/v1/nowhere"])
def test_a_form_is_measured_before_it_is_kept(station: RunningStation, path: str) -> None:
    client, asked = TestClient(create_app(station), HOST), 0

    def endless() -> Iterator[bytes]:
        nonlocal asked
        yield b'--x\r\nContent-Disposition: form-data; name="login"; filename="f"\r\n\r\n'
        while asked < 100:
            asked += 1
            yield b"x" * FORM

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post(path, content=endless(), headers=headers)
    assert answer.status_code in (404, 413, 405, 303)
    if path in ("/so/vao", "/v1/token"):
        assert answer.status_code == 413
    announced = client.post(path, content=b"x" * (FORM + 1), headers=headers)
    assert announced.status_code in (404, 413, 405, 303)


def test_a_body_that_comes_too_slowly_is_not_waited_for() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        await PlainTextResponse("whole")(scope, receive, send)

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    scope = {"type": "http", "path": "/so/vao", "headers": [], "method": "POST"}

    async def ask() -> int:
        try:
            await BoundedBodies(app, patience=0.01)(scope, never, _unheard)
        except Exception as error:  # noqa: BLE001
            return int(getattr(error, "status_code", 0))
        return 200

    assert asyncio.run(ask()) == 408


async def _unheard(_: Message) -> None:
    raise AssertionError("nothing is to be said")


# --- log-ins ------------------------------------------------------------------------------------


class _Slow(Officials):
    """Looks at passwords for as long as it is told to."""

    def __init__(self, inside: Officials, go: threading.Event) -> None:
        vars(self).update(vars(inside))
        self._go = go

    def log_in(self, login: str, password: str, address: str = "") -> str:
        self._go.wait()
        return super().log_in(login, password, address)


def test_a_hundred_strangers_wait_in_no_ones_way(station: RunningStation) -> None:
    go = threading.Event()
    queue = LogInQueue(_Slow(Officials(station.archive), go))

    async def storm() -> list[BaseException | str]:
        tries = [
            asyncio.ensure_future(queue.log_in("x", "không phải", f"10.0.{n // 256}.{n % 256}"))
            for n in range(120)
        ]
        await asyncio.sleep(0)
        refused = [one for one in tries if one.done()]
        assert len(refused) == 120 - AT_ONCE - WAITING  # at once, without any work
        go.set()
        return await asyncio.gather(*tries, return_exceptions=True)

    answers = asyncio.run(storm())
    assert sum(isinstance(one, StationBusy) for one in answers) == 120 - AT_ONCE - WAITING


def test_one_address_has_so_many_tries_for_whatever_names(station: RunningStation) -> None:
    queue = LogInQueue(Officials(station.archive))

    async def tries() -> AsyncIterator[bool]:
        for number in range(TRIES + 2):
            try:
                await queue.log_in(f"ai{number}", "không phải", "10.9.9.9")
                yield True
            except StationBusy:
                yield False

    async def all_of_them() -> list[bool]:
        return [one async for one in tries()]

    assert asyncio.run(all_of_them()) == [True] * TRIES + [False] * 2
    assert asyncio.run(queue.log_in("lan", PASSWORD, "10.1.1.1"))


def test_a_stranger_cannot_lock_an_official_out(station: RunningStation) -> None:
    officials = Officials(station.archive)
    for _ in range(7):
        assert officials.log_in("lan", "không phải", "203.0.113.5") == ""
    assert officials.log_in("lan", PASSWORD, "203.0.113.5") == ""
    assert officials.log_in("lan", PASSWORD, "198.51.100.7")


# --- whom things are meant for ------------------------------------------------------------------


def test_figures_and_description_are_for_who_runs_the_station(station: RunningStation) -> None:
    app = create_app(station)
    stranger, operator = TestClient(app, HOST), TestClient(app, HOST, client=LOOPBACK)
    for path in ("/v1/metrics", "/openapi.json"):
        assert stranger.get(path).status_code == 404
        assert operator.get(path).status_code == 200
    assert stranger.get("/v1/health").json() == {"ok": True}
    assert "records" in operator.get("/v1/health").json()
    for path in ("/docs", "/redoc"):
        assert operator.get(path).status_code == 404


def test_a_browser_never_comes_back_without_tls(station: RunningStation) -> None:
    answer = TestClient(create_app(station), HOST).get("/so/vao")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_who_is_removed_is_out_at_once(station: RunningStation) -> None:
    officials = Officials(station.archive)
    officials.add("binh", "Trần Văn Bình", Role.REVIEWER, PASSWORD)
    secret = officials.log_in("binh", PASSWORD)
    assert officials.of(secret)
    officials.remove("binh")
    assert officials.of(secret) is None
    assert officials.log_in("binh", PASSWORD) == ""
    with pytest.raises(OfficialInvalid):
        officials.remove("binh")


def test_a_clients_old_secret_and_tokens_end_with_its_new_one(station: RunningStation) -> None:
    officials = Officials(station.archive)
    first = officials.add_client("dvc", "Dịch vụ công")
    granted, _ = officials.grant("dvc", first)
    assert officials.client_of(granted)
    second = officials.renew_client("dvc")
    assert officials.client_of(granted) is None
    assert officials.grant("dvc", first) == ("", "")
    granted, _ = officials.grant("dvc", second)
    officials.remove_client("dvc")
    assert officials.client_of(granted) is None
    for act in (officials.renew_client, officials.remove_client):
        with pytest.raises(OfficialInvalid):
            partial(act, "dvc")()
