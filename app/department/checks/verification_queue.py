"""The queue of records that wait for their full check; safe with several workers."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, update

from app.department.store.archive import Archive, is_record
from app.department.store.record_bytes import key_of
from app.department.store.tables import CLAIMED, record
from app.errors import StationBusy
from app.model.delivery import ParcelItem, ReceiptStage, RecordKey

ATTEMPTS = 5
"""A record whose check breaks off this often waits for a person; the rest flows."""
LEASE_SECONDS = 300.0
"""Far longer than a batch takes; a worker that died gives its records back after this."""


class VerificationQueue:
    """The queue is the archive itself, so a killed station goes on where it was."""

    def __init__(self, archive: Archive, worker: int = 0) -> None:
        """`worker`: its number on this machine."""
        self._archive = archive
        self._worker = f"{socket.gethostname()[:50]}/{worker}"

    def release(self) -> None:
        """When the worker starts: whoever had its number before is gone, with its claims."""
        with self._archive.engine.begin() as db:
            mine = and_(CLAIMED, record.c.claimed_by == self._worker)
            db.execute(update(record).where(mine).values(claimed_by="", claimed_until=0.0))

    def claim(self, limit: int) -> list[tuple[str, ParcelItem]]:
        """(sender, item): received, not yet verified, nobody else's; the oldest first.

        Raises StationBusy when the records' bytes cannot be read now; nothing stays claimed.
        """
        now = time.time()
        free = and_(
            record.c.stage == ReceiptStage.RECEIVED.value,
            record.c.attempts < ATTEMPTS,
            record.c.claimed_until < now,
        )
        query = select(record).where(free).order_by(record.c.received_at).limit(limit)
        with self._archive.reads.connect() as db:  # most of the time there is nothing: no lock
            if db.execute(query.with_only_columns(record.c.version).limit(1)).first() is None:
                return []
        with self._archive.engine.begin() as db:
            rows = db.execute(query.with_for_update(skip_locked=True)).all()
            if rows:
                mine = or_(*(is_record(key_of(row)) for row in rows))
                values = {"claimed_by": self._worker, "claimed_until": now + LEASE_SECONDS}
                db.execute(update(record).where(mine).values(values))
        try:
            return self._with_bytes(rows)
        except StationBusy:
            self.release()
            raise

    def _with_bytes(self, rows: Sequence[Row[Any]]) -> list[tuple[str, ParcelItem]]:
        found = []
        for row, item in self._archive.bytes.items(rows):
            if item is None:
                self.failed(key_of(row))
            else:
                found.append((row.sender, item))
        return found

    def failed(self, key: RecordKey) -> None:
        """The check itself broke off: count it, and let it come again."""
        values = {"attempts": record.c.attempts + 1, "claimed_until": 0.0}
        with self._archive.engine.begin() as db:
            db.execute(update(record).where(is_record(key)).values(values))

    def given_up(self) -> int:
        """Records that wait for a person."""
        stuck = and_(record.c.stage == ReceiptStage.RECEIVED.value, record.c.attempts >= ATTEMPTS)
        with self._archive.reads.connect() as db:
            return db.scalar(select(func.count()).select_from(record).where(stuck)) or 0
