"""Opening the encrypted file, writing in one transaction, proving and copying it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import sqlcipher3.dbapi2 as driver
from sqlite_utils import Database

from app.errors import WorkspaceDamaged, WorkspaceTooNew
from app.store.integrity.driver_errors import explain, translated
from app.store.migrations import schema
from app.work import WorkContext

BUSY_MS = 10_000
_PAGES_A_STEP = 256
"""Of 4 KiB: a step of copying takes some milliseconds, between which others get their turn."""
_COMPLAINTS = 5


class KeyIsCurrent(Protocol):
    """Whether the key of a connection is still the workspace's."""

    def __call__(self) -> bool: ...


class _Connection(driver.Connection):  # type: ignore[misc]
    """Raises our errors for what a disk refuses and for damage, also while rows are read."""

    path: Path
    is_current: KeyIsCurrent

    def cursor(self, factory: type[Any] | None = None) -> Any:
        return super().cursor(factory or _Cursor)

    def commit(self) -> None:
        with translated(self.path, self.is_current):
            super().commit()


class _Cursor(driver.Cursor):  # type: ignore[misc]
    def execute(self, *arguments: Any) -> Any:
        with translated(self.connection.path, self.connection.is_current):
            return super().execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        with translated(self.connection.path, self.connection.is_current):
            return super().executemany(*arguments)

    def fetchone(self) -> Any:
        with translated(self.connection.path, self.connection.is_current):
            return super().fetchone()

    def fetchall(self) -> Any:
        with translated(self.connection.path, self.connection.is_current):
            return super().fetchall()

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except driver.Error as error:
            with translated(self.connection.path, self.connection.is_current):
                raise error


def connect(path: Path, key: bytes, is_current: KeyIsCurrent = lambda: True) -> Database:
    """A connection of its own for the calling thread. `key`: 32 raw bytes.

    Opening never creates. Raises WorkspaceDamaged when the file is not a workspace under this key
    (empty, torn, something else), DiskTrouble when it cannot be read or written.
    """
    connection = _opened(path, key, "rw", is_current)
    try:
        found = connection.execute(
            "SELECT count(*) FROM sqlite_master WHERE name = ?", [schema.migrations_table]
        ).fetchone()
        if not found[0]:
            raise WorkspaceDamaged("no workspace in it")
        _configure(connection)
    except BaseException:
        connection.close()
        raise
    return Database(connection)


def create(path: Path, key: bytes) -> None:
    """A new workspace file with our schema, closed again. Nothing may be there yet."""
    connection = _opened(path, key, "rwc", lambda: True)
    with closing(connection):
        _configure(connection)
        with translated(path):
            schema.apply(Database(connection))


def connect_unchanging(path: Path, key: bytes) -> Database:
    """A file that nobody writes, such as a copy: read without a lock or a file beside it."""
    return Database(_opened(path, key, "ro&immutable=1", lambda: True))


def _opened(path: Path, key: bytes, mode: str, is_current: KeyIsCurrent) -> _Connection:
    with translated(path):
        # Used by one thread; another may close it at the end, when the lanes are at rest.
        connection: _Connection = driver.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            factory=_Connection,
            isolation_level=None,
            timeout=BUSY_MS / 1000,
            check_same_thread=False,
        )
    connection.path, connection.is_current = path, is_current
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    connection.execute("PRAGMA cipher_log_level = NONE")
    return connection


def _configure(connection: _Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


@contextmanager
def write(db: Database) -> Iterator[Database]:
    """One transaction that takes the write lock first; joins the one already open.

    A plain BEGIN that reads and then writes fails at once with "database is locked" if
    another connection wrote in between; the timeout does not help.
    """
    if db.conn.in_transaction:
        yield db
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.conn.commit()
    except BaseException:
        db.conn.rollback()  # nothing happens where COMMIT already gave up the transaction
        raise


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
    keep_copy()
    schema.apply(db)


# --- proof ------------------------------------------------------------------------------------


def complaints(db: Database) -> list[str]:
    """What is wrong with the pages: the code of each one on the disk, and how they hang together.

    Reads the whole file. A page whose code fails is read as one of zeros by SQLite's own copying,
    which says nothing of it: only these checks do. What is found must be found twice: a checkpoint
    of another connection may be writing the very page that is read.
    """
    return _complaints(db) and _complaints(db)


def _complaints(db: Database) -> list[str]:
    try:
        broken = [str(row[0]) for row in db.execute("PRAGMA cipher_integrity_check")]
        loose = [str(row[0]) for row in db.execute(f"PRAGMA quick_check({_COMPLAINTS})")]
    except WorkspaceDamaged as error:
        return [error.detail]
    return [*broken[:_COMPLAINTS], *(line for line in loose if line != "ok")]


def require_sound(db: Database) -> None:
    """Raises WorkspaceDamaged with the first complaint."""
    if found := complaints(db):
        raise WorkspaceDamaged(found[0])


def counts(db: Database) -> dict[str, int]:
    """Rows of every table."""
    tables = db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    return {
        name: int(db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for (name,) in tables
    }


def copy_to(db: Database, target: Path, key: bytes, context: WorkContext) -> Mapping[str, int]:
    """A whole copy under the same key, taken while others write (what the WAL holds included).

    `db`: a connection for this alone, because its view is held still to the end. The original is
    proven first. Returns the rows of each table. Raises WorkspaceDamaged, DiskFull, DiskTrouble,
    Cancelled; `target` is then torn.
    """
    target.unlink(missing_ok=True)
    status = 0

    def moved(code: int, remaining: int, total: int) -> None:
        nonlocal status
        status = code
        context.step(total - remaining, total)

    copy = _opened(target, key, "rwc", lambda: True)
    db.execute("BEGIN")
    try:
        there = counts(db)
        require_sound(db)
        db.conn.backup(copy, pages=_PAGES_A_STEP, progress=moved)
    except driver.Error as error:
        raise explain(error, target, status) from error
    finally:
        db.conn.rollback()
        copy.close()
    return there


def prove_copy(path: Path, key: bytes, expected: Mapping[str, int]) -> None:
    """It opens, each of its pages holds, and it has these rows. Raises WorkspaceDamaged."""
    with closing(connect_unchanging(path, key)) as copy:
        require_sound(copy)
        if counts(copy) != expected:
            raise WorkspaceDamaged("rows differ from the original")


def change_key(path: Path, key: bytes, fresh: bytes) -> None:
    """Rewrite every page under another key, in one transaction.

    Raises DiskFull, DiskTrouble, WorkspaceBusy; the file is under the old key then.
    """
    with closing(connect(path, key)) as db:
        db.execute(f"PRAGMA rekey = \"x'{fresh.hex()}'\"").fetchall()
    with closing(connect(path, fresh)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
