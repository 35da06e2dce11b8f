"""Files that are whole or not there at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO

from app.errors import DiskFull

_PIECE = 1024 * 1024


def write_whole(path: Path, content: bytes) -> None:
    """Write beside, flush to the medium, then rename over.

    Raises DiskFull; whatever stood at `path` before is then untouched.
    """
    _put_whole(path, lambda file: file.write(content))


def copy_whole(source: Path, target: Path) -> None:
    """As `write_whole`, piece by piece: the source may be large. Raises DiskFull."""
    with source.open("rb") as stream:
        _put_whole(target, lambda file: shutil.copyfileobj(stream, file, _PIECE))


def _put_whole(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    beside = path.with_name(path.name + ".tmp")
    try:
        with beside.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):  # the medium may be gone
            beside.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(path.name) from error
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """The names in it reach the medium too."""
    if os.name != "posix":  # Windows cannot open a folder; os.replace is journalled there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
