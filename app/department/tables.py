"""The station's tables (SQLite or PostgreSQL) and its engine."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import (
    Column,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.exc import SQLAlchemyError

from app.errors import StationFolderInvalid

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
    Column("stage", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("received_at", String(40), nullable=False),
    Column("xml", LargeBinary, nullable=False),
    PrimaryKeyConstraint("record_id", "version"),
)
Index("record_stage", record.c.stage)
Index("record_school", record.c.school_code, record.c.school_year, record.c.section)

receipt = Table(
    "receipt",
    metadata,
    Column("school_code", String(32), nullable=False),
    Column("record_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("token", Text, nullable=False),
    PrimaryKeyConstraint("school_code", "record_id", "version", "sha256", "stage"),
)
"""`school_code` is whom the station answered: one school never sees another's receipts."""


def open_engine(url: str) -> Engine:
    """Tables are made where they are missing.

    Raises StationFolderInvalid when the database cannot be reached or its driver is missing.
    """
    try:
        engine = create_engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_immediate)
        metadata.create_all(engine)
    except (SQLAlchemyError, ImportError, sqlite3.Error) as error:
        raise StationFolderInvalid(f"database: {type(error).__name__}") from error
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late and is deferred
    connection.execute("PRAGMA busy_timeout = 10000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_immediate(connection: Any) -> None:
    if not connection.get_execution_options().get("reads", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
