"""What killed stations left in the folder of objects."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.department.store.objects import FolderObjects

HOUR = 3600.0


def aged(folder: Path, name: str, data: bytes = b"half") -> Path:
    """A file of two hours ago."""
    file = folder / name[:2] / name
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.write_bytes(data)
    long_ago = time.time() - 2 * HOUR
    os.utime(file, (long_ago, long_ago))
    return file


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "objects")


def test_old_half_files_and_objects_without_a_row_go_and_all_else_stays(
    objects: FolderObjects,
) -> None:
    used, unused, fresh = (objects.keep(data) for data in (b"used", b"unused", b"fresh"))
    half = aged(objects.folder, "ab-half.tmp")
    new_half = objects.folder / used[:2] / "new.tmp"
    new_half.write_bytes(b"half")
    for name in (used, unused):
        aged(objects.folder, name)
    assert objects.sweep(lambda: [used], time.time() - HOUR) == 2
    kept = {file.name for file in objects.folder.glob("*/*")}
    assert kept == {used, fresh, new_half.name}
    assert not half.exists()
    assert objects.read(used, 0, 4) == b"used"


def test_rows_are_not_read_when_all_objects_are_new(objects: FolderObjects) -> None:
    objects.keep(b"new")
    aged(objects.folder, "ab-half.tmp")

    def unwanted() -> list[str]:
        raise AssertionError("read a province's rows for nothing")

    assert objects.sweep(unwanted, time.time() - HOUR) == 1


@pytest.mark.parametrize("moment", ["before", "while"])
def test_an_object_whose_parcel_comes_again_meanwhile_stays(
    objects: FolderObjects, moment: str
) -> None:
    name = objects.keep(b"comes again")
    aged(objects.folder, name)
    rows: Callable[[], list[str]] = list
    if moment == "before":
        objects.keep(b"comes again")
    else:

        def rows() -> list[str]:
            objects.keep(b"comes again")
            return []

    assert objects.sweep(rows, time.time() - HOUR) == 0
    assert objects.read(name, 0, 11) == b"comes again"
    assert [file.name for file in objects.folder.glob("*/*")] == [name]


def test_an_object_that_was_swept_is_written_anew_when_its_parcel_comes(
    objects: FolderObjects,
) -> None:
    name = objects.keep(b"late")
    aged(objects.folder, name)
    assert objects.sweep(list, time.time() - HOUR) == 1
    assert objects.keep(b"late") == name
    assert objects.read(name, 0, 4) == b"late"


def test_a_file_that_vanishes_while_files_are_listed_stops_no_start(
    objects: FolderObjects,
) -> None:
    aged(objects.folder, "ab-half.tmp")
    # As a worker that is writing leaves its half file: still listed, no longer there.
    (objects.folder / "ab" / "moved.tmp").symlink_to(objects.folder / "gone")
    assert objects.sweep(list, time.time() - HOUR) == 1
