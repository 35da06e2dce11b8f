"""Which machine this workspace is: the key that it signs with, and the name of its operations."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlite_utils import Database

from app.model.operation import machine_id_of

_KEY, _EPOCH = "device", "machine.epoch"


def own_key(db: Database) -> Ed25519PrivateKey:
    """Made once, inside the caller's transaction; the same that signs what goes to a station."""
    row = db.execute("SELECT value FROM secret WHERE key = ?", [_KEY]).fetchone()
    if row is not None:
        return Ed25519PrivateKey.from_private_bytes(bytes(row[0]))
    made = Ed25519PrivateKey.generate()
    db.execute("INSERT INTO secret (key, value) VALUES (?, ?)", [_KEY, made.private_bytes_raw()])
    return made


def own_id(db: Database) -> str:
    return machine_id_of(own_key(db).public_key().public_bytes_raw())


def own_origin(db: Database) -> str:
    return f"{own_id(db)}#{_epoch(db)}"


def begin_epoch(db: Database) -> None:
    """This machine's past turned out to be shared with a copy: what follows is told apart."""
    db.execute(
        "INSERT INTO setting (key, value) VALUES (?, ?) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [_EPOCH, json.dumps(_epoch(db) + 1)],
    )


def _epoch(db: Database) -> int:
    row = db.execute("SELECT value FROM setting WHERE key = ?", [_EPOCH]).fetchone()
    return int(json.loads(row[0])) if row else 1
