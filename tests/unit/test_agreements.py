"""Agreements of the house that a machine can check."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sysconfig.get_path("scripts"))
SOURCES = [*(ROOT / "app").rglob("*.py"), *(ROOT / "installer").rglob("*.py")]


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = {}
    for path in (ROOT / "app").rglob("*.py"):
        for name in re.findall(r"^class (\w+)", path.read_text("utf-8"), re.MULTILINE):
            places.setdefault(name, []).append(str(path.relative_to(ROOT)))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_folder_holds_more_than_twenty_modules() -> None:
    folders = Counter(path.parent.relative_to(ROOT) for path in SOURCES)
    assert {str(folder): n for folder, n in folders.items() if n > 21} == {}  # with `__init__`


def test_types_are_named_for_what_they_are() -> None:
    vague = re.compile(r"^class \w*(Manager|Helper|Utils?)\b", re.MULTILINE)
    found = [p.name for p in SOURCES if vague.search(p.read_text("utf-8"))]
    assert found == []


def test_ruff_is_content() -> None:
    for arguments in (["check", "-q", "."], ["format", "-q", "--check", "."]):
        result = _run(str(BIN / "ruff"), *arguments)
        assert result.returncode == 0, result.stdout


def test_stations_know_only_the_stations_before_them() -> None:
    result = _run(str(BIN / "lint-imports"), "--no-cache")
    assert result.returncode == 0, result.stdout


@pytest.mark.timeout(300)
@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_types_hold(platform: str) -> None:
    result = _run(sys.executable, "-m", "mypy", "--platform", platform)
    assert result.returncode == 0, result.stdout


def test_nothing_is_left_to_do_in_the_product() -> None:
    words = ("raise NotImplementedError", "TO" + "DO", "FIX" + "ME")
    found = [p.name for p in SOURCES if any(w in p.read_text("utf-8") for w in words)]
    assert found == []


def test_the_window_is_the_only_place_that_starts_qt() -> None:
    code = "import sys, app.cli; assert not any(m.startswith('PySide6') for m in sys.modules)"
    assert _run(sys.executable, "-c", code).returncode == 0


def test_opening_a_workspace_waits_for_no_heavy_library() -> None:
    heavy = "{'pyhanko', 'openpyxl', 'pkcs11'}"
    code = f"import sys, app.services; assert not {heavy} & set(sys.modules)"
    assert _run(sys.executable, "-c", code).returncode == 0
