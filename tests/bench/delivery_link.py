"""Shares of a bad link: the real client and the real station, real TCP over the link of
`tests.fixtures.stations.link`. Needs root; without it the figures say so and do not hold."""

from __future__ import annotations

import multiprocessing
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from app.department.store.folder import init_folder
from app.model.delivery import OutboxState
from app.work import WorkContext
from tests.bench import Measure
from tests.fixtures.stations.link import STATION, Link, Shape, running_link, why_not
from tests.fixtures.stations.station import School, StationProcess, new_school

CLASSES, CLASS = 6, 55
"""Some 600 KB in six parcels: a school of 330 pupils."""
RUNS = 3
FLOOD_SECONDS = 40.0
EDGE = Shape(rate=64_000, round_trip=0.4, loss=0.05)
CUT = replace(EDGE, cut_every=20.0)
FAR = Shape(rate=200_000, round_trip=0.9, loss=0.05)
FORK = multiprocessing.get_context("fork")


def measures() -> list[Measure]:
    """Medians of several runs; the floor is what bare packets carry over the same link."""
    cases = [
        ("delivery.link_share_64k", EDGE, 0.85),
        ("delivery.link_share_cut", CUT, 0.5),
        ("delivery.link_share_far", FAR, 0.5),
    ]
    if missing := why_not():
        goal = f"not measured: {missing}"
        return [Measure(name, 0.0, "of link", None, goal, False) for name, _, _ in cases]
    return [_measure(name, shape, goal) for name, shape, goal in cases]


def _measure(name: str, shape: Shape, goal: float) -> Measure:
    shares = _apart(lambda seed: _delivered(shape, seed), RUNS)
    floor = statistics.median(_apart(lambda seed: _flooded(shape, seed), 1))
    value = statistics.median(shares)
    return Measure(name, value, "of link", floor, f"≥ {goal:g}", value >= goal)


def _apart(work: Callable[[int], float], runs: int) -> list[float]:
    """The runs side by side, a process and a link for each."""
    pipes = [FORK.Pipe(duplex=False) for _ in range(runs)]
    team = [
        FORK.Process(target=_report, args=(work, seed, told))
        for seed, (_, told) in enumerate(pipes)
    ]
    for one in team:
        one.start()
    for _, told in pipes:
        told.close()  # so that a run which fails ends the wait
    found = [heard.recv() for heard, _ in pipes]
    for one in team:
        one.join()
    return found


def _report(work: Callable[[int], float], seed: int, told: Pipe) -> None:
    told.send(work(seed))


def _delivered(shape: Shape, seed: int) -> float:
    """Parcels' bytes over all the time until the last receipt was there."""
    with tempfile.TemporaryDirectory() as place, running_link(shape, seed) as link:
        folder = init_folder(Path(place) / "so", "Sở thử", hosts=(STATION,))
        station = StationProcess(folder, host=STATION, kind=FORK)
        with link.station.inside():
            station.start()
        school = new_school(Path(place), folder, station.url)
        size = sum(
            len(school.outbox.payload(school.queue(CLASS, 10 * seed + number, f"4{number}")[0]))
            for number in range(CLASSES)
        )
        try:
            return size * 8 / shape.rate / _seconds(link, school)
        finally:
            school.workspace.close()
            station.stop()


def _seconds(link: Link, school: School) -> float:
    """Until every record has its receipt, however often the engine has to begin anew.

    Asking for the full check's word afterwards is not part of it.
    """
    started, ends = time.monotonic(), []

    def watch() -> None:
        counts = school.outbox.counts
        while counts()[OutboxState.QUEUED] + counts()[OutboxState.SENDING]:
            time.sleep(0.1)
        ends.append(time.monotonic())

    watcher = threading.Thread(target=watch)
    watcher.start()
    with link.school.inside():
        while not ends:
            school.outbox.hurry()
            school.engine(patience=0).run(WorkContext())
    watcher.join()
    return ends[0] - started


def _flooded(shape: Shape, seed: int) -> float:
    """More than fits, from a new port each second, which no cut remembers; what arrives."""
    with running_link(shape, seed) as link:
        with link.station.inside():
            heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            heard.bind((STATION, 9))
        heard.setblocking(False)
        packet, sent, arrived = bytes(1400), 0.0, 0
        ends = time.monotonic() + FLOOD_SECONDS
        while (now := time.monotonic()) < ends:
            if now - sent >= 1.0:
                with link.school.inside():
                    told = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                sent = now
            told.sendto(packet, (STATION, 9))
            time.sleep(len(packet) * 8 / shape.rate / 1.2)
            arrived += _waiting(heard)
        return arrived * 8 / shape.rate / FLOOD_SECONDS


def _waiting(heard: socket.socket) -> int:
    total = 0
    while True:
        try:
            total += len(heard.recv(2048)) + 28
        except BlockingIOError:
            return total
