"""Who did what to which record: append-only, each entry chained to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from app.clock import now
from app.errors import AuditBroken
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


@dataclass(slots=True)
class VerifiedChain:
    """How far the chain was found unbroken; shared by all connections of an open workspace."""

    end: tuple[int, str] = (0, "")
    """Number and digest of the last entry that was verified, in one value: threads share it."""


def _digest(at: str, who: str, act: str, subject: str, detail: str, previous: str) -> str:
    text = json.dumps([at, who, act, subject, detail, previous], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class AuditLog:
    """The workspace's log of acts, as one user writes it."""

    def __init__(self, db: Database, user: str, verified: VerifiedChain | None = None) -> None:
        self._db = db
        self._user = user
        self._verified = verified or VerifiedChain()

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
        """Whether no entry was changed, removed or slipped in; the whole chain is read."""
        return self.first_broken() is None

    def first_broken(self) -> int | None:
        """Number of the first entry that does not follow from the one before; None: all do."""
        return self._follow((0, ""))[0]

    def require_unbroken(self) -> None:
        """As `unbroken`, but what was verified since the workspace was opened is not read again.

        Raises AuditBroken.
        """
        number, digest = self._verified.end
        row = self._db.execute("SELECT digest FROM audit WHERE id = ?", [number]).fetchone()
        if (row[0] if row else "") != digest:
            raise AuditBroken("a verified entry is gone", entry=number)
        broken, self._verified.end = self._follow((number, digest))
        if broken is not None:
            raise AuditBroken("chain", entry=broken)

    def _follow(self, end: tuple[int, str]) -> tuple[int | None, tuple[int, str]]:
        """From a verified entry on: the first that is broken (None), and the last that holds."""
        rows = self._db.execute(
            "SELECT id, at, who, act, subject, detail, previous, digest FROM audit "
            "WHERE id > ? ORDER BY id",
            [end[0]],
        )
        for number, at, who, act, subject, detail, previous, digest in rows:
            expected = _digest(at, who, act, subject, detail, previous)
            if previous != end[1] or digest != expected:
                return int(number), end
            end = int(number), digest
        return None, end
