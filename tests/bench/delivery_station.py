"""A whole station over HTTPS: records a second with one worker and with two, and its memory."""

from __future__ import annotations

import multiprocessing
import os
import re
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from app.department.checks.checks import Checks
from app.department.checks.record_checks import record_checks
from app.department.http.serving import serve
from app.department.store.folder import StationFolder, init_folder, load_folder
from app.parcel import DeviceIdentity, Parcel, seal
from app.parcel.enrolment import Enrolment
from app.sync import StationClient
from app.sync.connection import Connection
from app.work import CancelToken
from tests.bench import Measure
from tests.bench.delivery import CLASS, RECEIVED_GOAL, renamed
from tests.fixtures.schools.parcels import SCHOOL
from tests.fixtures.schools.signed_class import SignedClass, signed_class
from tests.fixtures.stations.station import enrol

CONNECTIONS = 4
PARCELS = 25
"""For one figure: 1,000 records."""
WARM, ALL = 25, 125
"""Parcels after which memory is looked at: 1,000 and 5,000 records."""
FLATTER = 1.1
FORK = multiprocessing.get_context("fork")


def measures() -> list[Measure]:
    """Figures of receiving have the real light check and no full one: that has its own figure.

    The school that sends shares the cores with the station.
    """
    whole = signed_class(CLASS)
    one, two = (_received_per_s(whole, workers) for workers in (1, 2))
    goal = f"≥ {RECEIVED_GOAL:g}"
    return [
        Measure("delivery.https_1_worker", one, "record/s", None, goal, one >= RECEIVED_GOAL),
        Measure("delivery.https_2_workers", two, "record/s", one, "≥ 1 worker", two >= one),
        _memory(whole),
    ]


def _received_per_s(whole: SignedClass, workers: int) -> float:
    checks = replace(_checks(whole), full=lambda _: "")
    with _running(checks, workers) as (folder, url, _):
        hand_over = _Handing(whole, folder, url)
        hand_over.parcels(1)  # each worker has started and the connections stand
        return CLASS * PARCELS / hand_over.parcels(PARCELS)


def _memory(whole: SignedClass) -> Measure:
    """Resident memory of a worker after 5,000 records that were received and verified."""
    with _running(_checks(whole), 1) as (folder, url, pid):
        hand_over = _Handing(whole, folder, url)
        hand_over.parcels(WARM)
        _wait_until_verified(folder, WARM * CLASS)
        floor = _resident(pid)
        hand_over.parcels(ALL - WARM)
        _wait_until_verified(folder, ALL * CLASS)
        value = _resident(pid)
    goal = f"≤ {FLATTER:g} × after 1,000"
    return Measure("delivery.station_memory", value, "MB", floor, goal, value <= FLATTER * floor)


def _checks(whole: SignedClass) -> Checks:
    """The real ones, on the original of each record: a label of its own is all that it got."""
    real = record_checks(whole.trust)
    originals = {item.key.sha256: item for item in whole.items}
    return replace(
        real,
        light=lambda item: real.light(originals[item.key.sha256]),
        full=lambda item: real.full(originals[item.key.sha256]),
    )


@contextmanager
def _running(checks: Checks, workers: int) -> Iterator[tuple[StationFolder, str, int]]:
    """Its folder, its address and its process."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:  # a real disk, for fsync's sake
        folder = init_folder(Path(place) / "so", "Sở thử")
        listening = socket.create_server(("127.0.0.1", 0))
        station = FORK.Process(target=_serve, args=(folder.path, checks, listening, workers))
        station.start()
        try:
            assert station.pid is not None
            yield folder, f"https://127.0.0.1:{listening.getsockname()[1]}", station.pid
        finally:
            listening.close()
            station.terminate()
            station.join()


def _serve(folder: Path, checks: Checks, listening: socket.socket, workers: int) -> None:
    os.dup2(os.open(folder / "log.jsonl", os.O_WRONLY | os.O_CREAT), 2)
    serve(load_folder(folder), checks, listening, workers)


class _Handing:
    """A school's machine that sends over several connections at once."""

    def __init__(self, whole: SignedClass, folder: StationFolder, url: str) -> None:
        self._whole = whole
        self._device = DeviceIdentity.new(SCHOOL)
        self._enrolment: Enrolment = enrol(folder, self._device, url)
        self._sent = 0

    def parcels(self, count: int) -> float:
        """Seconds until the last of so many has its receipts."""
        made = [self._parcel() for _ in range(count)]
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            start = time.perf_counter()
            list(threads.map(self._send, (made[n::CONNECTIONS] for n in range(CONNECTIONS))))
            return time.perf_counter() - start

    def _parcel(self) -> Parcel:
        self._sent += 1
        items = renamed(self._whole.items, self._sent)
        to = self._enrolment.certificate
        return seal(items, to=to, device=self._device, counter=self._sent)

    def _send(self, parcels: list[Parcel]) -> None:
        nothing: Callable[[int], None] = lambda _: None  # noqa: E731
        with closing(StationClient(Connection(self._enrolment, self._device))) as client:
            for one in parcels:
                got = client.submit(one.sha256, one.bytes, CancelToken(), nothing, resume=False)
                assert len(got) >= CLASS


def _wait_until_verified(folder: StationFolder, records: int) -> None:
    with closing(folder.open_archive()) as archive:
        while archive.counts().get("verified", 0) < records:
            time.sleep(0.2)


def _resident(pid: int) -> float:
    """MB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024
