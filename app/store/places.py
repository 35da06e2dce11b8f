"""Places in classes: what moving a pupil and taking an import back need beyond adding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from app.model.people import Enrollment, EnrollmentStatus
from app.store.database import write


@dataclass(frozen=True, slots=True)
class HistoryMark:
    """How far the workspace's histories had come; equal marks mean that nothing was done."""

    audit: int
    gradebook: int
    noted_at: str


class PlaceStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    def of_year(self, school_year: str) -> list[Enrollment]:
        """Every place in every class of the year, also of those who left."""
        rows = self._db.execute(
            "SELECT e.section_id, e.student_id, e.number, e.status, e.register_no "
            "FROM enrollment e JOIN class_section c ON c.id = e.section_id "
            "WHERE c.school_year = ? ORDER BY c.grade, c.name, e.number",
            [school_year],
        )
        return [
            Enrollment(section, student, number, EnrollmentStatus(status), register)
            for section, student, number, status, register in rows
        ]

    def remove(self, places: Iterable[Enrollment]) -> None:
        with write(self._db):
            for place in places:
                self._db.execute(
                    "DELETE FROM enrollment WHERE section_id = ? AND student_id = ?",
                    [place.section_id, place.student_id],
                )

    def remove_students(self, student_ids: Iterable[str]) -> None:
        """Only those of whom nothing else is known; the schema refuses the others."""
        with write(self._db):
            for student_id in student_ids:
                self._db.execute("DELETE FROM student WHERE id = ?", [student_id])

    def remove_sections(self, section_ids: Iterable[str]) -> None:
        """Only empty classes; the schema refuses the others."""
        with write(self._db):
            for section_id in section_ids:
                self._db.execute("DELETE FROM class_section WHERE id = ?", [section_id])

    def mark(self) -> HistoryMark:
        row = self._db.execute(
            "SELECT coalesce((SELECT max(id) FROM audit), 0), "
            "coalesce((SELECT max(number) FROM operation), 0), "
            "coalesce((SELECT max(written_at) FROM gradebook_note), '')"
        ).fetchone()
        return HistoryMark(int(row[0]), int(row[1]), str(row[2]))
