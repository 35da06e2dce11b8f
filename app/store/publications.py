"""What the department has published for this school: announced, fetched piece by piece, kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from app.model.publication import Publication, PublicationKind, PublicationState
from app.store.database import write

_SAID = "number, kind, version, title, published_at, sha256, size, token, withdraws"
_PLACES = "?, ?, ?, ?, ?, ?, ?, ?, ?"
_WITHDRAWN = "(SELECT withdraws FROM publication WHERE state = 'kept' AND withdraws > 0)"


@dataclass(frozen=True, slots=True)
class PublicationRow:
    publication: Publication
    state: PublicationState
    reason: str
    """Why it was refused."""
    read_at: str
    """'' until somebody has read it."""
    held: int
    """Bytes of its content at hand."""


class PublicationStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    def announce(self, publications: Sequence[Publication]) -> int:
        """Note what is to be fetched; how many of them are new."""
        with write(self._db):
            return sum(
                self._db.execute(
                    f"INSERT INTO publication ({_SAID}, state, content) "
                    f"VALUES ({_PLACES}, 'wanted', x'') ON CONFLICT DO NOTHING",
                    [*_values(one)],
                ).rowcount
                for one in publications
            )

    def wanted(self) -> list[PublicationRow]:
        """Oldest first."""
        return self._rows("WHERE state = 'wanted' ORDER BY number")

    def content(self, number: int) -> bytes:
        """What is there of it. KeyError."""
        row = self._db.execute(
            "SELECT content FROM publication WHERE number = ?", [number]
        ).fetchone()
        if row is None:
            raise KeyError(number)
        return bytes(row[0])

    def set_content(self, number: int, content: bytes) -> None:
        """Of what is still being fetched; another run may have it whole by now."""
        with write(self._db):
            self._db.execute(
                "UPDATE publication SET content = ? WHERE number = ? AND state = 'wanted'",
                [content, number],
            )

    def keep(self, publication: Publication, content: bytes) -> None:
        """It holds from now on."""
        with write(self._db):
            self._db.execute(
                f"INSERT INTO publication ({_SAID}, state, content) "
                f"VALUES ({_PLACES}, 'kept', ?) ON CONFLICT (number) "
                "DO UPDATE SET state = 'kept', reason = '', content = excluded.content",
                [*_values(publication), content],
            )

    def refuse(self, number: int, reason: str) -> None:
        with write(self._db):
            self._db.execute(
                "UPDATE publication SET state = 'refused', reason = ?, content = x'' "
                "WHERE number = ? AND state = 'wanted'",
                [reason, number],
            )

    def forget(self, numbers: Sequence[int]) -> None:
        with write(self._db):
            for number in numbers:
                self._db.execute("DELETE FROM publication WHERE number = ?", [number])

    def forget_old_notices(self, most: int) -> None:
        """All but the newest `most`."""
        with write(self._db):
            self._db.execute(
                "DELETE FROM publication WHERE kind = 'notice' AND state <> 'wanted' "
                "AND number NOT IN (SELECT number FROM publication WHERE kind = 'notice' "
                "ORDER BY number DESC LIMIT ?)",
                [most],
            )

    def kept(self, kind: PublicationKind) -> list[tuple[Publication, bytes]]:
        """The version in force first; without what was withdrawn."""
        return self._kept(kind, f"number NOT IN {_WITHDRAWN}")

    def withdrawn(self, kind: PublicationKind) -> list[tuple[Publication, bytes]]:
        """What was kept and has been withdrawn since, newest first."""
        return self._kept(kind, f"number IN {_WITHDRAWN}")

    def is_withdrawn(self, number: int) -> bool:
        query = f"SELECT ? IN {_WITHDRAWN}"
        return bool(self._db.execute(query, [number]).fetchone()[0])

    def knows(self, number: int) -> bool:
        """Whether it was announced or brought, whatever became of it."""
        query = "SELECT count(*) FROM publication WHERE number = ?"
        return bool(self._db.execute(query, [number]).fetchone()[0])

    def listed(self) -> list[PublicationRow]:
        """All that is at hand or was refused, newest first."""
        return self._rows(
            f"WHERE state <> 'wanted' AND number NOT IN {_WITHDRAWN} ORDER BY number DESC"
        )

    def unread(self) -> int:
        row = self._db.execute(
            "SELECT count(*) FROM publication WHERE state <> 'wanted' AND read_at = '' "
            f"AND number NOT IN {_WITHDRAWN}"
        ).fetchone()
        return int(row[0])

    def mark_read(self, number: int, at: str) -> None:
        """`at`: ISO 8601; the first time stays."""
        with write(self._db):
            self._db.execute(
                "UPDATE publication SET read_at = ? WHERE number = ? AND read_at = ''",
                [at, number],
            )

    def _kept(self, kind: PublicationKind, which: str) -> list[tuple[Publication, bytes]]:
        rows = self._db.execute(
            f"SELECT {_SAID}, content FROM publication WHERE kind = ? AND state = 'kept' "
            f"AND {which} ORDER BY version DESC",
            [kind.value],
        )
        return [(_said(row), bytes(row[9])) for row in rows]

    def _rows(self, which: str) -> list[PublicationRow]:
        sql = f"SELECT {_SAID}, state, reason, read_at, length(content) FROM publication {which}"
        return [
            PublicationRow(_said(row), PublicationState(row[9]), row[10], row[11], row[12])
            for row in self._db.execute(sql)
        ]


def _values(publication: Publication) -> tuple[object, ...]:
    p = publication
    return (
        p.number, p.kind.value, p.version, p.title, p.published_at, p.sha256, p.size, p.token,
        p.withdraws,
    )  # fmt: skip


def _said(row: Any) -> Publication:
    return Publication(
        number=row[0],
        kind=PublicationKind(row[1]),
        version=row[2],
        title=row[3],
        station="",
        published_at=row[4],
        sha256=row[5],
        size=row[6],
        token=row[7],
        withdraws=row[8],
    )
