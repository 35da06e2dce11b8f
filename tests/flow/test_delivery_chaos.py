"""The school's program and the station are killed again and again, at random moments.

`python -m tests.bench delivery_chaos` does the same with 200 kills and 5,040 records.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.chaos import chaos

KILLS, CLASSES = 40, 16


def test_kills_at_random_moments_lose_double_and_halve_nothing(tmp_path: Path) -> None:
    assert chaos(tmp_path, KILLS, CLASSES) >= KILLS
