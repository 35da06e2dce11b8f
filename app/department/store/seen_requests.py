"""Signed requests that were answered lately, so that nobody can send one of them again.

A file of its own beside the station's database: all workers of the machine share it, it is asked at
every request, and it says nothing that matters after a few minutes. So it is never flushed.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from pathlib import Path

from app.parcel.request_signature import OLDEST

NAME = "seen-requests.sqlite"
_KEPT_SECONDS = 2 * OLDEST.total_seconds()
"""A signature is good for `OLDEST`, and its clock may be ahead of ours by as much."""
_SWEEP_SECONDS = 60.0


class SeenRequests:
    """Which nonces came, by device. Safe with several threads and several workers."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._next_sweep = 0.0
        try:
            self._db = _opened(folder / NAME)
        except sqlite3.DatabaseError:  # torn by a power cut: what it knew is too old to matter
            for one in folder.glob(f"{NAME}*"):
                one.unlink(missing_ok=True)
            self._db = _opened(folder / NAME)

    def is_new(self, device_id: str, nonce: str) -> bool:
        """Whether this nonce of the device comes for the first time; from now on it has come."""
        now = time.time()
        with self._lock:
            if now > self._next_sweep:
                self._db.execute("DELETE FROM seen WHERE until < ?", (now,))
                self._next_sweep = now + _SWEEP_SECONDS
            added = self._db.execute(
                "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)",
                (device_id, nonce, now + _KEPT_SECONDS),
            )
            return added.rowcount == 1

    def close(self) -> None:
        """The file stays for the other workers."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._db.close()


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")
    db.execute(
        "CREATE TABLE IF NOT EXISTS seen (device_id TEXT NOT NULL, nonce TEXT NOT NULL,"
        " until REAL NOT NULL, PRIMARY KEY (device_id, nonce)) WITHOUT ROWID"
    )
    return db
