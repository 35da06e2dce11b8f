"""Copies of the workspace: which there are, and taking one back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.clock import VIETNAM, now
from app.errors import WorkspaceMissing
from app.files import copy_whole
from app.store import keyring

_STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class Backup:
    path: Path
    made_at: datetime
    size: int
    """Bytes."""


def backups(workspace: Path) -> list[Backup]:
    """Whole copies (with their keyring) beside the workspace, newest first."""
    found = []
    for file in (workspace.parent / "backups").glob(f"{workspace.stem}-*.hocba"):
        stamp = file.stem.removeprefix(f"{workspace.stem}-")
        try:
            made_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=VIETNAM)
        except ValueError:
            continue
        if keyring.path_for(file).exists():
            found.append(Backup(file, made_at, file.stat().st_size))
    return sorted(found, key=lambda backup: backup.made_at, reverse=True)


def restore(workspace: Path, backup: Path, moment: datetime | None = None) -> Path:
    """Put a copy in the workspace's place; what stood there is kept in the returned folder.

    The workspace must be closed. The copy is whole beside it before anything moves. Raises
    WorkspaceMissing when the copy is not whole, DiskFull; nothing has changed then.
    """
    source = keyring.path_for(backup)
    if not backup.exists() or not source.exists():
        raise WorkspaceMissing(backup.name)
    keys = keyring.path_for(workspace)
    fresh, fresh_keys = (place.with_name(place.name + ".new") for place in (workspace, keys))
    aside = workspace.parent / "backups" / f"replaced-{(moment or now()).strftime(_STAMP)}"
    try:
        copy_whole(backup, fresh)
        copy_whole(source, fresh_keys)
        aside.mkdir(parents=True, exist_ok=True)
        for old in (workspace, keys):
            if old.exists():
                _keep(old, aside / old.name)
        for tail in ("-wal", "-shm"):
            if (left := Path(f"{workspace}{tail}")).exists():
                os.replace(left, aside / left.name)
    except BaseException:
        fresh.unlink(missing_ok=True)
        fresh_keys.unlink(missing_ok=True)
        raise
    os.replace(fresh_keys, keys)
    os.replace(fresh, workspace)
    return aside


def _keep(old: Path, kept: Path) -> None:
    """A second name for the same bytes, which a worn disk need not read; else the only one."""
    try:
        os.link(old, kept)
    except OSError:
        os.replace(old, kept)
