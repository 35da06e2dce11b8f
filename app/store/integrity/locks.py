"""Locks between processes that the system gives back when their holder dies.

A lock is a file of no bytes that SQLite locks and never writes: its byte-range locks are shared or
exclusive and work alike on Windows, Linux and FAT sticks (sqlite.org/lockingv3.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlcipher3.dbapi2 as driver

from app.store.integrity.driver_errors import translated

WAIT_S = 10.0
UPKEEP_WAIT_S = 30.0
"""A copy of a large workspace takes some seconds."""


class FileLock:
    """One hold on a lock file, from construction to `release`.

    Raises WorkspaceBusy after `wait` seconds (else `WAIT_S`); DiskTrouble where no lock file can
    be made.
    """

    def __init__(self, path: Path, *, shared: bool, wait: float | None = None) -> None:
        with translated(path):
            self._connection = driver.connect(
                str(path),
                timeout=WAIT_S if wait is None else wait,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                self._connection.execute("BEGIN" if shared else "BEGIN EXCLUSIVE")
                self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except driver.Error:
                self._connection.close()
                raise

    def release(self) -> None:
        self._connection.close()


@contextmanager
def exclusive(path: Path, *, wait: float | None = None) -> Iterator[None]:
    """Nobody else holds the lock meanwhile. Raises as `FileLock` does."""
    lock = FileLock(path, shared=False, wait=wait)
    try:
        yield
    finally:
        lock.release()


def presence(workspace: Path) -> Path:
    """Held shared by whoever has the workspace open, exclusively by whoever replaces its files."""
    return workspace.with_name(f".{workspace.name}.lock")


def upkeep(workspace: Path) -> Path:
    """Held exclusively by whoever makes a copy, or changes the keyring or the data key: a copy must
    not be taken while its keyring becomes another."""
    return workspace.with_name(f".{workspace.name}.upkeep.lock")
