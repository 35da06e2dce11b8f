"""The history of older workspaces as operations: one chain per class, by the machine it lies on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlite_utils import Database

from app.model.gradebook import CellKey
from app.model.operation import (
    START,
    Cause,
    Operation,
    OperationId,
    cell_key,
    chain_id,
    class_stream,
    tick,
)
from app.store.sharing import machine

_INSERT = (
    "INSERT INTO operation (id, parent, stream, origin, counter, hlc, person, membership, cause, "
    "key, after, replaces) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def row_of(o: Operation) -> tuple[object, ...]:
    return (
        o.id,
        o.parent,
        o.stream,
        o.origin,
        o.counter,
        o.hlc,
        o.person,
        o.membership,
        str(o.cause),
        o.key,
        o.after,
        b"".join(o.replaces),
    )


def insert(db: Database, operations: list[Operation]) -> None:
    db.conn.executemany(_INSERT, [row_of(operation) for operation in operations])


def into_operations(db: Database) -> None:
    """Every change that was ever made, in its order; what a cell holds now is its last one."""
    sections = [row[0] for row in db.execute("SELECT DISTINCT section_id FROM gradebook_change")]
    for section_id in sections:
        _convert(db, section_id, machine.own_origin(db))


def _convert(db: Database, section_id: str, origin: str) -> None:
    made: list[Operation] = []
    last: dict[str, OperationId] = {}
    parent, hlc = START, 0
    rows = db.execute(
        "SELECT student_id, area, slot, after, changed_at, changed_by FROM gradebook_change "
        "WHERE section_id = ? ORDER BY id",
        [section_id],
    )
    for counter, (student, area, slot, after, at, by) in enumerate(rows, 1):
        key = cell_key(CellKey(student, area, slot))
        hlc = tick(hlc, _ms(at))
        bare = Operation(
            b"",
            parent,
            class_stream(section_id),
            origin,
            counter,
            hlc,
            by,
            0,
            Cause.EDIT,
            key,
            after,
            (last[key],) if key in last else (),
        )
        parent = last[key] = chain_id(bare)
        made.append(replace(bare, id=parent))
    insert(db, made)
    if made:
        db.execute(
            "INSERT INTO chain_end (stream, origin, id, counter) VALUES (?, ?, ?, ?)",
            [class_stream(section_id), origin, parent, len(made)],
        )


def _ms(at: str) -> int:
    try:
        return int(datetime.fromisoformat(at).timestamp() * 1000)
    except ValueError:
        return 0
