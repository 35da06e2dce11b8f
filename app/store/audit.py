"""Who did what to which record: append-only, each entry chained to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from app.clock import now
from app.store.database import write


@dataclass(frozen=True, slots=True)
class AuditEntry:
    at: str
    who: str
    act: str
    subject: str
    detail: str
    previous: str
    digest: str


def _digest(at: str, who: str, act: str, subject: str, detail: str, previous: str) -> str:
    text = json.dumps([at, who, act, subject, detail, previous], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class AuditLog:
    def __init__(self, db: Database, user: str) -> None:
        self._db = db
        self._user = user

    def add(self, act: str, subject: str, detail: str = "") -> None:
        """`act` such as 'sign', 'export'; `subject` the id of what it was done to."""
        with write(self._db):
            row = self._db.execute("SELECT digest FROM audit ORDER BY id DESC LIMIT 1").fetchone()
            previous = row[0] if row else ""
            fields = (now().isoformat(), self._user, act, subject, detail, previous)
            self._db.execute(
                "INSERT INTO audit (at, who, act, subject, detail, previous, digest) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [*fields, _digest(*fields)],
            )

    def entries(self, subject: str | None = None) -> Iterator[AuditEntry]:
        sql = "SELECT at, who, act, subject, detail, previous, digest FROM audit"
        where, values = (" WHERE subject = ?", [subject]) if subject else ("", [])
        for row in self._db.execute(sql + where + " ORDER BY id", values):
            yield AuditEntry(*row)

    def unbroken(self) -> bool:
        """Whether no entry was changed, removed or slipped in."""
        previous = ""
        for entry in self.entries():
            fields = (entry.at, entry.who, entry.act, entry.subject, entry.detail, previous)
            if entry.previous != previous or entry.digest != _digest(*fields):
                return False
            previous = entry.digest
        return True
