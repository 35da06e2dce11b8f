"""The station's tables as the last step of `migrations` leaves them, and the engine."""

from __future__ import annotations

import sqlite3
import time
from functools import partial
from typing import Any

from sqlalchemy import (
    Column,
    Engine,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    literal_column,
)
from sqlalchemy.exc import SQLAlchemyError

from app.department.store.migrations import upgrade
from app.errors import StationFolderInvalid

_PATIENCE_MS = 10_000
_UPGRADE_PATIENCE_MS = 600_000
"""Another process may just be building an index over a province's records."""
_AGAIN_SECONDS = 0.02

metadata = MetaData()

device = Table(
    "device",
    metadata,
    Column("device_id", String(32), primary_key=True),
    Column("school_code", String(32), nullable=False),
    Column("school_name", Text, nullable=False),
    Column("device_name", Text, nullable=False),
    Column("public_key", String(64), nullable=False),
    Column("enrolled_at", String(40), nullable=False),
    Column("valid_until", String(40), nullable=False),
    Column("revoked_at", String(40), nullable=False, default=""),
)

parcel = Table(
    "parcel",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("device_id", String(32), nullable=False),
    Column("counter", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("received_at", String(40), nullable=False),
)
Index("parcel_device", parcel.c.device_id, parcel.c.counter)

parcel_item = Table(
    "parcel_item",
    metadata,
    Column("parcel_sha256", String(64), nullable=False),
    Column("record_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    PrimaryKeyConstraint("parcel_sha256", "record_id", "version", "sha256"),
)

record = Table(
    "record",
    metadata,
    Column("record_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("event", String(8), nullable=False),
    Column("school_code", String(32), nullable=False),
    Column("school_year", String(16), nullable=False),
    Column("section", Text, nullable=False),
    Column("sender", String(32), nullable=False),
    Column("pupil", String(32), nullable=False, default=""),
    Column("stage", String(16), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("claimed_by", String(64), nullable=False, default=""),
    Column("claimed_until", Float, nullable=False, default=0.0),
    Column("forwarded", String(16), nullable=False, default=""),
    Column("received_at", String(40), nullable=False),
    Column("xml", LargeBinary, nullable=False, default=b""),
    Column("object", String(64), nullable=False, default=""),
    Column("object_at", Integer, nullable=False, default=0),
    Column("object_size", Integer, nullable=False, default=0),
    PrimaryKeyConstraint("record_id", "version"),
)
"""`object…`: where the bytes lie; `xml`: the bytes themselves in rows that the first program wrote.
`sender`: whom the station answers: the school itself, or the department that hands its records
on. `pupil`: the id that officials search by. `claimed_until`: seconds since 1970; who verifies
it has it until then. `forwarded`: what the next station said last."""
registered_signer = Table(
    "registered_signer",
    metadata,
    Column("school_code", String(32), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("registered_at", String(40), nullable=False),
)
"""Certificates that the department knows to be a school's, whatever number they name."""
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    *(
        Column(column.name, column.type, nullable=False)
        for column in record.c
        if column.name not in ("claimed_by", "claimed_until", "attempts", "forwarded")
    ),
    Column("moved_at", String(40), nullable=False),
    Column("moved_by", String(80), nullable=False),
)
"""Record versions that were never verified and stood in the way of others, or that an administrator
set aside: nobody is answered by them, and nothing of them is lost."""
Index("quarantine_record", quarantine.c.record_id)
Index("record_waiting", record.c.stage, record.c.received_at)
Index(
    "record_progress",
    *record.c["school_year", "school_code", "section", "stage", "record_id", "version"],
)
"""Covers what the pages count: no row of a million is read for it."""
LATER = record.c.version > literal_column("1")
CLAIMED = record.c.claimed_by != literal_column("''")
"""Written out in queries too: SQLite looks for them there, not among parameters."""
Index(
    "record_later",
    *record.c["record_id", "version"],
    sqlite_where=LATER,
    postgresql_where=LATER,
)
Index("record_claimed", record.c.claimed_by, sqlite_where=CLAIMED, postgresql_where=CLAIMED)
Index("record_pupil", record.c.pupil)
Index(
    "record_arrival",
    record.c.school_year,
    record.c.stage,
    record.c.received_at,
    record.c.record_id,
    record.c.version,
)
Index("record_forwarded", record.c.forwarded, record.c.stage)

receipt = Table(
    "receipt",
    metadata,
    Column("school_code", String(32), nullable=False),
    Column("record_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("station", String(200), nullable=False),
    Column("issued_at", String(40), nullable=False),
    Column("token", Text, nullable=False),
    PrimaryKeyConstraint("school_code", "record_id", "version", "sha256", "stage", "station"),
)
"""`school_code` is whom the station answered: one school never sees another's receipts."""
Index("receipt_school", receipt.c.school_code, receipt.c.issued_at)

declared = Table(
    "declared",
    metadata,
    Column("school_code", String(32), nullable=False),
    Column("school_year", String(16), nullable=False),
    Column("section", String(64), nullable=False),
    Column("grade", Integer, nullable=False),
    Column("pupils", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("device_id", String(32), nullable=False),
    PrimaryKeyConstraint("school_code", "school_year", "section"),
)

setting = Table(
    "setting",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

official = Table(
    "official",
    metadata,
    Column("login", String(64), primary_key=True),
    Column("full_name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("password", Text, nullable=False),
)

attempt = Table(
    "attempt",
    metadata,
    Column("login", String(64), primary_key=True),
    Column("address", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Float, nullable=False),
    Column("at", Float, nullable=False),
)
"""Wrong passwords of an official's name, by the address from which they came."""

session = Table(
    "session",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("login", String(64), nullable=False),
    Column("form_key", String(64), nullable=False),
    Column("until", Float, nullable=False),
)

look = Table(
    "look",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", String(40), nullable=False),
    Column("who", String(80), nullable=False),
    Column("what", String(32), nullable=False),
    Column("record_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
)
"""Who looked at which pupil's record, and how; nothing here is ever changed."""
Index("look_record", look.c.record_id)

client = Table(
    "client",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("scope", String(80), nullable=False),
)
"""Public services that may look up one record at a time."""

token = Table(
    "token",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("client_id", String(64), nullable=False),
    Column("until", Float, nullable=False),
    Column("scope", String(80), nullable=False),
)


publication = Table(
    "publication",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("school_code", String(32), nullable=False),
    Column("title", String(200), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("published_at", String(40), nullable=False),
    Column("published_by", String(80), nullable=False),
    Column("token", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("withdraws", Integer, nullable=False, default=0),
    UniqueConstraint("kind", "version"),
)
"""What the department says to its schools; a row never changes. `school_code` '': to all.
`withdraws`: the number that this one takes back, or 0."""
Index("publication_school", publication.c.school_code, publication.c.number)
Index("publication_content", publication.c.sha256)


forward_report = Table(
    "forward_report",
    metadata,
    Column("parcel_sha256", String(64), primary_key=True),
    Column("school_code", String(32), nullable=False),
    Column("signer", Text, nullable=False),
    Column("signed_at", String(40), nullable=False),
    Column("received_at", String(40), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""What departments signed about the parcels they handed on. `school_code`: the department's."""


def open_engine(url: str) -> Engine:
    """The schema is brought up to ours where it is older or missing.

    Raises StationFolderInvalid when the database cannot be reached or its driver is missing,
    StationTooOld when a newer program has written there.
    """
    try:
        upgrading = _engine(url, _UPGRADE_PATIENCE_MS)
        try:
            upgrade(upgrading)
        finally:
            upgrading.dispose()
        return _engine(url, _PATIENCE_MS)
    except (SQLAlchemyError, ImportError, sqlite3.Error) as error:
        raise StationFolderInvalid(f"database: {type(error).__name__}") from error


def _engine(url: str, patience_ms: int) -> Engine:
    engine = create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(prepare_sqlite, patience_ms))
        event.listen(engine, "begin", _begin_immediate)
    return engine


def prepare_sqlite(patience_ms: int, connection: Any, _: Any = None) -> None:
    """A new connection (of `sqlite3`, in autocommit after this) that waits so long for locks."""
    connection.isolation_level = None  # the driver's own BEGIN comes too late and is deferred
    connection.execute(f"PRAGMA busy_timeout = {patience_ms}")
    _use_wal(connection, patience_ms)
    connection.execute("PRAGMA synchronous = FULL")


def _use_wal(connection: Any, patience_ms: int) -> None:
    """Of several that change the journal at once SQLite refuses all but one, without waiting."""
    deadline = time.monotonic() + patience_ms / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_AGAIN_SECONDS)


def _begin_immediate(connection: Any) -> None:
    if not connection.get_execution_options().get("reads", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
