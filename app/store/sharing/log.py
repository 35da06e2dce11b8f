"""The log of operations: chains by stream and origin. What it holds is never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlite_utils import Database

from app.model.merging import latest
from app.model.operation import (
    ID_BYTES,
    START,
    Cause,
    Head,
    Operation,
    OperationId,
    chain_id,
    tick,
)
from app.store.database import write
from app.store.sharing import machine
from app.store.sharing.history import insert

_COLUMNS = (
    "id, parent, stream, origin, counter, hlc, person, membership, cause, key, after, replaces"
)
_DAY = 86_400_000
Ends = Mapping[str, Collection[Head]]
"""Of one stream, by origin: where its chains end. More than one end is a fork."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A register to set."""

    key: str
    after: str | None
    cause: Cause = Cause.EDIT


@dataclass(frozen=True, slots=True)
class Author:
    """In whose name this machine writes, and by which membership list (0: there is none)."""

    person: str
    membership: int = 0


def _operation(row: Sequence[Any]) -> Operation:
    name, parent, stream, origin, counter, hlc, person, number, cause, key, after, replaces = row
    ids = bytes(replaces)
    return Operation(
        bytes(name),
        bytes(parent),
        stream,
        origin,
        counter,
        hlc,
        person,
        number,
        Cause(cause),
        key,
        after,
        tuple(ids[at : at + ID_BYTES] for at in range(0, len(ids), ID_BYTES)),
    )


class OperationLog:
    def __init__(self, db: Database) -> None:
        self._db = db

    # --- writing ----------------------------------------------------------------------------

    def append(
        self, stream: str, entries: Iterable[Entry], author: Author, now_ms: int
    ) -> list[Operation]:
        """Acts of this machine: each replaces everything that stands in its register here."""
        with write(self._db):
            origin = machine.own_origin(self._db)
            head = self._tip(stream, origin)
            made: list[Operation] = []
            parent, counter = (head.id, head.counter) if head else (START, 0)
            hlc = self._last_time(now_ms)
            fresh: dict[str, OperationId] = {}
            for entry in entries:
                seen = self._seen(stream, entry.key, fresh)
                counter += 1
                hlc = tick(hlc, now_ms)
                bare = Operation(
                    b"",
                    parent,
                    stream,
                    origin,
                    counter,
                    hlc,
                    author.person,
                    author.membership,
                    entry.cause,
                    entry.key,
                    entry.after,
                    seen,
                )
                parent = fresh[entry.key] = chain_id(bare)
                made.append(replace(bare, id=parent))
            self._keep(made, head.id if head else START)
            return made

    def _seen(
        self, stream: str, key: str, fresh: Mapping[str, OperationId]
    ) -> tuple[OperationId, ...]:
        return (fresh[key],) if key in fresh else latest(self.of_key(stream, key))

    def _last_time(self, now_ms: int) -> int:
        """Of what came last into the log, by hand or by hand-over; a clock that is years ahead
        does not pull ours along.
        """
        sql = "SELECT hlc FROM operation ORDER BY number DESC LIMIT 1"
        row = self._db.execute(sql).fetchone()
        return int(row[0]) if row and int(row[0]) <= tick(0, now_ms + _DAY) else 0

    def _tip(self, stream: str, origin: str) -> Head | None:
        """Where this machine goes on: after a fork of its own it takes the longest branch."""
        return max(self.ends(stream).get(origin, ()), default=None)

    def take(self, segment: Sequence[Operation], seal: bytes) -> int:
        """Keep a piece of another machine's chain whose beginning is held here; how many are new.

        `seal`: the origin's signature over the last one.
        """
        with write(self._db):
            fresh = self.unknown(segment)
            self._keep(fresh, fresh[0].parent if fresh else START)
            self._db.execute(
                "UPDATE chain_end SET seal = ? WHERE stream = ? AND origin = ? AND id = ?",
                [seal, segment[-1].stream, segment[-1].origin, segment[-1].id],
            )
        return len(fresh)

    def _keep(self, operations: list[Operation], after: OperationId) -> None:
        if not operations:
            return
        insert(self._db, operations)
        last = operations[-1]
        self._db.execute(
            "DELETE FROM chain_end WHERE stream = ? AND origin = ? AND id = ?",
            [last.stream, last.origin, after],
        )
        self._db.execute(
            "INSERT INTO chain_end (stream, origin, id, counter) VALUES (?, ?, ?, ?)",
            [last.stream, last.origin, last.id, last.counter],
        )

    # --- reading ----------------------------------------------------------------------------

    def holds(self, operation_id: OperationId) -> bool:
        sql = "SELECT 1 FROM operation WHERE id = ?"
        return self._db.execute(sql, [operation_id]).fetchone() is not None

    def unknown(self, segment: Sequence[Operation]) -> list[Operation]:
        """Of a piece of one chain, the operations that are not held."""
        first, last = segment[0], segment[-1]
        rows = self._db.execute(
            "SELECT id FROM operation WHERE stream = ? AND origin = ? AND counter BETWEEN ? AND ?",
            [first.stream, first.origin, first.counter, last.counter],
        )
        held = {bytes(row[0]) for row in rows}
        return [operation for operation in segment if operation.id not in held]

    def find(self, operation_id: OperationId) -> Operation | None:
        sql = f"SELECT {_COLUMNS} FROM operation WHERE id = ?"
        row = self._db.execute(sql, [operation_id]).fetchone()
        return None if row is None else _operation(row)

    def of_key(self, stream: str, key: str) -> list[Operation]:
        """Every operation on one register."""
        sql = f"SELECT {_COLUMNS} FROM operation WHERE key = ? AND stream = ?"
        return [_operation(row) for row in self._db.execute(sql, [key, stream])]

    def of_keys(self, stream: str, prefix: str) -> dict[str, list[Operation]]:
        """By register, of those whose key begins with `prefix`, oldest first as they came here."""
        found: dict[str, list[Operation]] = defaultdict(list)
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM operation WHERE key >= ? AND key < ? AND stream = ? "
            "ORDER BY number",
            [prefix, prefix + "\U0010ffff", stream],
        )
        for row in rows:
            operation = _operation(row)
            found[operation.key].append(operation)
        return found

    def of_pupil(self, student_id: str) -> list[Operation]:
        """On the pupil's cells in every class, in the order in which they were done."""
        prefix = f"cell/{student_id}|"
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM operation WHERE key >= ? AND key < ? ORDER BY number",
            [prefix, prefix + "\U0010ffff"],
        )
        return sorted((_operation(row) for row in rows), key=lambda operation: operation.hlc)

    def count(self, stream: str) -> int:
        sql = "SELECT count(*) FROM operation WHERE stream = ?"
        return int(self._db.execute(sql, [stream]).fetchone()[0])

    def streams(self) -> list[str]:
        rows = self._db.execute("SELECT DISTINCT stream FROM chain_end ORDER BY stream")
        return [row[0] for row in rows]

    def ends(self, stream: str) -> dict[str, list[Head]]:
        """By origin, the end of each of its chains."""
        found: dict[str, list[Head]] = defaultdict(list)
        sql = "SELECT origin, counter, id FROM chain_end WHERE stream = ? ORDER BY origin, id"
        for origin, counter, name in self._db.execute(sql, [stream]):
            found[origin].append(Head(int(counter), bytes(name)))
        return dict(found)

    def seal(self, stream: str, origin: str, head: Head) -> bytes:
        """The origin's signature over an end; b'' where it is ours and not signed yet."""
        row = self._db.execute(
            "SELECT seal FROM chain_end WHERE stream = ? AND origin = ? AND id = ?",
            [stream, origin, head.id],
        ).fetchone()
        return bytes(row[0]) if row else b""

    def keep_seal(self, stream: str, origin: str, head: Head, seal: bytes) -> None:
        with write(self._db):
            self._db.execute(
                "UPDATE chain_end SET seal = ? WHERE stream = ? AND origin = ? AND id = ?",
                [seal, stream, origin, head.id],
            )

    def chain(self, stream: str, origin: str, above: int = 0) -> dict[OperationId, Operation]:
        """One origin's operations with a counter higher than `above`, all branches."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM operation WHERE stream = ? AND origin = ? AND counter > ? "
            "ORDER BY counter, id",
            [stream, origin, above],
        )
        return {operation.id: operation for operation in map(_operation, rows)}

    def lacking(self, stream: str, origin: str, known: Collection[Head]) -> list[list[Operation]]:
        """Unbroken pieces that somebody lacks whose chain of this origin ends at `known`.

        Each piece ends where a chain ends. An end that is higher than ours and unknown here is
        taken for a later one of the same chain; if it is another branch, that shows as soon as
        its operations come. One that is unknown and not higher is another branch.
        """
        ours = self.ends(stream).get(origin, [])
        held = [head for head in known if self.holds(head.id)]
        ahead = max((head.counter for head in known if head not in held), default=0)
        if len(ours) == 1 and len(held) <= 1:
            if not held and ours[0].counter < ahead:
                return []
            above = held[0].counter if held else 0
            piece = list(self.chain(stream, origin, above).values())
            return [piece] if piece else []
        return self._branches(stream, origin, ours, held)

    def _branches(
        self, stream: str, origin: str, ours: Sequence[Head], held: Sequence[Head]
    ) -> list[list[Operation]]:
        every = self.chain(stream, origin)
        known = past_of((head.id for head in held), every)
        pieces = []
        for head in ours:
            piece: list[Operation] = []
            name = head.id
            while name in every and name not in known:
                piece.append(every[name])
                known.add(name)
                name = every[name].parent
            if piece:
                pieces.append(piece[::-1])
        return pieces

    def is_within(self, operation: Operation, ends: Ends) -> bool:
        """Whether an operation lies in the past of these ends of its stream."""
        heads = ends.get(operation.origin, ())
        highest = max((head.counter for head in heads), default=0)
        if operation.counter > highest:
            return False
        if len(self.ends(operation.stream).get(operation.origin, ())) <= 1:
            return True
        every = self.chain(operation.stream, operation.origin)
        return operation.id in past_of((head.id for head in heads), every)


def past_of(
    names: Iterable[OperationId], every: Mapping[OperationId, Operation]
) -> set[OperationId]:
    """These and everything before them in their chains."""
    found: set[OperationId] = set()
    for each in names:
        name = each
        while name in every and name not in found:
            found.add(name)
            name = every[name].parent
    return found
