"""Transcript versions, their views, and the journal of signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from app.errors import MoveNotAllowed
from app.model.transcript import ALLOWED, Transcript, TranscriptHead, TranscriptState
from app.store.audit import AuditLog
from app.store.database import write

_HEAD = (
    "t.record_id, t.version, t.student_id, t.section_id, t.school_year, t.state, t.sha256, "
    "s.full_name, c.name, t.reason"
)
_FROM = (
    "FROM transcript t JOIN student s ON s.id = t.student_id "
    "JOIN class_section c ON c.id = t.section_id"
)


def _head(row: Sequence[str]) -> TranscriptHead:
    record, version, student, section, year, state, sha, name, section_name, reason = row
    return TranscriptHead(
        record_id=record,
        version=int(version),
        student_id=student,
        section_id=section,
        school_year=year,
        state=TranscriptState(state),
        sha256=sha,
        full_name=name,
        section_name=section_name,
        reason=reason,
    )


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """One line of the journal: which bytes became which by whose signature."""

    slot: str
    role: str
    batch_id: str
    certificate_sha256: str
    signed_at: str
    sha256_before: str
    sha256_after: str


class TranscriptStore:
    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def add(self, transcript: Transcript) -> None:
        h = transcript.head
        with write(self._db):
            self._db.execute(
                "INSERT INTO transcript (record_id, version, student_id, section_id, school_year, "
                "state, sha256, reason, xml) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    h.record_id,
                    h.version,
                    h.student_id,
                    h.section_id,
                    h.school_year,
                    str(h.state),
                    hashlib.sha256(transcript.xml).hexdigest(),
                    h.reason,
                    transcript.xml,
                ],
            )

    def untouched(self, section_id: str) -> set[str]:
        """Pupils of whose record nobody has signed anything, or asked for anything, yet."""
        rows = self._db.execute(
            "SELECT student_id FROM transcript t WHERE section_id = ? GROUP BY student_id "
            "HAVING min(state IN ('draft', 'locked') "
            "AND NOT EXISTS (SELECT 1 FROM signature s WHERE s.record_id = t.record_id "
            "AND s.version = t.version) "
            "AND NOT EXISTS (SELECT 1 FROM record_request r WHERE r.record_id = t.record_id))",
            [section_id],
        )
        return {row[0] for row in rows}

    def drop(self, section_id: str, student_ids: Iterable[str]) -> None:
        """Forget the records of pupils that are untouched.

        Copies of them that were saved to be signed elsewhere are worth nothing then.
        """
        with write(self._db):
            self._db.conn.executemany(
                "DELETE FROM transcript WHERE section_id = ? AND student_id = ?",
                [(section_id, student_id) for student_id in student_ids],
            )
            self._db.execute(
                "DELETE FROM signing_elsewhere AS e WHERE NOT EXISTS (SELECT 1 FROM transcript t "
                "WHERE t.record_id = e.record_id AND t.version = e.version)"
            )

    def heads(
        self, section_id: str | None = None, states: Iterable[TranscriptState] = ()
    ) -> list[TranscriptHead]:
        """By class, then the pupil's number in it; without bytes."""
        wanted, values = [], []
        if section_id is not None:
            wanted.append("t.section_id = ?")
            values.append(section_id)
        if chosen := [str(state) for state in states]:
            wanted.append(f"t.state IN ({', '.join('?' * len(chosen))})")
            values.extend(chosen)
        where = f"WHERE {' AND '.join(wanted)}" if wanted else ""
        sql = (
            f"SELECT {_HEAD} {_FROM} LEFT JOIN enrollment e "
            f"ON e.section_id = t.section_id AND e.student_id = t.student_id {where} "
            "ORDER BY c.grade, c.name, e.number, t.version"
        )
        return [_head(row) for row in self._db.execute(sql, values)]

    def versions(self, student_id: str) -> list[TranscriptHead]:
        """Everything ever made for one pupil, oldest first."""
        sql = f"SELECT {_HEAD} {_FROM} WHERE t.student_id = ? ORDER BY t.school_year, t.version"
        return [_head(row) for row in self._db.execute(sql, [student_id])]

    def versions_of(self, record_id: str) -> list[TranscriptHead]:
        """All versions of one record, oldest first."""
        sql = f"SELECT {_HEAD} {_FROM} WHERE t.record_id = ? ORDER BY t.version"
        return [_head(row) for row in self._db.execute(sql, [record_id])]

    def get(self, record_id: str, version: int) -> Transcript:
        """Raises KeyError."""
        sql = f"SELECT {_HEAD}, t.xml {_FROM} WHERE t.record_id = ? AND t.version = ?"
        row = self._db.execute(sql, [record_id, version]).fetchone()
        if row is None:
            raise KeyError(record_id)
        return Transcript(_head(row[:-1]), bytes(row[-1]))

    def counts(self) -> dict[TranscriptState, int]:
        rows = self._db.execute("SELECT state, count(*) FROM transcript GROUP BY state")
        return {TranscriptState(state): count for state, count in rows}

    def move(self, record_id: str, version: int, to: TranscriptState, reason: str = "") -> None:
        """Raises MoveNotAllowed where the table of states does not know the step."""
        with write(self._db):
            row = self._db.execute(
                "SELECT state FROM transcript WHERE record_id = ? AND version = ?",
                [record_id, version],
            ).fetchone()
            if row is None:
                raise KeyError(record_id)
            before = TranscriptState(row[0])
            if before is to:
                return
            if to not in ALLOWED[before]:
                raise MoveNotAllowed(from_state=str(before), to_state=str(to))
            self._db.execute(
                "UPDATE transcript SET state = ?, reason = ? WHERE record_id = ? AND version = ?",
                [str(to), reason, record_id, version],
            )

    # --- the signing journal ----------------------------------------------------------------

    def save_signature(
        self,
        head: TranscriptHead,
        row: SignatureRow,
        xml: bytes,
        state: TranscriptState,
    ) -> None:
        """Signed bytes, journal line and state in one transaction: durable before the next.

        The signature that issues a version supersedes the earlier ones. Raises MoveNotAllowed when
        the record is no longer the one that was signed.
        """
        with write(self._db):
            changed = self._db.execute(
                "UPDATE transcript SET xml = ?, sha256 = ? "
                "WHERE record_id = ? AND version = ? AND sha256 = ?",
                [xml, row.sha256_after, head.record_id, head.version, row.sha256_before],
            ).rowcount
            if changed != 1:
                raise MoveNotAllowed(from_state=str(head.state), to_state=str(state))
            self.move(head.record_id, head.version, state)
            self.keep_signature(head.record_id, head.version, row)
            if state is TranscriptState.ISSUED:
                self._supersede_before(head)

    def keep_signature(self, record_id: str, version: int, row: SignatureRow) -> None:
        """A line of the journal alone: the signature is in the record already."""
        with write(self._db):
            self._db.execute(
                "INSERT INTO signature (record_id, version, slot, role, batch_id, "
                "certificate_sha256, signed_at, sha256_before, sha256_after) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    record_id,
                    version,
                    row.slot,
                    row.role,
                    row.batch_id,
                    row.certificate_sha256,
                    row.signed_at,
                    row.sha256_before,
                    row.sha256_after,
                ],
            )

    def change_signers(self, head: TranscriptHead, xml: bytes, at: str, by: str) -> None:
        """Other people in slots that nobody has signed; what was signed stays as it is.

        Raises MoveNotAllowed when the record is no longer the one that was read.
        """
        after = hashlib.sha256(xml).hexdigest()
        with write(self._db):
            changed = self._db.execute(
                "UPDATE transcript SET xml = ?, sha256 = ? "
                "WHERE record_id = ? AND version = ? AND sha256 = ?",
                [xml, after, head.record_id, head.version, head.sha256],
            ).rowcount
            if changed != 1:
                raise MoveNotAllowed(from_state=str(head.state), to_state=str(head.state))
            self._db.execute(
                "INSERT INTO signer_change (record_id, version, changed_at, changed_by, "
                "sha256_before, sha256_after) VALUES (?, ?, ?, ?, ?, ?)",
                [head.record_id, head.version, at, by, head.sha256, after],
            )

    def _supersede_before(self, head: TranscriptHead) -> None:
        rows = self._db.execute(
            "SELECT version, state FROM transcript WHERE record_id = ? AND version < ?",
            [head.record_id, head.version],
        ).fetchall()
        for version, state in rows:
            if TranscriptState.SUPERSEDED in ALLOWED[TranscriptState(state)]:
                self.move(head.record_id, version, TranscriptState.SUPERSEDED)
                self._audit.add("supersede", f"{head.record_id}/{version}", f"by {head.version}")

    def signatures(self, record_id: str, version: int) -> list[SignatureRow]:
        """In the order in which they were made."""
        rows = self._db.execute(
            "SELECT slot, role, batch_id, certificate_sha256, signed_at, sha256_before, "
            "sha256_after FROM signature WHERE record_id = ? AND version = ? ORDER BY rowid",
            [record_id, version],
        )
        return [SignatureRow(*row) for row in rows]

    # --- the ministry's reporting catalogue ---------------------------------------------------

    def was_reported(self, record_id: str) -> bool:
        sql = "SELECT 1 FROM catalogue_report WHERE record_id = ? LIMIT 1"
        return self._db.execute(sql, [record_id]).fetchone() is not None

    def keep_report(self, record_id: str, version: int, event: str, at: str) -> int:
        """The number of this report; it only rises, whatever becomes of the report."""
        with write(self._db):
            return int(
                self._db.execute(
                    "INSERT INTO catalogue_report (record_id, version, event, reported_at) "
                    "VALUES (?, ?, ?, ?) RETURNING number",
                    [record_id, version, event, at],
                ).fetchone()[0]
            )

    # --- views ------------------------------------------------------------------------------

    def save_view(self, record_id: str, version: int, xml_sha256: str, pdf: bytes) -> None:
        """Keep a sealed view; evidence of one that it replaces is of no use any more."""
        with write(self._db):
            self._db.execute(
                "DELETE FROM view_evidence WHERE record_id = ? AND version = ?",
                [record_id, version],
            )
            self._db.execute(
                "INSERT INTO transcript_view (record_id, version, xml_sha256, pdf) "
                "VALUES (?, ?, ?, ?) ON CONFLICT (record_id, version) DO UPDATE SET "
                "xml_sha256 = excluded.xml_sha256, pdf = excluded.pdf",
                [record_id, version, xml_sha256, pdf],
            )

    def without_view(self) -> list[TranscriptHead]:
        """Issued records whose view has not been sealed yet, by class and number."""
        sql = (
            f"SELECT {_HEAD} {_FROM} LEFT JOIN enrollment e "
            "ON e.section_id = t.section_id AND e.student_id = t.student_id "
            "WHERE t.state = ? AND NOT EXISTS (SELECT 1 FROM transcript_view v "
            "WHERE v.record_id = t.record_id AND v.version = t.version "
            "AND v.xml_sha256 = t.sha256) ORDER BY c.grade, c.name, e.number"
        )
        return [_head(row) for row in self._db.execute(sql, [str(TranscriptState.ISSUED)])]

    def view(self, record_id: str, version: int) -> bytes | None:
        """The sealed view of exactly the bytes that are kept now, with its evidence; or None."""
        parts = self.view_parts(record_id, version)
        return None if parts is None else b"".join(parts)

    def view_parts(self, record_id: str, version: int) -> tuple[bytes, bytes] | None:
        """The view as it was sealed, and the evidence that follows its last byte (may be empty)."""
        row = self._db.execute(
            "SELECT v.pdf, e.tail FROM transcript_view v JOIN transcript t "
            "USING (record_id, version) LEFT JOIN view_evidence e ON e.record_id = v.record_id "
            "AND e.version = v.version AND e.xml_sha256 = v.xml_sha256 "
            "WHERE v.record_id = ? AND v.version = ? AND v.xml_sha256 = t.sha256",
            [record_id, version],
        ).fetchone()
        return None if row is None else (bytes(row[0]), bytes(row[1] or b""))
