"""Files that are whole or not there at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

from app.errors import disk_error
from app.medium import move_onto
from app.owner_only import restrict

T = TypeVar("T")

_PIECE = 1024 * 1024
_PASSING_ERRNO = frozenset({errno.EBUSY, errno.ETXTBSY, errno.EAGAIN})
_PASSING_WINERROR = frozenset({5, 32, 33, 1224})
"""Access denied, sharing and lock violations, mapped sections: an antivirus scan or an indexer
holds a new file for a moment, and Windows says 'denied' for a name that is being deleted."""
PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.6)
"""Seconds between tries; about two in all."""
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


def patiently(
    act: Callable[[], T],
    *,
    pauses: tuple[float, ...] = PAUSES,
    wait: Callable[[float], None] = time.sleep,
) -> T:
    """What `act` returns, tried again while the refusal is one that passes by itself.

    Raises the last OSError.
    """
    for pause in pauses:
        try:
            return act()
        except OSError as error:
            if not _passes(error):
                raise
            wait(pause)
    return act()


def _passes(error: OSError) -> bool:
    code = getattr(error, "winerror", None)
    return code in _PASSING_WINERROR if code else error.errno in _PASSING_ERRNO


@contextmanager
def disk_words(file: str = "") -> Iterator[None]:
    """What a disk refuses inside is raised as an error of ours (`app.errors.disk_error`)."""
    try:
        yield
    except OSError as error:
        if known := disk_error(error, file):
            raise known from error
        raise


def replace(source: Path, target: Path) -> None:
    """Rename over, with a second try; on return the medium has the new name. Raises OSError."""
    patiently(lambda: move_onto(source, target))


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write beside, flush to the medium, then rename over.

    `private`: nobody but this account may read it, from its first byte on. Raises DiskFull or a
    DiskTrouble; whatever stood at `path` before is then untouched.
    """
    _put_whole(path, lambda file: file.write(content), private=private)


def copy_whole(source: Path, target: Path, *, private: bool = False) -> None:
    """As `write_whole`, piece by piece: the source may be large."""
    with disk_words(source.name):
        stream = patiently(lambda: source.open("rb"))
    with stream:
        _put_whole(target, lambda file: shutil.copyfileobj(stream, file, _PIECE), private=private)


def _put_whole(path: Path, fill: Callable[[IO[bytes]], object], *, private: bool) -> None:
    beside = path.with_name(path.name + ".tmp")
    with disk_words(path.name):
        try:
            with patiently(lambda: _open_new(beside, private=private)) as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            replace(beside, path)
        except OSError:
            with contextlib.suppress(OSError):  # the medium may be gone
                beside.unlink(missing_ok=True)
            raise


def _open_new(path: Path, *, private: bool) -> IO[bytes]:
    if private:
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        with contextlib.suppress(OSError):  # a stick may know no owners; keys in it are wrapped
            restrict(path)
    return path.open("wb")


def flush(path: Path) -> None:
    """The bytes of a file that something else has written reach the medium. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """The names in it reach the medium too."""
    if os.name != "posix":  # Windows cannot open a folder; move_onto writes through there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
