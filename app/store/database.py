"""Opening the encrypted file, writing in one transaction, upgrading with a copy kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as driver
from sqlite_utils import Database

from app.errors import (
    AppError,
    DiskFull,
    DiskTrouble,
    WorkspaceBusy,
    WorkspaceDamaged,
    WorkspaceTooNew,
)
from app.store.migrations import schema

BUSY_MS = 10_000


def connect(path: Path | str, key: bytes) -> Database:
    """A connection of its own for the calling thread. `key`: 32 raw bytes.

    Raises WorkspaceDamaged when the file is not a database under this key.
    """
    # Used by one thread; another may close it at the end, when the lanes are at rest.
    connection = driver.connect(
        str(path), isolation_level=None, timeout=BUSY_MS / 1000, check_same_thread=False
    )
    try:
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except driver.Error as error:
        connection.close()
        raise explain(error) from error
    return Database(connection)


def explain(error: Exception) -> Exception:
    """Our error for the driver's, or the same error where we know no better."""
    text = str(error).lower()
    if isinstance(error, AppError):
        return error
    if "not a database" in text or "malformed" in text:
        return WorkspaceDamaged(text)
    if "disk i/o" in text or "readonly" in text:
        return DiskTrouble(text)
    if "full" in text:
        return DiskFull(text)
    if "locked" in text or "busy" in text:
        return WorkspaceBusy(text)
    return error


@contextmanager
def write(db: Database) -> Iterator[Database]:
    """One transaction that takes the write lock first; joins the one already open.

    A plain BEGIN that reads and then writes fails at once with "database is locked" if
    another connection wrote in between; the timeout does not help.
    """
    if db.conn.in_transaction:
        yield db
        return
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.conn.rollback()
            raise
        db.conn.commit()
    except driver.Error as error:
        db.conn.rollback()  # nothing happens where COMMIT already gave up the transaction
        raise explain(error) from error


@contextmanager
def attempt(db: Database) -> Iterator[Database]:
    """A part of an open transaction: what it wrote goes again when it fails, the rest stays."""
    db.execute("SAVEPOINT attempt")
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK TO attempt")
        raise
    finally:
        db.execute("RELEASE attempt")


def upgrade(db: Database, keep_copy: Callable[[], object]) -> None:
    """Bring the schema up to ours; `keep_copy` runs before anything is changed.

    Raises WorkspaceTooNew when a newer program has written here.
    """
    ours = {step.name for step in schema._migrations}
    applied = {step.name for step in schema.applied(db)}
    if unknown := applied - ours:
        raise WorkspaceTooNew(", ".join(sorted(unknown)))
    if not schema.pending(db):
        return
    if applied:
        keep_copy()
    schema.apply(db)


def copy_to(db: Database, target: Path, key: bytes) -> None:
    """A whole copy under the same key, taken while others write (what the WAL holds included)."""
    target.unlink(missing_ok=True)
    copy: Any = driver.connect(str(target))
    try:
        copy.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        db.conn.backup(copy)
    except driver.Error as error:
        raise explain(error) from error
    finally:
        copy.close()
