"""Who signs in the principal's slot instead of the principal, by school year."""

from __future__ import annotations

from sqlite_utils import Database

from app.model.people import Delegation
from app.store.database import write


class DelegationStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, school_year: str) -> Delegation | None:
        row = self._db.execute(
            "SELECT school_year, staff_id, number, issued_on FROM delegation WHERE school_year = ?",
            [school_year],
        ).fetchone()
        return Delegation(*row) if row else None

    def give(self, delegation: Delegation) -> None:
        """It takes the place of the year's earlier one."""
        with write(self._db):
            self._db.execute(
                "INSERT INTO delegation (school_year, staff_id, number, issued_on) "
                "VALUES (?, ?, ?, ?) ON CONFLICT (school_year) DO UPDATE SET "
                "staff_id = excluded.staff_id, number = excluded.number, "
                "issued_on = excluded.issued_on",
                [
                    delegation.school_year,
                    delegation.staff_id,
                    delegation.number,
                    delegation.issued_on,
                ],
            )

    def end(self, school_year: str) -> None:
        """The principal signs again."""
        with write(self._db):
            self._db.execute("DELETE FROM delegation WHERE school_year = ?", [school_year])
