"""The station ends when it is asked to, at whatever moment that is: 100 times at random ones."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from app.department.store.folder import init_folder
from app.model.delivery import OutboxState
from app.work import WorkContext
from tests.fixtures.stations.proxy import Proxy, bad_network
from tests.fixtures.stations.station import School, StationProcess, new_school
from tests.fixtures.waiting import until

CLASS = 8
LONGEST_START = 0.3
"""Most moments fall into the start, where a signal used to be lost in a finaliser."""


@pytest.mark.parametrize(("workers", "stops"), [(1, 70), (2, 30)])
def test_a_station_that_is_asked_to_end_at_any_moment_ends_cleanly(
    tmp_path: Path, workers: int, stops: int
) -> None:
    seed = random.randrange(1 << 40)
    chance = random.Random(seed)
    station = StationProcess(init_folder(tmp_path / "so", "Sở thử"), workers=workers)
    station.start()
    school = new_school(tmp_path, station.folder, station.url)
    with bad_network(station.port) as proxy:
        for number in range(stops):
            busy = None
            if number % 3 == 0:
                school.queue(CLASS, seed + number, section=f"{number}")
                proxy.network.delay_seconds = chance.random() * 0.02
                busy = Thread(target=deliver, args=(school, proxy))
                busy.start()
            time.sleep(chance.random() * LONGEST_START)
            asked = chance.choice([signal.SIGTERM, signal.SIGINT])
            assert end(station, asked) == 0, f"seed {seed}, stop {number}, {asked!r}"
            if busy is not None:
                busy.join()
            station.start()
        proxy.network.delay_seconds = 0
        deliver(school, proxy, patience=15)
    assert school.outbox.counts()[OutboxState.VERIFIED] == len(range(0, stops, 3)) * CLASS
    assert station.stop() == 0
    assert all(line["level"] in ("info", "warning") for line in lines(station)), f"seed {seed}"
    school.workspace.close()


def test_a_station_does_not_wait_for_schools_that_keep_an_idle_connection(tmp_path: Path) -> None:
    station = StationProcess(init_folder(tmp_path / "so", "Sở thử"))
    station.start()
    school = new_school(tmp_path, station.folder, station.url)
    engine = school.engine()
    school.queue(CLASS, 1)
    assert engine.run(WorkContext()).verified == CLASS  # the connection is kept, and silent
    assert station.stop() == 0
    said = [line["what"] for line in lines(station)]
    assert not any("graceful shutdown exceeded" in str(what) for what in said), said
    school.workspace.close()


def test_workers_do_not_outlive_a_leader_that_is_killed(tmp_path: Path) -> None:
    station = StationProcess(init_folder(tmp_path / "so", "Sở thử"), workers=2)
    station.start()
    assert station.process is not None
    assert soon(lambda: len(station.team()) == 2)
    team = station.team()
    station.process.kill()
    station.process.join()
    assert soon(lambda: not any(Path(f"/proc/{worker}").exists() for worker in team))
    station.start()  # on the same port, which is free again
    assert station.stop() == 0


def soon(happened: Callable[[], bool]) -> bool:
    until(happened)
    return True


def deliver(school: School, proxy: Proxy, patience: float = 0) -> None:
    school.outbox.hurry()
    school.engine(proxy.url, patience).run(WorkContext())


def end(station: StationProcess, number: signal.Signals) -> int | None:
    assert station.process is not None
    os.kill(station.process.pid or 0, number)
    station.process.join(20)
    return station.process.exitcode


def lines(station: StationProcess) -> list[dict[str, object]]:
    """Nothing but JSON lines: the dump of a station that hung is none."""
    text = (station.folder.path / "log.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]
