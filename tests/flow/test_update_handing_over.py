"""Handing over to real programs: scripts with an interpreter line, which POSIX starts like any
program. On Windows the trial of the setup (`bootstrap.py windows try`) uses the frozen one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.updates.handing_over import run_newer
from app.updates.versions import Versions

ROOT = Path(__file__).parents[2]


@pytest.fixture
def known(tmp_path: Path) -> Versions:
    return Versions(tmp_path / "versions", "1.0.0")


def script(known: Versions, version: str, body: str) -> None:
    beside = known.folder / "unpacking"
    beside.mkdir(parents=True)
    name = Path(sys.executable).stem
    for each in {name, "hocba"}:
        file = beside / each
        file.write_text(
            f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n{body}"
        )
        file.chmod(0o755)
    known.add(version, beside)


def reaching(known: Versions, version: str, code: int) -> str:
    return (
        "from pathlib import Path\nfrom app.updates.versions import Versions\n"
        f"Versions(Path({str(known.folder)!r}), '{version}').reached_first_window('{version}')\n"
        f"sys.exit({code})\n"
    )


_windows_to_open = pytest.mark.parametrize("arguments", [[], ["window"], ["practice"]])


@_windows_to_open
def test_the_window_hands_over_to_a_version_that_works(
    known: Versions, arguments: Sequence[str]
) -> None:
    script(known, "1.1.0", reaching(known, "1.1.0", 5))
    assert run_newer(known, arguments) == 5
    assert known.chosen() == "1.1.0"


@_windows_to_open
def test_a_version_that_ends_before_its_window_gives_way_at_once(
    known: Versions, arguments: Sequence[str]
) -> None:
    script(known, "1.1.0", reaching(known, "1.1.0", 5))
    run_newer(known, [])
    script(known, "1.2.0", "raise SystemExit('torn library')\n")
    assert run_newer(known, arguments) == 5  # the one before, in the same start
    assert known.state().failed == ("1.2.0",)


def test_a_first_bad_version_leads_back_to_the_installed_program(known: Versions) -> None:
    script(known, "1.1.0", "import os\nos._exit(3)\n")
    assert run_newer(known, []) is None


def test_a_task_of_the_night_tries_nothing_new(known: Versions) -> None:
    script(known, "1.1.0", reaching(known, "1.1.0", 5))
    assert run_newer(known, ["sync", "--scheduled"]) is None
    assert known.to_try() == "1.1.0"
