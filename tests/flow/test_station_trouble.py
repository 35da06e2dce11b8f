"""What the station meets in a province's traffic, and must answer calmly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from starlette.testclient import TestClient

from app.department.checks.checks import Checks
from app.department.http.uploads import Uploads
from app.department.http.web import RunningStation, assemble, create_app
from app.department.store.folder import init_folder
from tests.fixtures.stations.postgres import cluster, new_database
from tests.fixtures.stations.station_main import examine, full, light


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def test_a_part_that_vanishes_while_parts_are_counted_disturbs_nobody(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    (tmp_path / "device").mkdir()
    # As another connection leaves it: still listed, no longer there.
    (tmp_path / "device" / f"{'a' * 64}.part").symlink_to(tmp_path / "gone")
    held = asyncio.run(uploads.append("device", "b" * 64, 0, 6, pieces(b"abc", b"def")))
    assert held == 6
    assert uploads.read("device", "b" * 64) == b"abcdef"


@contextmanager
def station_without_database(path: Path) -> Iterator[RunningStation]:
    """It had one when it started."""
    url = new_database()
    station = assemble(init_folder(path, "Sở thử", database=url), Checks(light, full, examine))
    name = url.rpartition("/tram_")[2].partition("?")[0]
    with psycopg.connect(f"host={cluster()} user=postgres dbname=postgres", autocommit=True) as db:
        db.execute(f"DROP DATABASE tram_{name} WITH (FORCE)".encode())
    with closing(station.archive), closing(station.keys):
        yield station


def test_without_its_database_the_station_says_that_it_is_busy(tmp_path: Path) -> None:
    with station_without_database(tmp_path / "so") as station:
        client = TestClient(create_app(station))
        grant = {"grant_type": "client_credentials", "client_id": "dvc", "client_secret": "x"}
        answer = client.post("/v1/token", data=grant)
        assert (answer.status_code, answer.json()["code"]) == (503, "delivery.station_busy")
        page = client.post("/so/vao", data={"login": "an", "password": "mat khau"})
        assert page.status_code == 503
        assert "Trạm đang bận" in page.text
        assert client.get("/v1/health").status_code == 503
