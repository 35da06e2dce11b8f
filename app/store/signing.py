"""Signing batches with their lists, and records that were saved to be signed elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from app.store.database import write

RecordKey = tuple[str, int]
"""Record id and version."""


@dataclass(frozen=True, slots=True)
class InterruptedBatch:
    """A batch that never came to its end: the power went, or the program was killed."""

    id: str
    role: str
    holder: str
    started_at: str
    signed: int
    """Of its list, by this holder in this role: in that batch or another."""
    left: tuple[RecordKey, ...]
    """The others, in its order; perhaps signed elsewhere since."""

    @property
    def count(self) -> int:
        return self.signed + len(self.left)


@dataclass(frozen=True, slots=True)
class SavedElsewhere:
    """One record that was saved to a folder, for one signer to sign it there."""

    key: RecordKey
    role: str
    signer: str
    """Full name."""
    saved_at: str
    folder: str


class SigningStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    def begin_batch(
        self,
        batch_id: str,
        role: str,
        holder: str,
        list_sha256: str,
        listed: Sequence[RecordKey],
        at: str,
    ) -> None:
        with write(self._db):
            self._db.execute(
                "INSERT INTO signing_batch (id, role, holder, list_sha256, record_count, "
                "started_at) VALUES (?, ?, ?, ?, ?, ?)",
                [batch_id, role, holder, list_sha256, len(listed), at],
            )
            self._db.conn.executemany(
                "INSERT INTO signing_batch_item (batch_id, place, record_id, version) "
                "VALUES (?, ?, ?, ?)",
                [(batch_id, place, *key) for place, key in enumerate(listed)],
            )

    def end_batch(self, batch_id: str, at: str) -> None:
        with write(self._db):
            self._db.execute("UPDATE signing_batch SET ended_at = ? WHERE id = ?", [at, batch_id])

    def interrupted(self) -> InterruptedBatch | None:
        """The newest batch without an end, if something of its list was left unsigned."""
        batch = self._db.execute(
            "SELECT id, role, holder, started_at FROM signing_batch b WHERE ended_at = '' "
            "AND EXISTS (SELECT 1 FROM signing_batch_item i WHERE i.batch_id = b.id) "
            "ORDER BY started_at DESC LIMIT 1"
        ).fetchone()
        if batch is None:
            return None
        batch_id, role, holder, started_at = batch
        rows = self._db.execute(
            "SELECT i.record_id, i.version, EXISTS (SELECT 1 FROM signature s "
            "JOIN signing_batch b ON b.id = s.batch_id WHERE b.role = ? AND b.holder = ? "
            "AND s.record_id = i.record_id AND s.version = i.version) "
            "FROM signing_batch_item i WHERE i.batch_id = ? ORDER BY i.place",
            [role, holder, batch_id],
        ).fetchall()
        left = tuple((record, int(version)) for record, version, done in rows if not done)
        return InterruptedBatch(batch_id, role, holder, started_at, len(rows) - len(left), left)

    def save_elsewhere(
        self, keys: Sequence[RecordKey], role: str, signer: str, at: str, folder: str
    ) -> None:
        """Where copies went; a later copy of the same record replaces an earlier one."""
        with write(self._db):
            self._db.conn.executemany(
                "INSERT INTO signing_elsewhere (record_id, version, role, signer, saved_at, "
                "folder) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "saved_at = excluded.saved_at, folder = excluded.folder",
                [(*key, role, signer, at, folder) for key in keys],
            )

    def elsewhere(self) -> list[SavedElsewhere]:
        """Of the records that are still there, the newest copies first.

        Whoever asks knows what still waits: a signature that came back leaves its line here.
        """
        rows = self._db.execute(
            "SELECT e.record_id, e.version, e.role, e.signer, e.saved_at, e.folder "
            "FROM signing_elsewhere e JOIN transcript t USING (record_id, version) "
            "ORDER BY e.saved_at DESC, e.record_id"
        )
        return [
            SavedElsewhere((record, int(version)), role, signer, at, folder)
            for record, version, role, signer, at, folder in rows
        ]
