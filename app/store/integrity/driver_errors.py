"""The driver's errors as ours, by SQLite's result code and never by the words of a message."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlcipher3.dbapi2 as driver

from app.errors import (
    AppError,
    DiskFull,
    DiskReadOnly,
    DiskTrouble,
    FileDenied,
    KeyChanged,
    WorkspaceBusy,
    WorkspaceDamaged,
    disk_error,
)

_BY_CODE: dict[int, type[AppError]] = {
    driver.SQLITE_PERM: FileDenied,
    driver.SQLITE_BUSY: WorkspaceBusy,
    driver.SQLITE_LOCKED: WorkspaceBusy,
    driver.SQLITE_READONLY: DiskReadOnly,
    driver.SQLITE_IOERR: DiskTrouble,
    driver.SQLITE_CORRUPT: WorkspaceDamaged,
    driver.SQLITE_FULL: DiskFull,
    driver.SQLITE_CANTOPEN: DiskTrouble,
    driver.SQLITE_PROTOCOL: WorkspaceBusy,
    driver.SQLITE_NOTADB: WorkspaceDamaged,
}
"""Primary result codes (sqlite.org/rescode.html); constraints and mistakes in SQL are not here."""

_PRIMARY = 0xFF


def explain(error: Exception, path: Path, status: int = 0) -> Exception:
    """Our error for the driver's, or the same error where it is none of a disk or a damage.

    `status`: the code, where the driver raised without one (its copying does).
    """
    if isinstance(error, AppError):
        return error
    code = (getattr(error, "sqlite_errorcode", None) or status) & _PRIMARY
    kind = _BY_CODE.get(code)
    if kind is None:
        return error
    if code in (driver.SQLITE_CANTOPEN, driver.SQLITE_READONLY) and (known := _refusal(path)):
        return known
    return kind(getattr(error, "sqlite_errorname", None) or str(code), file=path.name)


def _refusal(path: Path) -> AppError | None:
    """What the system itself says about reading and writing there: SQLite only says 'cannot'."""
    try:
        with path.open("rb+"):
            pass
        with tempfile.TemporaryFile(dir=path.parent):  # the journal needs a place beside it
            pass
    except OSError as error:
        return disk_error(error, path.name)
    return None


@contextmanager
def translated(path: Path, is_current: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Errors of the driver inside are raised as ours.

    `is_current`: whether the connection's key is still the workspace's. Under another key every
    page looks torn, and must not be taken for damage.
    """
    try:
        yield
    except driver.Error as error:
        ours = explain(error, path)
        if isinstance(ours, WorkspaceDamaged) and not is_current():
            ours = KeyChanged(type(error).__name__)
        if ours is error:
            raise
        raise ours from error
