"""A bounded part of `python -m tests.fixtures.faults.workspace_chaos`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(600)
def test_power_cuts_full_disks_and_flipped_bits_lose_nothing_acknowledged() -> None:
    command = [sys.executable, "-m", "tests.fixtures.faults.workspace_chaos"]
    done = subprocess.run(
        [*command, "--kills", "14", "--full", "7", "--flips", "9"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert sum(said["kills"].values()) == 14
    assert sum(said["full"].values()) == 7
    assert sum(said["flips"].values()) == 9
