"""Disks that are really full, at the school and at the station: later, never lost, never halved.

Both lie on a small file system of their own (tmpfs), filled to a random rest again and again.
"""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest

from app.department.store.archive import Archive
from app.errors import AppError
from app.model.delivery import OutboxState
from app.model.transcript import TranscriptState
from app.work import WorkContext
from tests.fixtures.faults.disks import clear, fill, small_disk
from tests.fixtures.stations.station import School, add_issued, new_school, running_station

CLASS, CLASSES, LARGEST_REST = 10, 6, 120_000
MIB = 1024 * 1024


@pytest.mark.parametrize("full", ["school", "station", "both"])
def test_a_full_disk_means_later_and_nothing_is_lost_doubled_or_halved(
    tmp_path: Path, full: str
) -> None:
    chance = random.Random(full)
    refused = 0
    with (
        small_disk(tmp_path / "school", 24 * MIB) as ours,
        small_disk(tmp_path / "station", 24 * MIB) as theirs,
        running_station(theirs / "so") as station,
    ):
        school = new_school(ours, station.folder, station.url)
        full_ones = {"school": [ours], "station": [theirs], "both": [ours, theirs]}[full]
        for number in range(CLASSES):
            add_issued(school.workspace, CLASS, number, f"4{number}")
            for _ in range(4):
                for place in full_ones:
                    fill(place, chance.randrange(LARGEST_REST))
                refused += not deliver(school)
                for place in full_ones:
                    clear(place)
        assert refused
        assert deliver(school)
        require_all_once(school, station.folder.open_archive())
        school.workspace.close()
        assert station.stop() == 0


def deliver(school: School) -> bool:
    """Whether all went. What stops it is one of our own errors, whatever was full."""
    with suppress(AppError):
        store = school.workspace.here()
        if issued := store.transcripts.heads(states=[TranscriptState.ISSUED]):
            school.outbox.enqueue(issued, school.shipping)
        school.outbox.hurry()
        return school.engine().run(WorkContext()).complete
    return False


def require_all_once(school: School, archive: Archive) -> None:
    try:
        assert archive.counts() == {"verified": CLASS * CLASSES}
    finally:
        archive.close()
    store = school.workspace.here()
    assert store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert store.audit.unbroken()
    assert {h.state for h in store.transcripts.heads()} == {TranscriptState.RECEIVED}
    counts = school.outbox.counts()
    assert {state for state, count in counts.items() if count} == {OutboxState.VERIFIED}
