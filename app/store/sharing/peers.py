"""What this machine knows of the school's other machines, and what is on its way between them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlite_utils import Database

from app.model.operation import OperationId
from app.store.database import write
from app.store.sharing.log import Ends
from app.store.sharing.settling import ends_from, ends_json


@dataclass(frozen=True, slots=True)
class Peer:
    """Another machine, as its last slip described it."""

    ends: Mapping[str, Ends] = field(default_factory=dict)
    """By stream, where the chains end that it holds."""
    membership: int = 0
    last_out: str = ""
    last_in: str = ""


@dataclass(frozen=True, slots=True)
class WaitingSegment:
    """A piece of a chain whose beginning has not come yet."""

    digest: bytes
    sender: str
    operations: int
    content: bytes


class PeerStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, machine_id: str) -> Peer:
        row = self._db.execute(
            "SELECT ends, membership, last_out, last_in FROM peer WHERE machine = ?", [machine_id]
        ).fetchone()
        if row is None:
            return Peer()
        ends = {stream: ends_from(found) for stream, found in json.loads(row[0]).items()}
        return Peer(ends, int(row[1]), row[2], row[3])

    def keep_slip(self, machine_id: str, ends: Mapping[str, Ends], membership: int) -> None:
        """What the machine held when it wrote; the last word counts, and costs bytes at most."""
        text = json.dumps({stream: ends_json(found) for stream, found in ends.items()})
        self._save(machine_id, ends=text, membership=membership)

    def sent(self, machine_id: str, at: str) -> None:
        self._save(machine_id, last_out=at)

    def received(self, machine_id: str, at: str) -> None:
        self._save(machine_id, last_in=at)

    def _save(self, machine_id: str, **values: object) -> None:
        columns = ", ".join(values)
        marks = ", ".join("?" * len(values))
        updates = ", ".join(f"{column} = excluded.{column}" for column in values)
        with write(self._db):
            self._db.execute(
                f"INSERT INTO peer (machine, {columns}) VALUES (?, {marks}) "
                f"ON CONFLICT (machine) DO UPDATE SET {updates}",
                [machine_id, *values.values()],
            )

    # --- parcels ----------------------------------------------------------------------------

    def parcel(self, sha256: str) -> int | None:
        """How many operations a parcel held that was taken here before; None: not seen yet."""
        row = self._db.execute(
            "SELECT operations FROM handover_parcel WHERE sha256 = ?", [sha256]
        ).fetchone()
        return None if row is None else int(row[0])

    def keep_parcel(
        self, sha256: str, machine_id: str, operations: int, at: str, *, is_out: bool
    ) -> None:
        with write(self._db):
            self._db.execute(
                "INSERT OR IGNORE INTO handover_parcel (sha256, machine, is_out, operations, at) "
                "VALUES (?, ?, ?, ?, ?)",
                [sha256, machine_id, int(is_out), operations, at],
            )

    # --- pieces that wait ---------------------------------------------------------------------

    def keep_waiting(
        self, parent: OperationId, sender: str, operations: int, content: bytes
    ) -> None:
        with write(self._db):
            self._db.execute(
                "INSERT OR IGNORE INTO waiting_segment (digest, parent, sender, operations, "
                "content) VALUES (?, ?, ?, ?, ?)",
                [hashlib.sha256(content).digest(), parent, sender, operations, content],
            )

    def waiting(self, *, come: bool = False) -> list[WaitingSegment]:
        """All that wait, or with `come` those whose beginning is held here by now."""
        sql = "SELECT w.digest, w.sender, w.operations, w.content FROM waiting_segment w"
        if come:
            sql += " JOIN operation o ON o.id = w.parent"
        rows = self._db.execute(f"{sql} ORDER BY w.digest").fetchall()
        return [WaitingSegment(bytes(d), sender, int(n), bytes(c)) for d, sender, n, c in rows]

    def drop_waiting(self, digest: bytes) -> None:
        with write(self._db):
            self._db.execute("DELETE FROM waiting_segment WHERE digest = ?", [digest])
