"""Parcels, outbox items and receipts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from app.errors import MoveNotAllowed
from app.model.delivery import (
    OUTBOX_ALLOWED,
    Event,
    OutboxItem,
    OutboxState,
    Receipt,
    ReceiptStage,
    RecordKey,
)
from app.store.database import write

_S = OutboxState


@dataclass(frozen=True, slots=True)
class StoredParcel:
    """A parcel as the workspace keeps it, without its bytes."""

    sha256: str
    counter: int
    section_name: str
    item_count: int
    size: int
    created_at: str


class OutboxStore:
    """Callers put what belongs together into one `write()`; these methods join it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # --- queueing ---------------------------------------------------------------------------

    def add_parcel(self, parcel: StoredParcel, payload: bytes) -> None:
        with write(self._db):
            self._db.execute(
                "INSERT INTO parcel (sha256, counter, section_name, item_count, size, created_at, "
                "payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    parcel.sha256,
                    parcel.counter,
                    parcel.section_name,
                    parcel.item_count,
                    parcel.size,
                    parcel.created_at,
                    payload,
                ],
            )

    def add_item(self, item: OutboxItem, event: Event) -> None:
        """Queue a record version, or queue it again where the table of states allows it.

        Raises MoveNotAllowed.
        """
        with write(self._db):
            before = self.state(item.key)
            if before is not None and item.state not in OUTBOX_ALLOWED[before]:
                raise MoveNotAllowed(from_state=str(before), to_state=str(item.state))
            self._db.execute(
                "INSERT INTO outbox_item (record_id, version, sha256, event, parcel_sha256, state, "
                "section_name, issued_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (record_id, version) DO UPDATE SET sha256 = excluded.sha256, "
                "event = excluded.event, parcel_sha256 = excluded.parcel_sha256, "
                "state = excluded.state, issued_at = excluded.issued_at, attempts = 0, "
                "next_attempt_at = '', lease_run = '', reason = ''",
                [
                    item.key.record_id,
                    item.key.version,
                    item.key.sha256,
                    str(event),
                    item.parcel_sha256,
                    str(item.state),
                    item.section_name,
                    item.issued_at,
                ],
            )

    def state(self, key: RecordKey) -> OutboxState | None:
        row = self._db.execute(
            "SELECT state FROM outbox_item WHERE record_id = ? AND version = ?",
            [key.record_id, key.version],
        ).fetchone()
        return None if row is None else _S(row[0])

    def knows(self, record_id: str) -> bool:
        """Whether any version of this record was ever queued."""
        sql = "SELECT 1 FROM outbox_item WHERE record_id = ? LIMIT 1"
        return self._db.execute(sql, [record_id]).fetchone() is not None

    # --- reading ----------------------------------------------------------------------------

    def items(self, states: Iterable[OutboxState] = (), parcel: str = "") -> list[OutboxItem]:
        """Oldest issued first."""
        wanted, values = [], []
        if chosen := [str(state) for state in states]:
            wanted.append(f"i.state IN ({', '.join('?' * len(chosen))})")
            values.extend(chosen)
        if parcel:
            wanted.append("i.parcel_sha256 = ?")
            values.append(parcel)
        where = f"WHERE {' AND '.join(wanted)} " if wanted else ""
        rows = self._db.execute(
            "SELECT i.record_id, i.version, i.sha256, i.parcel_sha256, i.state, i.section_name, "
            "i.issued_at, i.attempts, i.reason, p.copied_at FROM outbox_item i "
            f"JOIN parcel p ON p.sha256 = i.parcel_sha256 {where}"
            "ORDER BY i.issued_at, i.record_id, i.version",
            values,
        )
        return [OutboxItem(RecordKey(*row[:3]), row[3], _S(row[4]), *row[5:]) for row in rows]

    def counts(self) -> dict[OutboxState, int]:
        rows = self._db.execute("SELECT state, count(*) FROM outbox_item GROUP BY state")
        return {_S(state): count for state, count in rows}

    def due(self, now: str, too_far: str) -> list[StoredParcel]:
        """Parcels with something to send, smallest first.

        A next attempt later than `too_far` was set by a clock that has since been put back.
        """
        rows = self._db.execute(
            "SELECT sha256, counter, section_name, item_count, size, created_at FROM parcel p "
            "WHERE payload IS NOT NULL AND EXISTS (SELECT 1 FROM outbox_item i "
            "WHERE i.parcel_sha256 = p.sha256 AND i.state = ? "
            "AND (i.next_attempt_at <= ? OR i.next_attempt_at > ?)) ORDER BY size, counter",
            [str(_S.QUEUED), now, too_far],
        )
        return [StoredParcel(*row) for row in rows]

    def unanswered(self) -> list[StoredParcel]:
        """Parcels that the station has not confirmed, in the order of their numbers."""
        rows = self._db.execute(
            "SELECT sha256, counter, section_name, item_count, size, created_at FROM parcel p "
            "WHERE payload IS NOT NULL AND EXISTS (SELECT 1 FROM outbox_item i "
            "WHERE i.parcel_sha256 = p.sha256 AND i.state IN (?, ?)) ORDER BY counter",
            [str(_S.QUEUED), str(_S.SENDING)],
        )
        return [StoredParcel(*row) for row in rows]

    def copied(self, parcel_sha256: str, at: str) -> None:
        """It lies on a stick, read back and found whole."""
        with write(self._db):
            self._db.execute(
                "UPDATE parcel SET copied_at = ? WHERE sha256 = ?", [at, parcel_sha256]
            )

    def next_attempt(self) -> str:
        """The earliest moment at which something waits to be tried again, or ''."""
        row = self._db.execute(
            "SELECT min(next_attempt_at) FROM outbox_item WHERE state = ?", [str(_S.QUEUED)]
        ).fetchone()
        return row[0] or ""

    def unverified_parcels(self) -> list[str]:
        """Parcels that the station holds but has not fully answered."""
        rows = self._db.execute(
            "SELECT DISTINCT parcel_sha256 FROM outbox_item WHERE state = ?", [str(_S.RECEIVED)]
        )
        return [row[0] for row in rows]

    def payload(self, parcel_sha256: str) -> bytes | None:
        row = self._db.execute(
            "SELECT payload FROM parcel WHERE sha256 = ?", [parcel_sha256]
        ).fetchone()
        return None if row is None or row[0] is None else bytes(row[0])

    # --- sending ----------------------------------------------------------------------------

    def lease(self, parcel_sha256: str, run_id: str) -> int:
        """Claim a parcel's queued items for this run; how many there were."""
        with write(self._db):
            return int(
                self._db.execute(
                    "UPDATE outbox_item SET state = ?, lease_run = ?, attempts = attempts + 1 "
                    "WHERE parcel_sha256 = ? AND state = ?",
                    [str(_S.SENDING), run_id, parcel_sha256, str(_S.QUEUED)],
                ).rowcount
            )

    def release(self, run_id: str) -> None:
        """Give back what other runs held: the process that held it is gone."""
        with write(self._db):
            self._db.execute(
                "UPDATE outbox_item SET state = ?, lease_run = '' "
                "WHERE state = ? AND lease_run <> ?",
                [str(_S.QUEUED), str(_S.SENDING), run_id],
            )

    def leave(self, parcel_sha256: str, to: OutboxState, reason: str, next_at: str = "") -> None:
        """What is being sent goes back to waiting, or aside."""
        with write(self._db):
            self._db.execute(
                "UPDATE outbox_item SET state = ?, reason = ?, next_attempt_at = ?, "
                "lease_run = '' WHERE parcel_sha256 = ? AND state IN (?, ?)",
                [str(to), reason, next_at, parcel_sha256, str(_S.SENDING), str(_S.QUEUED)],
            )

    def hurry(self) -> None:
        """The user clicked, or the network changed: nothing waits any longer."""
        with write(self._db):
            self._db.execute(
                "UPDATE outbox_item SET next_attempt_at = '' WHERE state = ?", [str(_S.QUEUED)]
            )

    def lost(self, parcel_sha256: str) -> list[RecordKey]:
        """The station has lost what it said it held: those items wait again."""
        held = self.items([_S.RECEIVED], parcel_sha256)
        with write(self._db):
            self._db.execute(
                "UPDATE outbox_item SET state = ?, attempts = 0, next_attempt_at = '' "
                "WHERE parcel_sha256 = ? AND state = ?",
                [str(_S.QUEUED), parcel_sha256, str(_S.RECEIVED)],
            )
        return [item.key for item in held]

    def send_again(self, key: RecordKey) -> None:
        """An item that was set aside waits again. Raises MoveNotAllowed."""
        with write(self._db):
            if self.state(key) is not _S.SET_ASIDE:
                raise MoveNotAllowed(from_state=str(self.state(key)), to_state=str(_S.QUEUED))
            self._db.execute(
                "UPDATE outbox_item SET state = ?, reason = '', next_attempt_at = '' "
                "WHERE record_id = ? AND version = ?",
                [str(_S.QUEUED), key.record_id, key.version],
            )

    # --- receipts ---------------------------------------------------------------------------

    def settle(self, receipt: Receipt, to: OutboxState) -> bool:
        """Keep a verified receipt and move its item; False when nothing changed."""
        key = receipt.key
        with write(self._db):
            before = self.state(key)
            is_kept = self._keep_receipt(receipt)
            if before is None or to not in OUTBOX_ALLOWED[before]:
                return is_kept
            moved = self._db.execute(
                "UPDATE outbox_item SET state = ?, reason = ?, lease_run = '' "
                "WHERE record_id = ? AND version = ? AND sha256 = ?",
                [str(to), receipt.reason, key.record_id, key.version, key.sha256],
            )
        return bool(moved.rowcount) or is_kept

    def drop_settled_payloads(self) -> None:
        """The station has checked (or returned) all of a parcel: its bytes are not needed."""
        open_states = [str(_S.QUEUED), str(_S.SENDING), str(_S.RECEIVED), str(_S.SET_ASIDE)]
        with write(self._db):
            self._db.execute(
                "UPDATE parcel SET payload = NULL WHERE payload IS NOT NULL AND NOT EXISTS "
                "(SELECT 1 FROM outbox_item i WHERE i.parcel_sha256 = parcel.sha256 "
                "AND i.state IN (?, ?, ?, ?))",
                open_states,
            )

    def receipts(self, keys: Sequence[RecordKey] = ()) -> list[Receipt]:
        """Of these record versions, or all."""
        sql = "SELECT record_id, version, sha256, stage, station, issued_at, token, reason "
        rows = self._db.execute(sql + "FROM receipt ORDER BY record_id, version, issued_at")
        wanted = set(keys)
        found = (Receipt(RecordKey(*row[:3]), ReceiptStage(row[3]), *row[4:]) for row in rows)
        return [receipt for receipt in found if not wanted or receipt.key in wanted]

    def _keep_receipt(self, receipt: Receipt) -> bool:
        key = receipt.key
        return bool(
            self._db.execute(
                "INSERT INTO receipt (record_id, version, sha256, stage, station, issued_at, "
                "reason, token) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (record_id, version, stage, station) DO NOTHING",
                [
                    key.record_id,
                    key.version,
                    key.sha256,
                    str(receipt.stage),
                    receipt.station,
                    receipt.issued_at,
                    receipt.reason,
                    receipt.token,
                ],
            ).rowcount
        )
