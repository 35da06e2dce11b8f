"""Putting a new pair of files (database and keyring) in a workspace's place, in one step.

The new files lie beside the old ones under names of their own until they are whole. A note
(`school.hocba.exchange`) is what decides: before it is there, the exchange never happened and the
new files are cleared away; once it is there, the exchange is carried through, at the next start if
need be. Every move is a plain rename: no hard links, which FAT and exFAT do not have.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.errors import BackupDamaged
from app.files import disk_words, flush, replace, sync_folder, write_whole
from app.store.integrity import keyring, locks

_NEW, _NOTE, _TAILS = ".new", ".exchange", ("-wal", "-shm", "-journal")


def put_in_place(
    workspace: Path, prepare: Callable[[Path, Path], object], aside: Path | None = None
) -> None:
    """Have `prepare` make both new files (database, keyring), then let them take the place.

    What stood there goes into the folder `aside`. Raises WorkspaceBusy while somebody has the
    workspace open, DiskFull, DiskTrouble and whatever `prepare` raises; nothing has changed then,
    unless the note was written: then the next start carries it through.
    """
    with disk_words(workspace.name):
        workspace.parent.mkdir(parents=True, exist_ok=True)
    with locks.exclusive(locks.presence(workspace)):
        _settle(workspace)
        new, new_keys = _new_files(workspace)
        try:
            prepare(new, new_keys)
            if not (new.exists() and new_keys.exists()):
                raise BackupDamaged(workspace.name, file=workspace.name)
            with disk_words(workspace.name):
                flush(new)
                flush(new_keys)
                sync_folder(workspace.parent)
            write_whole(_note(workspace), _name_in(workspace, aside).encode())
        except BaseException:
            if not _note(workspace).exists():
                _clear(workspace)
            raise
        _carry_through(workspace)


def settle(workspace: Path) -> None:
    """Finish or undo what a program that was killed left here. Quick where there is nothing.

    Raises WorkspaceBusy while somebody else is at it, DiskTrouble.
    """
    if unsettled(workspace):
        with locks.exclusive(locks.presence(workspace)):
            _settle(workspace)


def unsettled(workspace: Path) -> bool:
    """Whether an exchange is under way, or was broken off."""
    return _note(workspace).exists() or any(file.exists() for file in _new_files(workspace))


def _settle(workspace: Path) -> None:
    if _note(workspace).exists():
        _carry_through(workspace)
    else:
        _clear(workspace)


def _carry_through(workspace: Path) -> None:
    """Each step may have been done already. Until the note goes, nobody opens the workspace."""
    with disk_words(workspace.name):
        aside = _note(workspace).read_text("utf-8")
        for new, place in zip(
            _new_files(workspace), (workspace, keyring.path_for(workspace)), strict=True
        ):
            if new.exists():
                old = [place, *(Path(f"{place}{tail}") for tail in _TAILS)]
                _move_aside([file for file in old if file.exists()], workspace.parent, aside)
                replace(new, place)
        _note(workspace).unlink()
        sync_folder(workspace.parent)


def _move_aside(files: list[Path], parent: Path, aside: str) -> None:
    for file in reversed(files):  # the file itself last: its log means nothing without it
        if aside:
            (parent / aside).mkdir(parents=True, exist_ok=True)
            replace(file, parent / aside / file.name)
        else:
            file.unlink()


def _clear(workspace: Path) -> None:
    with disk_words(workspace.name):
        for file in _new_files(workspace):
            for each in (file, *(Path(f"{file}{tail}") for tail in (*_TAILS, ".tmp"))):
                each.unlink(missing_ok=True)
        Path(f"{_note(workspace)}.tmp").unlink(missing_ok=True)


def _new_files(workspace: Path) -> tuple[Path, Path]:
    keys = keyring.path_for(workspace)
    return workspace.with_name(workspace.name + _NEW), keys.with_name(keys.name + _NEW)


def _note(workspace: Path) -> Path:
    return workspace.with_name(workspace.name + _NOTE)


def _name_in(workspace: Path, aside: Path | None) -> str:
    return "" if aside is None else str(aside.relative_to(workspace.parent))
