"""Records of other schools, kept byte for byte, and the plain papers that came with them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlite_utils import Database

from app.store.database import write


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """One signed record version that another school issued."""

    record_id: str
    version: int
    student_id: str
    school_year: str
    imported_at: str
    xml: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.xml).hexdigest()


@dataclass(frozen=True, slots=True)
class ForeignPaper:
    """A file without signatures (mid-year results) as another school made it."""

    student_id: str
    name: str
    school_name: str
    imported_at: str
    content: bytes


class ForeignStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, record: ForeignRecord) -> bool:
        """False when it is there already. Raises ValueError for other bytes under its number."""
        with write(self._db):
            place = [record.record_id, record.version]
            sql = "SELECT sha256 FROM foreign_record WHERE record_id = ? AND version = ?"
            row = self._db.execute(sql, place).fetchone()
            if row is not None:
                if row[0] != record.sha256:
                    raise ValueError("other bytes under the same version")
                return False
            self._db.execute(
                "INSERT INTO foreign_record (record_id, version, student_id, school_year, sha256, "
                "imported_at, xml) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    *place,
                    record.student_id,
                    record.school_year,
                    record.sha256,
                    record.imported_at,
                    record.xml,
                ],
            )
            return True

    def records(self, student_id: str) -> list[ForeignRecord]:
        """By school year and version."""
        rows = self._db.execute(
            "SELECT record_id, version, student_id, school_year, imported_at, xml "
            "FROM foreign_record WHERE student_id = ? ORDER BY school_year, version",
            [student_id],
        )
        return [
            ForeignRecord(record, version, student, year, at, bytes(xml))
            for record, version, student, year, at, xml in rows
        ]

    def owner(self, record_id: str) -> str:
        """The pupil whose record it is, or ''."""
        row = self._db.execute(
            "SELECT student_id FROM foreign_record WHERE record_id = ? LIMIT 1", [record_id]
        ).fetchone()
        return row[0] if row else ""

    def add_paper(self, paper: ForeignPaper) -> None:
        digest = hashlib.sha256(paper.content).hexdigest()
        with write(self._db):
            self._db.execute(
                "INSERT OR IGNORE INTO foreign_paper (student_id, name, sha256, school_name, "
                "imported_at, content) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    paper.student_id,
                    paper.name,
                    digest,
                    paper.school_name,
                    paper.imported_at,
                    paper.content,
                ],
            )

    def papers(self, student_id: str) -> list[ForeignPaper]:
        """In the order in which they came."""
        rows = self._db.execute(
            "SELECT student_id, name, school_name, imported_at, content FROM foreign_paper "
            "WHERE student_id = ? ORDER BY imported_at, name",
            [student_id],
        )
        return [
            ForeignPaper(student, name, school, at, bytes(content))
            for student, name, school, at, content in rows
        ]
