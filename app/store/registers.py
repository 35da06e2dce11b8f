"""Signed registers of signing batches, and the batches that have none yet."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from app.store.database import write


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch and what it signed: record, version, and SHA-256 of the bytes after it."""

    id: str
    role: str
    signed: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class RegisterStatus:
    """A record version as it is kept now, by its journal."""

    name: str
    """Pupil and class."""
    signed: frozenset[str]
    """SHA-256 of the bytes after each of its signatures."""
    is_last_signed: bool
    """What is kept are the bytes after the last signature, or after a stated change of who signs
    next."""


class RegisterStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    def without_register(self, certificate_sha256: str) -> list[BatchRow]:
        """Batches of one certificate that signed something and were not registered, oldest first.

        A teacher's two subjects in one record count once, with the bytes after the later one.
        """
        batches = self._db.execute(
            "SELECT b.id, b.role FROM signing_batch b WHERE EXISTS (SELECT 1 FROM signature s "
            "WHERE s.batch_id = b.id AND s.certificate_sha256 = ?) AND NOT EXISTS "
            "(SELECT 1 FROM batch_register r WHERE r.batch_id = b.id) ORDER BY b.started_at",
            [certificate_sha256],
        ).fetchall()
        return [BatchRow(batch, role, self._signed(batch)) for batch, role in batches]

    def _signed(self, batch_id: str) -> tuple[tuple[str, int, str], ...]:
        rows = self._db.execute(
            "SELECT record_id, version, sha256_after FROM signature WHERE batch_id = ? "
            "ORDER BY rowid",
            [batch_id],
        )
        last = {(record, int(version)): sha for record, version, sha in rows}
        return tuple((record, version, sha) for (record, version), sha in last.items())

    def add(self, batch_id: str, signed_at: str, content: bytes) -> None:
        with write(self._db):
            self._db.execute(
                "INSERT INTO batch_register (batch_id, signed_at, content) VALUES (?, ?, ?)",
                [batch_id, signed_at, content],
            )

    def count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM batch_register").fetchone()[0])

    def all(self) -> list[tuple[str, bytes]]:
        """Batch id and file of every register, oldest first."""
        rows = self._db.execute(
            "SELECT batch_id, content FROM batch_register ORDER BY signed_at, batch_id"
        )
        return [(batch, bytes(content)) for batch, content in rows]

    def standing(self) -> dict[tuple[str, int], RegisterStatus]:
        """What became of every record version, by record id and version."""
        made: dict[tuple[str, int], set[str]] = {}
        last: dict[tuple[str, int], str] = {}
        for record, version, sha in self._db.execute(
            "SELECT record_id, version, sha256_after FROM signature ORDER BY rowid"
        ):
            made.setdefault((record, int(version)), set()).add(sha)
            last[record, int(version)] = sha
        for record, version, before, after in self._db.execute(
            "SELECT record_id, version, sha256_before, sha256_after FROM signer_change "
            "ORDER BY changed_at"
        ):
            if last.get((record, int(version))) == before:
                last[record, int(version)] = after
        rows = self._db.execute(
            "SELECT t.record_id, t.version, t.sha256, s.full_name, c.name FROM transcript t "
            "JOIN student s ON s.id = t.student_id JOIN class_section c ON c.id = t.section_id"
        )
        return {
            (record, int(version)): RegisterStatus(
                f"{name} · {section}",
                frozenset(made.get((record, int(version)), ())),
                sha == last.get((record, int(version)), sha),
            )
            for record, version, sha, name, section in rows
        }
