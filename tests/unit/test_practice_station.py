"""Practice mode's child programs, on whatever system: what they say, and how they end."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import NetworkDown
from app.practice import keys
from app.practice.school import PRINCIPAL, SCHOOL, TEACHERS
from app.practice.station import PracticeStation, call, hocba


def test_what_a_station_complains_of_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "Lò Thị Hương"
    call("department", "init", "--to", folder, "--name", "Sở Giáo dục và Đào tạo")
    with pytest.raises(NetworkDown, match="Thư mục"):
        call("department", "init", "--to", folder, "--name", "Sở Giáo dục và Đào tạo")


def test_a_station_ends_in_good_order_with_whoever_called_it(tmp_path: Path) -> None:
    call("department", "init", "--to", tmp_path / "so", "--name", "Sở thử")
    serve = hocba("department", "serve", "--ends-with-input", "--dir", tmp_path / "so")
    with subprocess.Popen(
        [*serve, "--port", "0"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stderr is not None
        assert json.loads(child.stderr.readline())["what"] == "listening"
        child.stdin.close()
        child.stderr.read()
    assert child.returncode == 0


def test_a_practice_station_can_be_stopped_and_started_again(tmp_path: Path) -> None:
    call("department", "init", "--to", tmp_path / "so", "--name", "Sở thử")
    for _ in range(2):
        with PracticeStation(tmp_path / "so") as station:
            assert station.url.startswith("https://")
            station.stop()


def test_where_softhsm_refuses_keys_lie_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows by itself under such a name, which it cannot say in its code page."""
    tools = tmp_path / "tools"
    tools.mkdir()
    refusing = tools / "softhsm2-util"
    refusing.write_text("#!/bin/sh\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    folder = tmp_path / "Trần Văn Ấn"
    root = keys.make_keys(folder, datetime.now(UTC), SCHOOL, [PRINCIPAL], TEACHERS)
    assert root.exists()
    found = keys.sources(folder)
    assert not found.drivers
    assert len(found.files) == len([PRINCIPAL, *TEACHERS]) + 1
