"""Copies of the workspace: which there are, and taking one back."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.clock import VIETNAM, now
from app.errors import WorkspaceMissing
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

    The workspace must be closed. Raises WorkspaceMissing when the copy is not whole.
    """
    if not backup.exists() or not keyring.path_for(backup).exists():
        raise WorkspaceMissing(backup.name)
    stamp = (moment or now()).strftime(_STAMP)
    aside = workspace.parent / "backups" / f"replaced-{stamp}"
    aside.mkdir(parents=True, exist_ok=True)
    keys = keyring.path_for(workspace)
    for old in (workspace, keys, *(Path(f"{workspace}{tail}") for tail in ("-wal", "-shm"))):
        if old.exists():
            os.replace(old, aside / old.name)
    shutil.copyfile(keyring.path_for(backup), keys)
    shutil.copyfile(backup, workspace)
    return aside
