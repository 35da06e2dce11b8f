"""Evidence beside records: time-stamps, revocation data, and lists of issuers at hand."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from app.model.transcript import ISSUED, TranscriptHead
from app.store.database import write

_LACKING = (
    "NOT EXISTS (SELECT 1 FROM record_evidence e WHERE e.record_id = t.record_id "
    "AND e.version = t.version AND e.sha256 = t.sha256 AND e.complete) OR "
    "EXISTS (SELECT 1 FROM transcript_view v WHERE v.record_id = t.record_id "
    "AND v.version = t.version AND v.xml_sha256 = t.sha256 AND NOT EXISTS "
    "(SELECT 1 FROM view_evidence e WHERE e.record_id = v.record_id "
    "AND e.version = v.version AND e.xml_sha256 = v.xml_sha256 AND e.complete))"
)
_ISSUED = "({})".format(", ".join(f"'{state}'" for state in ISSUED))


@dataclass(frozen=True, slots=True)
class PendingEvidence:
    """An issued version whose evidence is not complete. `signers`: certificates, SHA-256, hex."""

    record_id: str
    version: int
    signers: frozenset[str]


class EvidenceStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    def waiting(self) -> list[PendingEvidence]:
        """What was issued and lacks evidence for its present bytes, or for their sealed view."""
        rows = self._db.execute(
            f"SELECT t.record_id, t.version, (SELECT group_concat(s.certificate_sha256) "
            "FROM signature s WHERE s.record_id = t.record_id AND s.version = t.version) "
            f"FROM transcript t WHERE t.state IN {_ISSUED} AND ({_LACKING}) ORDER BY t.rowid"
        )
        return [
            PendingEvidence(r, int(v), frozenset((signers or "").split(",")))
            for r, v, signers in rows
        ]

    def counts(self) -> tuple[int, int]:
        """Issued versions, and those of them that still wait for evidence."""
        row = self._db.execute(
            f"SELECT count(*), sum(CASE WHEN {_LACKING} THEN 1 ELSE 0 END) FROM transcript t "
            f"WHERE t.state IN {_ISSUED}"
        ).fetchone()
        return int(row[0]), int(row[1] or 0)

    def samples(self) -> list[tuple[str, str, int]]:
        """Of each certificate that has signed here: its SHA-256, and a version it has signed."""
        rows = self._db.execute(
            "SELECT s.certificate_sha256, s.record_id, s.version, max(s.rowid) FROM signature s "
            "JOIN transcript t USING (record_id, version) GROUP BY s.certificate_sha256"
        )
        return [(certificate, record, int(version)) for certificate, record, version, _ in rows]

    def add(
        self,
        record_id: str,
        version: int,
        sha256: str,
        proven_at: str,
        content: bytes,
        *,
        complete: bool,
    ) -> None:
        """Keep evidence for exactly these bytes; newer evidence replaces older.

        Not `complete`: the revocation data of some certificate could not be had yet.
        """
        with write(self._db):
            self._db.execute(
                "INSERT INTO record_evidence (record_id, version, sha256, proven_at, content, "
                "complete) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (record_id, version, sha256) "
                "DO UPDATE SET proven_at = excluded.proven_at, content = excluded.content, "
                "complete = excluded.complete",
                [record_id, version, sha256, proven_at, content, int(complete)],
            )

    def get(self, record_id: str, version: int) -> bytes | None:
        """Evidence for the bytes that are kept now, or None."""
        row = self._db.execute(
            "SELECT e.content FROM record_evidence e JOIN transcript t "
            "USING (record_id, version, sha256) WHERE e.record_id = ? AND e.version = ?",
            [record_id, version],
        ).fetchone()
        return None if row is None else bytes(row[0])

    def add_to_view(
        self, record_id: str, version: int, xml_sha256: str, tail: bytes, *, complete: bool
    ) -> None:
        """Keep what follows the sealed view of exactly this XML; the view itself stays."""
        with write(self._db):
            self._db.execute(
                "INSERT INTO view_evidence (record_id, version, xml_sha256, tail, complete) "
                "SELECT record_id, version, xml_sha256, ?, ? FROM transcript_view "
                "WHERE record_id = ? AND version = ? AND xml_sha256 = ? "
                "ON CONFLICT (record_id, version, xml_sha256) DO UPDATE SET "
                "tail = excluded.tail, complete = excluded.complete",
                [tail, int(complete), record_id, version, xml_sha256],
            )

    def view_is_complete(self, head: TranscriptHead) -> bool:
        """Whether nothing is missing behind the sealed view of exactly this XML."""
        row = self._db.execute(
            "SELECT complete FROM view_evidence WHERE record_id = ? AND version = ? "
            "AND xml_sha256 = ?",
            [head.record_id, head.version, head.sha256],
        ).fetchone()
        return row is not None and bool(row[0])

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

    def lists(self) -> list[tuple[str, bytes]]:
        """When each list at hand was fetched, and the list."""
        rows = self._db.execute("SELECT fetched_at, content FROM revocation_list ORDER BY url")
        return [(fetched_at, bytes(content)) for fetched_at, content in rows]
