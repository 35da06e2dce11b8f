"""Two machines of a school and the station are killed again and again, at random moments (SQLite).

With PostgreSQL: `test_delivery_chaos_postgresql.py`; full disks: `test_full_disk.py`. Each of the
two halves is a test of its own, clear of the time a test may take on a slow machine.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.chaos import CLASS, CLASSES, KILLS, chaos


@pytest.mark.parametrize("workers", [1, 2])
def test_kills_at_random_moments_lose_double_and_halve_nothing(
    tmp_path: Path, workers: int
) -> None:
    harm = chaos(tmp_path, KILLS // 2, CLASSES // 2, workers=workers)
    assert harm.kills >= KILLS // 2
    assert harm.records == CLASSES // 2 * CLASS
    assert min(harm.station_kills, harm.cuts, harm.flips) > 0, harm
