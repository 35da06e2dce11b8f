"""A full disk, made by the kernel's own limit on the size of a file."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.errors import DiskFull, DiskTrouble
from app.model.gradebook import CellChange, CellKey
from app.model.people import ClassSection, Student
from app.store import Workspace
from app.store.integrity import keyring

PASSPHRASE = "mùa lúa chín"


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: what a full disk does, without filling one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made, _ = Workspace.create(tmp_path / "school.hocba", PASSPHRASE, "hoa")
    store = made.here()
    store.people.save_section(ClassSection("4A", "2026-2027", 4, "4A"))
    store.people.save_students([Student("s1", "Giàng A Páo", "2017-02-01")])
    return made


def test_a_full_disk_leaves_the_keyring_as_it_was(workspace: Workspace) -> None:
    before = keyring.path_for(workspace.path).read_bytes()
    with largest_file(100), pytest.raises((DiskFull, DiskTrouble)):
        workspace.add_user("khải", "một hai ba bốn")
    assert keyring.path_for(workspace.path).read_bytes() == before


def _edit(workspace: Workspace, *numbers: int) -> None:
    for number in numbers:
        key = CellKey("s1", "TOAN", f"x{number}")
        text = "nhận xét " * 200
        workspace.here().gradebook.save("4A", [CellChange(key, None, text)])


def _slots(workspace: Workspace) -> set[str]:
    return {key.slot for key in workspace.here().gradebook.cells("4A")}


def test_an_edit_on_a_full_disk_is_refused_and_the_others_are_kept(workspace: Workspace) -> None:
    db = workspace.here().db
    _edit(workspace, 0)
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(DiskFull):
        _edit(workspace, *range(1, 50))
    db.execute("PRAGMA max_page_count = 1073741823")
    _edit(workspace, 50)
    assert {"x0", "x50"} <= _slots(workspace)
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_disk_that_fails_takes_nothing_that_was_kept(workspace: Workspace) -> None:
    _edit(workspace, 0)
    wal = workspace.path.with_name(workspace.path.name + "-wal")
    with largest_file(wal.stat().st_size + 4096), pytest.raises(DiskTrouble):
        _edit(workspace, *range(1, 50))
    _edit(workspace, 50)
    assert {"x0", "x50"} <= _slots(workspace)


def test_a_backup_that_fails_leaves_no_half_file(workspace: Workspace) -> None:
    with largest_file(8192), pytest.raises(DiskTrouble):
        workspace.back_up()
    assert not list((workspace.path.parent / "backups").glob("*.hocba"))
