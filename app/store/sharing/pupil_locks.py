"""Whose year is closed in which class."""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from app.model.people import PupilLock
from app.store.database import write


class LockStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, section_id: str) -> dict[str, PupilLock]:
        """By pupil; who is not in it is open."""
        rows = self._db.execute(
            "SELECT student_id, locked_at, locked_by, locked_with FROM pupil_lock "
            "WHERE section_id = ?",
            [section_id],
        )
        return {row[0]: PupilLock(*row) for row in rows}

    def places(self) -> set[tuple[str, str]]:
        """(class, pupil) of every lock."""
        rows = self._db.execute("SELECT section_id, student_id FROM pupil_lock")
        return {(section, student) for section, student in rows}

    def close(self, section_id: str, locks: Iterable[PupilLock]) -> None:
        with write(self._db):
            self._db.conn.executemany(
                "INSERT INTO pupil_lock (section_id, student_id, locked_at, locked_by, "
                "locked_with) VALUES (?, ?, ?, ?, ?)",
                [(section_id, lock.student_id, lock.at, lock.by, lock.rules) for lock in locks],
            )

    def open(self, section_id: str, student_ids: Iterable[str]) -> None:
        with write(self._db):
            self._db.conn.executemany(
                "DELETE FROM pupil_lock WHERE section_id = ? AND student_id = ?",
                [(section_id, student_id) for student_id in student_ids],
            )
