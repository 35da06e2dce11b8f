"""What disks refuse is tried again where it passes by itself, and told in words of its own."""

from __future__ import annotations

import errno
import ssl
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from app.errors import (
    DiskFull,
    DiskReadOnly,
    DiskTrouble,
    FileDenied,
    FileInUse,
    NameUnusable,
    PlaceGone,
    disk_error,
)
from app.files import PAUSES, copy_whole, patiently, write_whole
from app.store import Workspace
from app.store.integrity.backups import restore
from app.ui.text.messages import explain
from tests.fixtures.faults.disks import clear, fill, small_disk

PASSPHRASE = "mùa lúa chín"


@contextmanager
def held(file: Path, beside: Path) -> Iterator[None]:
    """Another file is mounted over it: as with a file that a program holds, no rename replaces it
    (EBUSY)."""
    beside.touch()
    subprocess.run(["mount", "--bind", beside, file], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", file], check=False, stderr=subprocess.DEVNULL)


def test_a_file_that_is_held_for_a_moment_is_written_at_a_later_try(tmp_path: Path) -> None:
    file, waits = tmp_path / "marks.xlsx", []
    file.write_bytes(b"old")
    with held(file, tmp_path / "other"):

        def wait(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 2:
                subprocess.run(["umount", file], check=True)

        (tmp_path / "new").write_bytes(b"new")
        patiently(lambda: (tmp_path / "new").replace(file), wait=wait)
    assert file.read_bytes() == b"new"
    assert waits == list(PAUSES[:2])


def test_the_tries_take_about_two_seconds_and_then_the_file_is_said_to_be_in_use(
    tmp_path: Path,
) -> None:
    assert 1.5 <= sum(PAUSES) <= 2.5
    file = tmp_path / "marks.xlsx"
    file.write_bytes(b"old")
    with held(file, tmp_path / "other"), pytest.raises(FileInUse) as told:
        write_whole(file, b"new")
    assert "marks.xlsx" in explain(told.value).what
    assert file.read_bytes() == b"old"
    assert not list(tmp_path.glob("*.tmp"))


@pytest.mark.parametrize("code", [5, 32, 33])
def test_what_windows_refuses_for_a_moment_is_tried_again(code: int) -> None:
    tries = []

    def act() -> str:
        tries.append(1)
        if len(tries) < 4:
            error = PermissionError(errno.EACCES, "refused")
            error.winerror = code  # type: ignore[attr-defined]
            raise error
        return "done"

    assert patiently(act, wait=lambda _: None) == "done"


def test_what_does_not_pass_is_not_tried_again() -> None:
    tries = []

    def act() -> None:
        tries.append(1)
        raise OSError(errno.EROFS, "read-only")

    with pytest.raises(OSError, match="read-only"):
        patiently(act, wait=lambda _: None)
    assert len(tries) == 1


def test_ordinary_refusals_of_disks_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(PlaceGone):
        write_whole(tmp_path / "gone" / "a", b"x")
    with pytest.raises(PlaceGone):
        copy_whole(tmp_path / "gone", tmp_path / "a")
    with pytest.raises(NameUnusable):
        write_whole(tmp_path / ("dài" * 100), b"x")
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        fill(disk, 20_000)
        with pytest.raises(DiskFull):
            write_whole(disk / "a", b"x" * 60_000)
        clear(disk)
        write_whole(disk / "a", b"old")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(DiskReadOnly):
            write_whole(disk / "a", b"new")
        assert (disk / "a").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.EROFS, DiskReadOnly),
        (errno.ENOENT, PlaceGone),
        (errno.EACCES, FileDenied),
        (errno.EPERM, FileDenied),
        (errno.EBUSY, FileInUse),
        (errno.ENAMETOOLONG, NameUnusable),
        (errno.ENOSPC, DiskFull),
        (errno.EIO, DiskTrouble),
    ],
)
def test_a_bare_refusal_that_reaches_the_window_has_words(code: int, kind: type) -> None:
    said = explain(OSError(code, "x", "/home/hoa/Giàng A Páo/điểm.xlsx"))
    assert said.code == kind.code
    assert not said.code.startswith("unexpected")
    assert "Giàng" not in "".join((said.what, said.safe, said.todo))


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError("refused"),
        ssl.SSLError(1, "handshake"),
        TimeoutError(errno.ETIMEDOUT, "x"),
        ValueError("x"),
    ],
)
def test_errors_of_networks_and_mistakes_are_no_disks(error: Exception) -> None:
    assert explain(error).code.startswith("unexpected")
    assert not isinstance(error, OSError) or disk_error(error) is None


def test_a_private_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"x", private=True)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_workspace_on_a_read_only_disk_is_said_to_be_that(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8 << 20) as disk:
        Workspace.create(disk / "school.hocba", PASSPHRASE, "hoa")[0].close()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(DiskReadOnly):
            Workspace.open(disk / "school.hocba", PASSPHRASE)


def test_a_copy_or_restore_onto_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4 << 20) as disk:
        made, _ = Workspace.create(disk / "school.hocba", PASSPHRASE, "hoa")
        copy = made.back_up()
        before = sorted(p.name for p in copy.parent.iterdir())
        fill(disk, 40_000)
        with pytest.raises(DiskFull):
            made.back_up()
        assert sorted(p.name for p in copy.parent.iterdir()) == before
        made.close()
        with pytest.raises(DiskFull):
            restore(disk / "school.hocba", copy)
        clear(disk)
        Workspace.open(disk / "school.hocba", PASSPHRASE).close()
