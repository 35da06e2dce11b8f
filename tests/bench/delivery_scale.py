"""A station with a million records: receiving and looking must not slow down."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import zstandard
from cryptography import x509
from sqlalchemy import insert

from app.department.checks.checks import CheckOutcome, Checks, FirstLook
from app.department.checks.verification_queue import VerificationQueue
from app.department.http.receiving import Receiving
from app.department.pages.coverage import Coverage
from app.department.store.archive import Archive, Device
from app.department.store.folder import StationFolder, init_folder
from app.department.store.tables import record
from app.parcel import DeviceIdentity, Parcel, seal
from app.parcel.enrolment import make_request, read_request
from tests.bench import Measure
from tests.fixtures.schools.parcels import SCHOOL, records
from tests.fixtures.stations.postgres import new_database

ROWS = 1_000_000
CLASS, PARCELS = 40, 6
SLOWER = 1.5
"""A full station may take so many times what an empty one takes."""


def measures() -> list[Measure]:
    """The floor of each receiving figure is the same work at the same station while empty."""
    return [*_at("million", ""), *_at("million_pg", new_database())]


def _at(name: str, database: str) -> list[Measure]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:  # a real disk, for fsync's sake
        folder = init_folder(Path(place) / "so", "Sở thử", database=database)
        archive = folder.open_archive()
        device = DeviceIdentity.new(SCHOOL)
        archive.enrol(
            read_request(make_request(device, "Trường", "máy")), "2040-01-01T00:00:00+07:00"
        )
        sender = archive.device(device.device_id)
        assert sender is not None
        parcels = _parcels(folder, device)
        try:
            before = _received(folder, archive, sender, parcels[:PARCELS])
            _fill(archive)
            after = _received(folder, archive, sender, parcels[PARCELS:])
            looks = _looks(archive)
        finally:
            archive.close()
    goal = f"≤ {SLOWER:g} × empty"
    return [
        Measure(
            f"delivery.{name}_rows", after * 1000, "ms/class", before * 1000, goal,
            after <= before * SLOWER,
        ),
        *(
            Measure(f"delivery.{name}_{look}", ms, "ms", None, f"≤ {most} ms", ms <= most)
            for look, (ms, most) in looks.items()
        ),
    ]  # fmt: skip


def _looks(archive: Archive) -> dict[str, tuple[float, int]]:
    """(milliseconds, at most) of what officials and workers ask for."""
    coverage, waiting = Coverage(archive), VerificationQueue(archive)
    return {
        "search": (1000 * _seconds(lambda: coverage.search(_pupil(ROWS // 2))), 50),
        "school": (1000 * _seconds(lambda: coverage.sections("2025-2026", "school-7")), 200),
        "province": (1000 * _seconds(lambda: coverage.schools("2025-2026")), 2000),
        "years": (1000 * _seconds(coverage.years), 50),
        "arrivals": (1000 * _seconds(lambda: coverage.arrivals("2025-2026")), 1000),
        "claim": (1000 * _seconds(lambda: waiting.claim(CLASS)), 100),
        "release": (1000 * _seconds(waiting.release), 50),
    }


def _parcels(folder: StationFolder, device: DeviceIdentity) -> list[Parcel]:
    to = x509.load_pem_x509_certificate(folder.certificate_pem.encode())
    return [
        seal(records(CLASS, seed), to=to, device=device, counter=seed + 1)
        for seed in range(2 * PARCELS)
    ]


def _received(
    folder: StationFolder, archive: Archive, sender: Device, parcels: list[Parcel]
) -> float:
    """Median seconds for a class: open, keep durably, answer."""
    checks = Checks(
        # Pupils' ids lie anywhere, as records' ids do.
        lambda item: FirstLook(pupil=item.key.sha256[:12]),
        lambda _: "",
        lambda _: CheckOutcome(True, (), lambda: b""),
    )
    receiving = Receiving(folder, archive, checks, folder.opening_keys())
    return statistics.median(
        _seconds(lambda p=parcel: receiving.take(p.bytes, sender), 1)  # type: ignore[misc]
        for parcel in parcels
    )


def _fill(archive: Archive) -> None:
    packed = zstandard.compress(b"<HOC_BA/>")
    for start in range(0, ROWS, 20_000):
        rows = [
            {
                "record_id": f"{number * 4294:08x}-0000-4000-8000-000000000000",
                "version": 1,
                "sha256": f"{number:064d}",
                "event": "NEW",
                "school_code": f"school-{number % 2000}",
                "sender": f"school-{number % 2000}",
                "school_year": f"{2024 + number % 3}-{2025 + number % 3}",
                "section": f"{number % 9 + 1}{'ABC'[number % 3]}",
                "pupil": _pupil(number),
                "stage": "verified",
                "received_at": "2026-05-29T09:41:00+07:00",
                "xml": packed,
            }
            for number in range(start, start + 20_000)
        ]
        with archive.engine.begin() as db:
            db.execute(insert(record), rows)
    with archive.engine.begin() as db:
        db.exec_driver_sql("ANALYZE record")  # what autovacuum does within a minute


def _pupil(number: int) -> str:
    return f"{number * 4294:08x}0000"


def _seconds(work: Callable[[], object], times: int = 5) -> float:
    """Median of a few runs."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return statistics.median(found)
