"""Several workers on one station: nothing twice, a dead one is replaced, figures agree."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from app.department.store.folder import init_folder
from app.work import WorkContext
from tests.fixtures.stations.postgres import new_database
from tests.fixtures.stations.station import School, StationProcess, new_school
from tests.fixtures.waiting import until

SCHOOLS, CLASS = 4, 8


def deliver(school: School) -> int:
    return school.engine().run(WorkContext()).verified


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_workers_share_what_comes_and_check_nothing_twice(tmp_path: Path, kind: str) -> None:
    database = new_database() if kind == "postgresql" else ""
    folder = init_folder(tmp_path / "so", "Sở thử", database=database)
    with running(StationProcess(folder, workers=2)) as station:
        team = wait_for_team(station, set())
        schools = []
        for number in range(SCHOOLS):
            (tmp_path / str(number)).mkdir()
            school = new_school(tmp_path / str(number), folder, station.url, f"7900012{number}")
            school.queue(CLASS, number)
            schools.append(school)
        os.kill(min(team), signal.SIGKILL)
        with ThreadPoolExecutor(SCHOOLS) as pool:
            assert list(pool.map(deliver, schools)) == [CLASS] * SCHOOLS
        wait_for_team(station, team)
        assert figures(station)['hocba_records{stage="verified"}'] == SCHOOLS * CLASS
    archive = folder.open_archive()
    assert archive.counts() == {"verified": SCHOOLS * CLASS}
    for number, school in enumerate(schools):
        tokens = archive.news(f"7900012{number}", "")
        assert Counter(tokens).most_common(1)[0][1] == 1
        assert len(tokens) == 2 * CLASS
        school.workspace.close()
    archive.close()


def wait_for_team(station: StationProcess, before: set[int]) -> set[int]:
    """Two workers, not the same two as before."""
    team: set[int] = set()

    def is_new() -> bool:
        nonlocal team
        team = station.team()
        return len(team) >= 2 and team != before

    until(is_new)
    return team


@contextmanager
def running(station: StationProcess) -> Iterator[StationProcess]:
    station.start()
    try:
        yield station
    finally:
        assert station.stop() == 0


def figures(station: StationProcess) -> dict[str, float]:
    ca = str(station.folder.path / "ca.crt")
    health = requests.get(f"{station.url}/v1/health", verify=ca, timeout=10)
    assert json.loads(health.text)["ok"]
    said = requests.get(f"{station.url}/v1/metrics", verify=ca, timeout=10).text
    lines = [line.rsplit(" ", 1) for line in said.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}
