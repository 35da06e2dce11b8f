"""Cells of the gradebook, and every change that was ever made to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from app.clock import now
from app.errors import TranscriptLocked
from app.model.gradebook import CellChange, CellKey
from app.store.database import write


@dataclass(frozen=True, slots=True)
class CellHistory:
    """One change as it was made; `before`/`after` are None for an empty cell."""

    key: CellKey
    before: str | None
    after: str | None
    at: str
    by: str


class GradebookStore:
    def __init__(self, db: Database, user: str) -> None:
        self._db = db
        self._user = user

    def cells(self, section_id: str) -> dict[CellKey, str]:
        rows = self._db.execute(
            "SELECT student_id, area, slot, value FROM gradebook_cell WHERE section_id = ?",
            [section_id],
        )
        return {CellKey(student, area, slot): value for student, area, slot, value in rows}

    def save(
        self, section_id: str, changes: Sequence[CellChange], *, approved: bool = False
    ) -> None:
        """Keep edits, and that they were made, in one transaction.

        Raises TranscriptLocked when one of the pupils is locked; `approved`: by a correction,
        which opens these cells only.
        """
        at = now().isoformat()
        with write(self._db):
            if not approved:
                self._refuse_locked(section_id, {change.key.student_id for change in changes})
            for change in changes:
                place = [section_id, change.key.student_id, change.key.area, change.key.slot]
                if change.after is None:
                    self._db.execute(
                        "DELETE FROM gradebook_cell WHERE section_id = ? AND student_id = ? "
                        "AND area = ? AND slot = ?",
                        place,
                    )
                else:
                    self._db.execute(
                        "INSERT INTO gradebook_cell (section_id, student_id, area, slot, value) "
                        "VALUES (?, ?, ?, ?, ?) ON CONFLICT (section_id, student_id, area, slot) "
                        "DO UPDATE SET value = excluded.value",
                        [*place, change.after],
                    )
                self._db.execute(
                    "INSERT INTO gradebook_change (section_id, student_id, area, slot, before, "
                    "after, changed_at, changed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [*place, change.before, change.after, at, self._user],
                )

    def notes(self, section_id: str) -> dict[CellKey, str]:
        """People's notes on cells; they go into no record."""
        rows = self._db.execute(
            "SELECT student_id, area, slot, text FROM gradebook_note WHERE section_id = ?",
            [section_id],
        )
        return {CellKey(student, area, slot): text for student, area, slot, text in rows}

    def save_note(self, section_id: str, key: CellKey, text: str) -> None:
        """Keep one note, also of a locked pupil; '' removes it."""
        place = [section_id, key.student_id, key.area, key.slot]
        with write(self._db):
            if not text:
                self._db.execute(
                    "DELETE FROM gradebook_note WHERE section_id = ? AND student_id = ? "
                    "AND area = ? AND slot = ?",
                    place,
                )
                return
            self._db.execute(
                "INSERT INTO gradebook_note (section_id, student_id, area, slot, text, "
                "written_at, written_by) VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (section_id, student_id, area, slot) DO UPDATE SET "
                "text = excluded.text, written_at = excluded.written_at, "
                "written_by = excluded.written_by",
                [*place, text, now().isoformat(), self._user],
            )

    def _refuse_locked(self, section_id: str, students: Iterable[str]) -> None:
        for student_id in students:
            row = self._db.execute(
                "SELECT 1 FROM pupil_lock WHERE section_id = ? AND student_id = ?",
                [section_id, student_id],
            ).fetchone()
            if row is not None:
                raise TranscriptLocked(student_id)

    def history(self, student_id: str) -> list[CellHistory]:
        """All changes of one pupil, oldest first."""
        rows = self._db.execute(
            "SELECT area, slot, before, after, changed_at, changed_by FROM gradebook_change "
            "WHERE student_id = ? ORDER BY id",
            [student_id],
        )
        return [
            CellHistory(CellKey(student_id, area, slot), before, after, at, by)
            for area, slot, before, after, at, by in rows
        ]
