"""The station's schema, one step after another. Steps are never edited, only added.

A step is plain SQL that SQLite and PostgreSQL both know; `{bytes}` and `{serial}` stand for the two
words that differ. All pending steps are one transaction, so a station that is killed while its
schema changes starts again from the schema it had. `tables.py` says how the schema looks after the
last step; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, inspect, text

from app import clock
from app.errors import StationTooOld

_WORDS = {
    "sqlite": {"bytes": "BLOB", "serial": "INTEGER NOT NULL PRIMARY KEY"},
    "postgresql": {"bytes": "BYTEA", "serial": "SERIAL PRIMARY KEY"},
}
_LOCK = 20260527
_FIRST = "0001_start"

STEPS: dict[str, tuple[str, ...]] = {
    _FIRST: (
        """CREATE TABLE device (
            device_id VARCHAR(32) NOT NULL PRIMARY KEY,
            school_code VARCHAR(32) NOT NULL,
            school_name TEXT NOT NULL,
            device_name TEXT NOT NULL,
            public_key VARCHAR(64) NOT NULL,
            enrolled_at VARCHAR(40) NOT NULL,
            valid_until VARCHAR(40) NOT NULL,
            revoked_at VARCHAR(40) NOT NULL
        )""",
        """CREATE TABLE parcel (
            sha256 VARCHAR(64) NOT NULL PRIMARY KEY,
            device_id VARCHAR(32) NOT NULL,
            counter INTEGER NOT NULL,
            size INTEGER NOT NULL,
            received_at VARCHAR(40) NOT NULL
        )""",
        "CREATE INDEX parcel_device ON parcel (device_id, counter)",
        """CREATE TABLE parcel_item (
            parcel_sha256 VARCHAR(64) NOT NULL,
            record_id VARCHAR(64) NOT NULL,
            version INTEGER NOT NULL,
            sha256 VARCHAR(64) NOT NULL,
            PRIMARY KEY (parcel_sha256, record_id, version, sha256)
        )""",
        """CREATE TABLE record (
            record_id VARCHAR(64) NOT NULL,
            version INTEGER NOT NULL,
            sha256 VARCHAR(64) NOT NULL,
            event VARCHAR(8) NOT NULL,
            school_code VARCHAR(32) NOT NULL,
            school_year VARCHAR(16) NOT NULL,
            section TEXT NOT NULL,
            sender VARCHAR(32) NOT NULL,
            pupil VARCHAR(32) NOT NULL,
            stage VARCHAR(16) NOT NULL,
            reason TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            claimed_by VARCHAR(64) NOT NULL,
            claimed_until FLOAT NOT NULL,
            forwarded VARCHAR(16) NOT NULL,
            received_at VARCHAR(40) NOT NULL,
            xml {bytes} NOT NULL,
            PRIMARY KEY (record_id, version)
        )""",
        "CREATE INDEX record_waiting ON record (stage, received_at)",
        "CREATE INDEX record_school ON record (school_year, school_code, section)",
        "CREATE INDEX record_pupil ON record (pupil)",
        "CREATE INDEX record_forwarded ON record (forwarded, stage)",
        """CREATE TABLE receipt (
            school_code VARCHAR(32) NOT NULL,
            record_id VARCHAR(64) NOT NULL,
            version INTEGER NOT NULL,
            sha256 VARCHAR(64) NOT NULL,
            stage VARCHAR(16) NOT NULL,
            station VARCHAR(200) NOT NULL,
            issued_at VARCHAR(40) NOT NULL,
            token TEXT NOT NULL,
            PRIMARY KEY (school_code, record_id, version, sha256, stage, station)
        )""",
        "CREATE INDEX receipt_school ON receipt (school_code, issued_at)",
        """CREATE TABLE declared (
            school_code VARCHAR(32) NOT NULL,
            school_year VARCHAR(16) NOT NULL,
            section VARCHAR(64) NOT NULL,
            grade INTEGER NOT NULL,
            pupils INTEGER NOT NULL,
            number INTEGER NOT NULL,
            device_id VARCHAR(32) NOT NULL,
            PRIMARY KEY (school_code, school_year, section)
        )""",
        "CREATE TABLE setting (key VARCHAR(64) NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
        """CREATE TABLE official (
            login VARCHAR(64) NOT NULL PRIMARY KEY,
            full_name TEXT NOT NULL,
            role VARCHAR(16) NOT NULL,
            password TEXT NOT NULL,
            failures INTEGER NOT NULL,
            locked_until FLOAT NOT NULL
        )""",
        """CREATE TABLE session (
            token_sha256 VARCHAR(64) NOT NULL PRIMARY KEY,
            login VARCHAR(64) NOT NULL,
            form_key VARCHAR(64) NOT NULL,
            until FLOAT NOT NULL
        )""",
        """CREATE TABLE look (
            id {serial},
            at VARCHAR(40) NOT NULL,
            who VARCHAR(80) NOT NULL,
            what VARCHAR(32) NOT NULL,
            record_id VARCHAR(64) NOT NULL,
            version INTEGER NOT NULL
        )""",
        "CREATE INDEX look_record ON look (record_id)",
        """CREATE TABLE client (
            client_id VARCHAR(64) NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            secret TEXT NOT NULL
        )""",
        """CREATE TABLE token (
            token_sha256 VARCHAR(64) NOT NULL PRIMARY KEY,
            client_id VARCHAR(64) NOT NULL,
            until FLOAT NOT NULL
        )""",
    ),
    "0002_publications": (
        """CREATE TABLE publication (
            number INTEGER NOT NULL PRIMARY KEY,
            kind VARCHAR(16) NOT NULL,
            version INTEGER NOT NULL,
            school_code VARCHAR(32) NOT NULL,
            title VARCHAR(200) NOT NULL,
            sha256 VARCHAR(64) NOT NULL,
            size INTEGER NOT NULL,
            published_at VARCHAR(40) NOT NULL,
            published_by VARCHAR(80) NOT NULL,
            token TEXT NOT NULL,
            content {bytes} NOT NULL,
            UNIQUE (kind, version)
        )""",
        "CREATE INDEX publication_school ON publication (school_code, number)",
        "CREATE INDEX publication_content ON publication (sha256)",
    ),
    "0003_objects": (
        "ALTER TABLE record ADD COLUMN object VARCHAR(64) NOT NULL DEFAULT ''",
        "ALTER TABLE record ADD COLUMN object_at INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE record ADD COLUMN object_size INTEGER NOT NULL DEFAULT 0",
    ),
    "0004_forward_reports": (
        """CREATE TABLE forward_report (
            parcel_sha256 VARCHAR(64) NOT NULL PRIMARY KEY,
            school_code VARCHAR(32) NOT NULL,
            signer TEXT NOT NULL,
            signed_at VARCHAR(40) NOT NULL,
            received_at VARCHAR(40) NOT NULL,
            content {bytes} NOT NULL
        )""",
    ),
    "0005_scopes": (
        "ALTER TABLE client ADD COLUMN scope VARCHAR(80) NOT NULL DEFAULT 'record.read'",
        "ALTER TABLE token ADD COLUMN scope VARCHAR(80) NOT NULL DEFAULT 'record.read'",
    ),
    "0006_progress": (
        "CREATE INDEX record_progress ON record"
        " (school_year, school_code, section, stage, record_id, version)",
        "DROP INDEX record_school",
        "CREATE INDEX record_later ON record (record_id, version) WHERE version > 1",
        "CREATE INDEX record_claimed ON record (claimed_by) WHERE claimed_by <> ''",
    ),
    "0007_withdrawals": (
        "ALTER TABLE publication ADD COLUMN withdraws INTEGER NOT NULL DEFAULT 0",
    ),
    "0008_arrivals": (
        "CREATE INDEX record_arrival ON record"
        " (school_year, stage, received_at, record_id, version)",
    ),
    "0009_attempts": (
        """CREATE TABLE attempt (
            login VARCHAR(64) NOT NULL,
            address VARCHAR(64) NOT NULL,
            failures INTEGER NOT NULL,
            locked_until FLOAT NOT NULL,
            at FLOAT NOT NULL,
            PRIMARY KEY (login, address)
        )""",
        "ALTER TABLE official DROP COLUMN failures",
        "ALTER TABLE official DROP COLUMN locked_until",
    ),
    "0010_quarantine": (
        """CREATE TABLE quarantine (
            id {serial},
            record_id VARCHAR(64) NOT NULL,
            version INTEGER NOT NULL,
            sha256 VARCHAR(64) NOT NULL,
            event VARCHAR(8) NOT NULL,
            school_code VARCHAR(32) NOT NULL,
            school_year VARCHAR(16) NOT NULL,
            section TEXT NOT NULL,
            sender VARCHAR(32) NOT NULL,
            pupil VARCHAR(32) NOT NULL,
            stage VARCHAR(16) NOT NULL,
            reason TEXT NOT NULL,
            received_at VARCHAR(40) NOT NULL,
            xml {bytes} NOT NULL,
            object VARCHAR(64) NOT NULL,
            object_at INTEGER NOT NULL,
            object_size INTEGER NOT NULL,
            moved_at VARCHAR(40) NOT NULL,
            moved_by VARCHAR(80) NOT NULL
        )""",
        "CREATE INDEX quarantine_record ON quarantine (record_id)",
    ),
    "0011_registered_signers": (
        """CREATE TABLE registered_signer (
            school_code VARCHAR(32) NOT NULL,
            sha256 VARCHAR(64) NOT NULL,
            holder TEXT NOT NULL,
            registered_at VARCHAR(40) NOT NULL,
            PRIMARY KEY (school_code, sha256)
        )""",
    ),
}
"""By name, in the order in which they run; a name begins with the next number."""


def upgrade(engine: Engine) -> None:
    """Bring the schema up to ours, once, however many processes start at the same moment.

    Raises StationTooOld when a newer program has written here; nothing was changed then.
    """
    with engine.execution_options(reads=True).connect() as db:
        if inspect(db).has_table("schema_step") and not _pending(_done(db)):
            return
    with engine.begin() as db:  # SQLite: BEGIN IMMEDIATE, which is the lock
        if engine.dialect.name == "postgresql":
            db.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        done = _done(db)
        if not inspect(db).has_table("schema_step"):
            db.exec_driver_sql(
                "CREATE TABLE schema_step"
                " (name VARCHAR(64) NOT NULL PRIMARY KEY, done_at VARCHAR(40) NOT NULL)"
            )
            for name in done:
                _note(db, name)
        for name in _pending(done):
            for statement in STEPS[name]:
                db.exec_driver_sql(statement.format(**_WORDS[engine.dialect.name]))
            _note(db, name)


def _pending(done: set[str]) -> list[str]:
    if unknown := done - STEPS.keys():
        raise StationTooOld(", ".join(sorted(unknown)))
    return [name for name in STEPS if name not in done]


def _done(db: Connection) -> set[str]:
    """The first step's name where only tables are: the first program kept no list."""
    tables = set(inspect(db).get_table_names())
    if "schema_step" in tables:
        return set(db.scalars(text("SELECT name FROM schema_step")))
    return {_FIRST} if "record" in tables else set()


def _note(db: Connection, name: str) -> None:
    insert = text("INSERT INTO schema_step (name, done_at) VALUES (:name, :at)")
    db.execute(insert, {"name": name, "at": clock.now().isoformat()})
