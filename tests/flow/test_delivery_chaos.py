"""Two machines of a school and the station are killed again and again, at random moments (SQLite).

With PostgreSQL: `test_delivery_chaos_postgresql.py`; full disks: `test_full_disk.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.faults.chaos import CLASS, CLASSES, KILLS, WORKERS, chaos


def test_the_parts_are_what_is_promised() -> None:
    assert len(WORKERS) * KILLS >= 200
    assert len(WORKERS) * CLASSES * CLASS >= 5000


@pytest.mark.parametrize("workers", WORKERS)
def test_kills_at_random_moments_lose_double_and_halve_nothing(
    tmp_path: Path, workers: int
) -> None:
    harm = chaos(tmp_path, "", workers)
    assert harm.kills >= KILLS
    assert harm.records == CLASSES * CLASS
    assert harm.of_each_kind, harm
