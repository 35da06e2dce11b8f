"""Kills at random moments: 200 of them while 5,040 records travel."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench import Measure
from tests.support.chaos import CLASS, chaos

KILLS, CLASSES = 200, 84


def measures() -> list[Measure]:
    """Fails aloud when a record is lost, doubled or halved."""
    with tempfile.TemporaryDirectory() as place:
        kills = chaos(Path(place), KILLS, CLASSES)
    goal = f"{KILLS} kills, {CLASSES * CLASS} records, each once"
    return [Measure("delivery_chaos.kills", kills, "kills", None, goal, kills >= KILLS)]
