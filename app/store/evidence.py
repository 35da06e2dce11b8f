"""Evidence beside records: time-stamps, revocation data, and lists of issuers at hand."""

from __future__ import annotations

from sqlite_utils import Database

from app.store.database import write

_ISSUED = "('issued', 'queued', 'sent', 'received', 'returned', 'recall_requested')"


class EvidenceStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    def waiting(self) -> list[tuple[str, int]]:
        """Record and version of what was issued and has no evidence for its present bytes."""
        rows = self._db.execute(
            f"SELECT t.record_id, t.version FROM transcript t WHERE t.state IN {_ISSUED} "
            "AND NOT EXISTS (SELECT 1 FROM record_evidence e WHERE e.record_id = t.record_id "
            "AND e.version = t.version AND e.sha256 = t.sha256) ORDER BY t.rowid"
        )
        return [(record, int(version)) for record, version in rows]

    def add(
        self, record_id: str, version: int, sha256: str, proven_at: str, content: bytes
    ) -> None:
        """Keep evidence for exactly these bytes; newer evidence replaces older."""
        with write(self._db):
            self._db.execute(
                "INSERT INTO record_evidence (record_id, version, sha256, proven_at, content) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT (record_id, version, sha256) DO UPDATE SET "
                "proven_at = excluded.proven_at, content = excluded.content",
                [record_id, version, sha256, proven_at, content],
            )

    def get(self, record_id: str, version: int) -> bytes | None:
        """Evidence for the bytes that are kept now, or None."""
        row = self._db.execute(
            "SELECT e.content FROM record_evidence e JOIN transcript t "
            "USING (record_id, version, sha256) WHERE e.record_id = ? AND e.version = ?",
            [record_id, version],
        ).fetchone()
        return None if row is None else bytes(row[0])

    def keep_list(self, url: str, fetched_at: str, content: bytes) -> None:
        with write(self._db):
            self._db.execute(
                "INSERT INTO revocation_list (url, fetched_at, content) VALUES (?, ?, ?) "
                "ON CONFLICT (url) DO UPDATE SET fetched_at = excluded.fetched_at, "
                "content = excluded.content",
                [url, fetched_at, content],
            )

    def list_at(self, url: str) -> tuple[str, bytes] | None:
        """When a list was fetched, and the list; None: never."""
        row = self._db.execute(
            "SELECT fetched_at, content FROM revocation_list WHERE url = ?", [url]
        ).fetchone()
        return None if row is None else (row[0], bytes(row[1]))
