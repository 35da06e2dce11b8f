"""What lies on a stick, and how it gets there so that it is there (FORMAT.md, "On a stick").

A file counts as copied only when it was written beside, flushed to the medium, renamed, and read
back from it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from app.errors import DiskFull, DiskTrouble, StickDiffers, StickError, StickFull
from app.files import sync_folder, write_whole
from app.medium import read_back

PARCEL = ".hbx"
RECEIPTS = ".hbr"
MOST_FILES = 20_000
_ASIDE = ".tmp"
_OTHER = re.compile(r"[^0-9A-Za-z_-]")


def folder_name(school_code: str, day: date) -> str:
    """ASCII, as all names on a stick: not every system agrees on more."""
    return f"hocba-{plain(school_code)}-{day.isoformat()}"


def parcel_name(school_code: str, counter: int, sha256: str) -> str:
    """The same parcel has the same name on every stick."""
    return f"{plain(school_code)}-{counter:06d}-{sha256[:16]}{PARCEL}"


def receipts_name(parcel: str) -> str:
    """Of the file with the station's word about the parcel that has this file name."""
    return f"{Path(parcel).stem}-bien-nhan{RECEIPTS}"


def put(path: Path, content: bytes) -> bool:
    """Have exactly `content` at `path`, proven; False when it was there already.

    Raises StickFull, StickError (pulled out, write-protected), StickDiffers (it reads back
    otherwise than written). What stood at `path` before is untouched then, but for the last.
    """
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(path.parent.parent)
        if _holds(path, content):
            sync_folder(path.parent)  # who renamed it may have died before this
            return False
        write_whole(path, content)
        if not _holds(path, content):
            raise StickDiffers(path.name)
    except DiskFull as error:
        raise StickFull(path.name) from error
    except (DiskTrouble, OSError) as error:
        raise StickError(type(error).__name__) from error
    return True


def clear_halves(folder: Path) -> None:
    """What a run that was killed left half-written; nothing else is touched."""
    for half in folder.glob(f"*{PARCEL}{_ASIDE}"):
        try:
            half.unlink(missing_ok=True)
        except OSError as error:
            raise StickError(type(error).__name__) from error


def files_on(paths: Sequence[Path], suffixes: Sequence[str]) -> Iterator[Path]:
    """Files that were named, and those with one of `suffixes` in folders that were named.

    At most MOST_FILES; links are not followed, names that begin with a dot are passed over.
    Raises StickError when a folder cannot be read.
    """
    left = MOST_FILES
    for path in paths:
        for file in [path] if not path.is_dir() else _below(path, tuple(suffixes)):
            if left == 0:
                return
            left -= 1
            yield file


def read_bounded(file: Path, limit: int) -> bytes | None:
    """None when it is larger than `limit` bytes. Raises StickError."""
    try:
        if not file.is_file():  # a pipe would never end
            raise StickError("not an ordinary file")
        with file.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise StickError(f"{type(error).__name__} {error.errno}") from error
    return data if len(data) <= limit else None


def _below(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    def missed(error: OSError) -> None:
        raise StickError(type(error).__name__) from error

    for where, folders, names in os.walk(folder, onerror=missed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(suffixes) and not name.startswith("."):
                yield Path(where, name)


def _holds(path: Path, content: bytes) -> bool:
    if not path.is_file() or path.stat().st_size != len(content):
        return False
    return read_back(path) == content


def plain(school_code: str) -> str:
    """As it may stand in a name."""
    return _OTHER.sub("_", school_code) or "_"
