"""A frozen program has no interpreter to start: it runs its own child modules by `-m`."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import CHILDREN
from app.signing.keys.token_wire import read_message

ROOT = Path(__file__).parents[2]


def _program(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments], cwd=ROOT, capture_output=True, check=False
    )


@pytest.mark.parametrize("module", sorted(CHILDREN))
def test_every_child_is_a_module_that_is_there(module: str) -> None:
    assert importlib.util.find_spec(module) is not None


def test_the_program_runs_its_token_child(tmp_path: Path) -> None:
    done = _program("-m", "app.signing.keys.token_worker", str(tmp_path / "none.so"))
    (tmp_path / "answer").write_bytes(done.stdout)
    with (tmp_path / "answer").open("rb") as answer:
        message = read_message(answer)
    assert message is not None
    assert message["error"] == "DriverUnusable"


def test_the_program_runs_its_sheet_child(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "-m", "app.roster.sheets.grids", "xls"],
        cwd=ROOT, input=b"\xd0\xcf\x11\xe0torn", capture_output=True, check=False,
    )  # fmt: skip
    assert done.stdout.startswith(b"error\nsheet.unreadable\n")


def test_other_modules_are_not_run() -> None:
    assert _program("-m", "http.server").returncode == 2
