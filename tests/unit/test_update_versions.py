"""Versions side by side: which one starts, and how a bad one gives way by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.updates.handing_over import hand_over
from app.updates.versions import STATE, Versions

ROOT = Path(__file__).parents[2]
OWN = "1.0.0"


@pytest.fixture
def known(tmp_path: Path) -> Versions:
    return Versions(tmp_path / "versions", OWN)


def add(known: Versions, version: str) -> None:
    beside = known.folder / "unpacking"
    beside.mkdir(parents=True)
    known.program(version, "hocba").with_name("x")
    (beside / known.program(version, "hocba").name).write_bytes(b"program")
    known.add(version, beside)


def test_without_updates_the_installed_program_runs(known: Versions) -> None:
    assert (known.to_try(), known.chosen(), known.newest()) == ("", "", OWN)


def test_a_new_version_is_tried_and_stays_when_its_window_came(known: Versions) -> None:
    add(known, "1.1.0")
    assert known.chosen() == ""
    assert known.to_try() == "1.1.0"
    known.reached_first_window("1.1.0")
    assert (known.to_try(), known.chosen()) == ("", "1.1.0")


def test_a_version_that_never_showed_its_window_is_left(known: Versions) -> None:
    """It hung, and the power was cut."""
    add(known, "1.1.0")
    known.reached_first_window("1.1.0")
    add(known, "1.2.0")
    assert known.to_try() == "1.2.0"
    assert known.chosen() == "1.1.0"
    assert known.to_try() == ""
    assert known.chosen() == "1.1.0"
    assert known.newest() == "1.2.0"  # it is not offered again


def test_two_bad_versions_in_turn_lead_back_to_the_last_good_one(known: Versions) -> None:
    for version in ("1.1.0", "1.2.0", "1.3.0"):
        add(known, version)
        known.to_try()
        if version == "1.1.0":
            known.reached_first_window(version)
        else:
            known.take_back()
    assert known.chosen() == "1.1.0"


def test_an_old_version_s_word_does_not_prove_the_new_one(known: Versions) -> None:
    add(known, "1.1.0")
    known.to_try()
    known.reached_first_window(OWN)
    assert known.chosen() == ""


def test_a_setup_that_is_as_new_wins(known: Versions) -> None:
    add(known, "1.1.0")
    known.reached_first_window("1.1.0")
    assert Versions(known.folder, "1.1.0").chosen() == ""
    assert Versions(known.folder, "1.1.0").to_try() == ""


def test_only_the_version_before_is_kept(known: Versions) -> None:
    for version in ("1.1.0", "1.2.0", "1.3.0"):
        add(known, version)
        known.to_try()
        known.reached_first_window(version)
    assert sorted(p.name for p in known.folder.iterdir() if p.is_dir()) == ["1.2.0", "1.3.0"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 3}', '{"version": "../x"}'])
def test_a_torn_state_starts_the_installed_program(known: Versions, content: str) -> None:
    known.folder.mkdir()
    (known.folder / STATE).write_text(content)
    assert (known.to_try(), known.chosen()) == ("", "")


def test_a_version_whose_files_are_gone_is_passed_over(known: Versions) -> None:
    add(known, "1.1.0")
    known.reached_first_window("1.1.0")
    known.program("1.1.0", "hocba").unlink()
    assert known.chosen() == ""


def test_a_program_that_runs_from_source_hands_nothing_over() -> None:
    assert hand_over([]) is None


def test_starting_needs_nothing_but_the_standard_library() -> None:
    code = (
        "import sys\nbefore = set(sys.modules)\nimport app.updates.handing_over\n"
        "new = {m.partition('.')[0] for m in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names) - {'app', 'platformdirs'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
