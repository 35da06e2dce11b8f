"""Cells of the gradebook, and every change that was ever made to them.

A change is an operation of this machine (`app.store.sharing.log`): the cell and the operation are
written in one transaction, and the history is read from the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from app.clock import VIETNAM, Clock
from app.errors import TranscriptLocked
from app.model.gradebook import CellChange, CellKey
from app.model.operation import Cause, Operation, as_cell, cell_key, class_stream, wall_ms
from app.store.database import write
from app.store.sharing.authorship import Authorship
from app.store.sharing.log import Entry, OperationLog


@dataclass(frozen=True, slots=True)
class CellHistory:
    """One change as it was made; `before`/`after` are None for an empty cell."""

    key: CellKey
    before: str | None
    after: str | None
    at: str
    by: str


class GradebookStore:
    def __init__(self, db: Database, log: OperationLog, authorship: Authorship, now: Clock) -> None:
        self._db = db
        self._now = now
        self._log = log
        self._authorship = authorship

    def cells(self, section_id: str) -> dict[CellKey, str]:
        rows = self._db.execute(
            "SELECT student_id, area, slot, value FROM gradebook_cell WHERE section_id = ?",
            [section_id],
        )
        return {CellKey(student, area, slot): value for student, area, slot, value in rows}

    def save(
        self, section_id: str, changes: Sequence[CellChange], *, cause: Cause = Cause.EDIT
    ) -> None:
        """Keep edits, and that they were made, in one transaction.

        `cause`: an approved correction opens a locked record for these cells only; a move takes
        marks along. Raises TranscriptLocked; NotEntitled for a cell that belongs to others.
        """
        stream = class_stream(section_id)
        entries = [Entry(cell_key(change.key), change.after, cause) for change in changes]
        with write(self._db):
            if cause is not Cause.CORRECTION:
                self._refuse_locked(section_id, {change.key.student_id for change in changes})
            author = self._authorship.entitled(stream, entries)
            self._log.append(stream, entries, author, int(self._now().timestamp() * 1000))
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
            self._db.conn.executemany(
                "DELETE FROM dispute WHERE stream = ? AND key = ?",
                [(stream, entry.key) for entry in entries],
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
                [*place, text, self._now().isoformat(), self._authorship.user],
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
        """All changes of one pupil, on whichever machine, in the order in which they were made."""
        operations = self._log.of_pupil(student_id)
        after = {operation.id: operation.after for operation in operations}
        return [_history(operation, after) for operation in operations]


def _history(operation: Operation, after: Mapping[bytes, str | None]) -> CellHistory:
    at = datetime.fromtimestamp(wall_ms(operation.hlc) // 1000, VIETNAM).isoformat()
    before = next((after[name] for name in operation.replaces if after.get(name)), None)
    return CellHistory(as_cell(operation.key), before, operation.after, at, operation.person)
