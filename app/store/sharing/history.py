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
    """Every change that was ever made, in its order, then what a cell holds and the history does
    not say: some steps of the schema changed cells by themselves.
    """
    rows = db.execute(
        "SELECT section_id FROM gradebook_change UNION SELECT section_id FROM gradebook_cell"
    ).fetchall()
    for (section_id,) in rows:
        _convert(db, section_id, machine.own_origin(db))


class _Chain:
    """One class's operations while they are made."""

    def __init__(self, stream: str, origin: str) -> None:
        self.made: list[Operation] = []
        self.last: dict[str, Operation] = {}
        self._stream = stream
        self._origin = origin

    def add(self, key: str, after: str | None, at_ms: int, by: str) -> None:
        before = self.made[-1] if self.made else None
        replaced = self.last.get(key)
        bare = Operation(
            b"",
            before.id if before else START,
            self._stream,
            self._origin,
            len(self.made) + 1,
            tick(before.hlc if before else 0, at_ms),
            by,
            0,
            Cause.EDIT,
            key,
            after,
            (replaced.id,) if replaced else (),
        )
        self.last[key] = replace(bare, id=chain_id(bare))
        self.made.append(self.last[key])


def _convert(db: Database, section_id: str, origin: str) -> None:
    stream = class_stream(section_id)
    chain = _Chain(stream, origin)
    rows = db.execute(
        "SELECT student_id, area, slot, after, changed_at, changed_by FROM gradebook_change "
        "WHERE section_id = ? ORDER BY id",
        [section_id],
    )
    for student, area, slot, after, at, by in rows:
        chain.add(cell_key(CellKey(student, area, slot)), after, _ms(at), by)
    for key, value in _differences(db, section_id, chain):
        chain.add(key, value, 0, "")
    insert(db, chain.made)
    if chain.made:
        db.execute(
            "INSERT INTO chain_end (stream, origin, id, counter) VALUES (?, ?, ?, ?)",
            [stream, origin, chain.made[-1].id, len(chain.made)],
        )


def _differences(db: Database, section_id: str, chain: _Chain) -> list[tuple[str, str | None]]:
    cells = {
        cell_key(CellKey(student, area, slot)): value
        for student, area, slot, value in db.execute(
            "SELECT student_id, area, slot, value FROM gradebook_cell WHERE section_id = ?",
            [section_id],
        )
    }
    said = {key: operation.after for key, operation in chain.last.items()}
    keys = sorted(key for key in {*cells, *said} if cells.get(key) != said.get(key))
    return [(key, cells.get(key)) for key in keys]


def _ms(at: str) -> int:
    try:
        return int(datetime.fromisoformat(at).timestamp() * 1000)
    except ValueError:
        return 0
