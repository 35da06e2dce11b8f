"""What a station has confirmed lies on the disk, not in a cache: seen from below, by its calls."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.department.store.folder import init_folder
from tests.fixtures.pki.tokens import compile_library

_STEPS = """
import asyncio, sys
from pathlib import Path
from app.department.store.objects import FolderObjects
from app.department.http.uploads import Uploads

async def body():
    yield b"first half"

folder = Path(sys.argv[1])
FolderObjects(folder / "objects").keep(b"a record")
FolderObjects(folder / "objects").keep(b"a record")
asyncio.run(Uploads(folder / "uploads").append("machine", "a" * 64, 0, 100, body()))
"""


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, ...]]:
    """(call, paths below the folder) of a station that keeps an object twice and half a parcel."""
    folder = tmp_path_factory.mktemp("flushed")
    library, log = compile_library("faults/flushes.c", "-ldl"), folder / "log"
    watched = {**os.environ, "LD_PRELOAD": str(library), "FLUSHES_LOG": str(log)}
    subprocess.run([sys.executable, "-c", _STEPS, str(folder)], check=True, env=watched)
    lines = (line.split() for line in log.read_text().splitlines() if str(folder) in line)
    return [(call, *(os.path.relpath(path, folder) for path in paths)) for call, *paths in lines]


def test_an_object_is_flushed_before_it_has_its_name_and_its_name_before_it_is_used(
    calls: list[tuple[str, ...]],
) -> None:
    ((half, whole),) = [paths for call, *paths in calls if call == "rename"]
    named = calls.index(("rename", half, whole))
    in_folder = ("fsync", str(Path(whole).parent))
    assert calls.index(("fsync", half)) < named
    assert in_folder in calls[named + 1 :]
    assert ("fsync", "objects") in calls[:named]
    assert calls[named + 1 :].count(in_folder) >= 2  # who wrote it may have died before


def test_what_came_of_a_parcel_is_flushed_before_its_offset_is_told(
    calls: list[tuple[str, ...]],
) -> None:
    assert ("fsync", f"uploads/machine/{'a' * 64}.part") in calls


def test_a_stations_own_database_flushes_each_transaction(tmp_path: Path) -> None:
    with (
        closing(init_folder(tmp_path / "so", "Sở thử").open_archive()) as archive,
        archive.engine.begin() as db,
    ):
        full = 2  # sqlite.org/pragma.html#pragma_synchronous
        assert db.exec_driver_sql("PRAGMA synchronous").scalar() == full
