"""What `test_delivery_chaos.py` does, at a station that keeps its records in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.faults.chaos import CLASS, CLASSES, KILLS, WORKERS, chaos
from tests.fixtures.stations.postgres import new_database


@pytest.mark.parametrize("workers", WORKERS)
def test_kills_at_random_moments_lose_double_and_halve_nothing(
    tmp_path: Path, workers: int
) -> None:
    harm = chaos(tmp_path, new_database(), workers)
    assert harm.kills >= KILLS
    assert harm.records == CLASSES * CLASS
    assert harm.of_each_kind, harm
