"""Files that are whole or not there at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from app.errors import DiskFull


def write_whole(path: Path, content: bytes) -> None:
    """Write beside, flush to the medium, then rename over.

    Raises DiskFull; whatever stood at `path` before is then untouched.
    """
    beside = path.with_name(path.name + ".tmp")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(path.name) from error
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows cannot open a folder; os.replace is journalled there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
