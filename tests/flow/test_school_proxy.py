"""The school's proxy: its address, its log-in, and what a try says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import services
from app.errors import NetworkDown, NotEnrolled, ProxyFailed, ProxyInvalid, ProxyWantsLogin
from app.services import Services
from app.sync import proxy
from app.sync.proxy import Proxy
from app.work import WorkContext
from tests.fixtures.schools.enrolled import enrolled_school
from tests.fixtures.stations.connect_proxy import connect_proxy
from tests.fixtures.stations.station import StationProcess, open_workspace, running_station

PASSWORD = "mật khẩu: p@ss/1"


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StationProcess]:
    with running_station(tmp_path_factory.mktemp("proxy") / "so") as process:
        yield process


@pytest.fixture
def school(station: StationProcess, tmp_path: Path) -> Iterator[Services]:
    made = enrolled_school(tmp_path / "a", station)
    yield made
    made.close()


def test_everything_goes_through_the_proxy_with_its_login(school: Services) -> None:
    with connect_proxy(f"lan:{PASSWORD}") as running:
        used = Proxy(proxy.read_address(running.address), "lan", PASSWORD)
        assert school.delivery.try_proxy(used) >= 0
        proxy.keep(school.workspace, used)
        assert school.delivery.sync(WorkContext(), 0).stopped_by is None
        assert len(running.asked) >= 2
        assert all(line.startswith("CONNECT 127.0.0.1:") for line in running.asked)


def test_a_missing_or_wrong_login_is_named(school: Services) -> None:
    with connect_proxy("lan:đúng") as running:
        address = proxy.read_address(running.address)
        for tried in (Proxy(address), Proxy(address, "lan", "sai")):
            with pytest.raises(ProxyWantsLogin):
                school.delivery.try_proxy(tried)
        proxy.keep(school.workspace, Proxy(address, "lan", "sai"))
        assert isinstance(school.delivery.sync(WorkContext(), 0).stopped_by, ProxyWantsLogin)


def test_a_proxy_that_is_not_there_is_named(school: Services) -> None:
    with connect_proxy() as gone:
        address = proxy.read_address(gone.address)
    with pytest.raises(ProxyFailed) as caught:
        school.delivery.try_proxy(Proxy(address))
    assert not isinstance(caught.value, ProxyWantsLogin)
    assert isinstance(caught.value, NetworkDown)  # the queue waits and tries again


def test_a_try_keeps_nothing_and_needs_an_enrolment(school: Services, tmp_path: Path) -> None:
    with connect_proxy() as running:
        school.delivery.try_proxy(Proxy(proxy.read_address(running.address)))
    assert proxy.kept(school.workspace) == Proxy()
    (tmp_path / "b").mkdir()
    stranger = services.build(open_workspace(tmp_path / "b" / "school.hocba"))
    with pytest.raises(NotEnrolled):
        stranger.delivery.try_proxy(Proxy())
    stranger.close()


def test_name_and_password_are_secrets_of_the_workspace(school: Services) -> None:
    used = Proxy("http://10.0.0.1:3128", "lan", PASSWORD)
    proxy.keep(school.workspace, used)
    assert proxy.kept(school.workspace) == used
    store = school.workspace.here()
    seen = [*store.db.execute("SELECT value FROM setting"), *store.audit.entries()]
    assert PASSWORD not in repr(seen)
    assert PASSWORD not in repr(used)
    proxy.keep(school.workspace, Proxy())
    assert proxy.kept(school.workspace) == Proxy()


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("", ""),
        ("10.0.0.1:3128", "http://10.0.0.1:3128"),
        (" http://proxy.truong.vn:8080/ ", "http://proxy.truong.vn:8080"),
        ("[::1]:3128", "http://[::1]:3128"),
    ],
)
def test_an_address_is_read_as_people_write_it(words: str, address: str) -> None:
    assert proxy.read_address(words) == address


@pytest.mark.parametrize(
    "words",
    ["10.0.0.1", "proxy:0", "proxy:99999", "socks5://p:1", "http://a:b@p:1", "p:1/x", "x" * 300],
)
def test_what_is_no_address_is_refused(words: str) -> None:
    with pytest.raises(ProxyInvalid):
        proxy.read_address(words)
