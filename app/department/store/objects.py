"""Where the bytes of records lie: files in the station's folder, or an S3-compatible store.

An object's name is the SHA-256 of its bytes, so keeping the same twice is keeping it once and
nothing is ever changed. Objects are written before the rows that name them; a station that is
killed in between leaves an object that the same parcel, sent again, uses. `sweep` removes those
that nothing came for.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import math
import os
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.errors import ObjectMissing, ObjectStoreRefused, StationBusy
from app.medium import move_onto

_UNFINISHED = ".tmp"


class Objects(Protocol):
    def keep(self, data: bytes) -> str:
        """The name of the object (64 hex digits); durable on return. Raises StationBusy."""

    def read(self, name: str, at: int, size: int) -> bytes:
        """`size` bytes from `at` on. Raises ObjectMissing, StationBusy."""

    def check(self) -> None:
        """Whether objects can be kept. Raises ObjectStoreError, StationBusy."""

    def sweep(self, named: Callable[[], Collection[str]], before: float) -> int:
        """Remove what killed stations left, last touched before that (seconds since 1970).

        `named`: all names that rows have, asked only when there is anything to judge by it.
        How many files went. Raises StationBusy.
        """


def name_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def disk_error(error: OSError) -> Exception:
    """StationBusy where it is the room that is missing, else the error itself."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StationBusy("disk full")
    return error


@dataclass(frozen=True, slots=True)
class FolderObjects:
    """`folder/ab/abcd…`, each file written beside its place and renamed into it."""

    folder: Path

    def keep(self, data: bytes) -> str:
        name = name_of(data)
        place = self._place(name)
        try:
            if not place.parent.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                _flush_folder(self.folder)
            if not _touched(place):
                _write(place, data)
            _flush_folder(place.parent)  # also then: who wrote it may have died before this
        except OSError as error:
            raise disk_error(error) from error
        return name

    def read(self, name: str, at: int, size: int) -> bytes:
        try:
            with self._place(name).open("rb") as file:
                file.seek(at)
                data = file.read(size)
        except FileNotFoundError as error:
            raise ObjectMissing(name) from error
        if len(data) != size:
            raise ObjectMissing(f"{name} is too short")
        return data

    def check(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ObjectStoreRefused(f"folder: {errno.errorcode.get(error.errno or 0)}") from error
        if not os.access(self.folder, os.W_OK):
            raise ObjectStoreRefused("folder: not writable")

    def sweep(self, named: Callable[[], Collection[str]], before: float) -> int:
        try:
            old = [file for file in self.folder.glob("??/*") if _last_touched(file) < before]
            whole = {file.name for file in old if file.suffix != _UNFINISHED}
            used = set(named()) if whole else set()
            return sum(_removed(file, before) for file in old if file.name not in used)
        except OSError as error:
            raise disk_error(error) from error

    def _place(self, name: str) -> Path:
        return self.folder / name[:2] / name


def _last_touched(file: Path) -> float:
    """Seconds since 1970; endless for one that another process has just dealt with."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _touched(place: Path) -> bool:
    """Whether it is there. From now on no sweep takes it: a row will name it soon."""
    try:
        os.utime(place)
    except FileNotFoundError:
        return False
    return True


def _removed(file: Path, before: float) -> bool:
    """Out of sight first: whoever touches it from then on finds nothing and writes it anew."""
    beside = file.with_name(f"{uuid.uuid4().hex}{_UNFINISHED}")
    try:
        file.rename(beside)
        if beside.stat().st_mtime >= before:
            beside.replace(file)  # touched at the last moment
            return False
        beside.unlink()
    except FileNotFoundError:  # another sweep was quicker
        return False
    return True


def _write(place: Path, data: bytes) -> None:
    beside = place.with_name(f"{uuid.uuid4().hex}{_UNFINISHED}")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        move_onto(beside, place)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
