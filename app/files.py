"""Files that are whole or not there at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import IO

from app.errors import DiskFull

_PIECE = 1024 * 1024
_LONGEST_NAME = 120
"""Characters; folders of people's own stand before it, and Windows ends a path at 259."""
_MOST_BYTES = 240
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\s]+')
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.I)


def safe_name(name: str) -> str:
    """A file name made from data (a class '8/1', a pupil's name) that every system takes.

    What a path or Windows means something by becomes '-'; device names, leading and trailing dots
    and what nobody sees are avoided; long names are cut before their suffix ("Naming Files,
    Paths, and Namespaces", Microsoft).
    """
    text = unicodedata.normalize("NFC", name)
    seen = "".join(c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    clean = _NOT_IN_NAMES.sub(lambda m: " " if m.group().isspace() else "-", seen).strip(" .")
    if _DEVICES.fullmatch(clean):
        clean = f"_{clean}"
    stem, dot, suffix = clean.rpartition(".")
    if not dot or len(suffix) > 10:
        stem, suffix = clean, ""
    ending = f".{suffix}" if suffix else ""
    stem = stem[: _LONGEST_NAME - len(ending)]
    while len((stem + ending).encode()) > _MOST_BYTES:
        stem = stem[:-1]
    return (stem.rstrip(" .") or "tep") + ending


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
