"""Record versions set aside: they answer for nothing any more, and nothing of them is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, and_, delete, insert, literal, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.department.store.tables import quarantine, record
from app.errors import QuarantineRefused
from app.model.delivery import RecordKey

_ITSELF = "trạm"
_COPIED = [column.name for column in record.c if column.name in quarantine.c]


@dataclass(frozen=True, slots=True)
class SetAside:
    """One version in quarantine: what it is, whose, since when and by whom (a login, or the station
    itself)."""

    number: int
    key: RecordKey
    sender: str
    stage: str
    reason: str
    moved_at: str
    moved_by: str


class Quarantine:
    """An administrator's hand: a version aside, or back in its place."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def listed(self, record_id: str = "") -> list[SetAside]:
        """Of one record, or of all; the newest first."""
        query = select(quarantine).order_by(quarantine.c.id.desc())
        if record_id:
            query = query.where(quarantine.c.record_id == record_id)
        with self._engine.execution_options(reads=True).connect() as db:
            return [
                SetAside(
                    row.id,
                    RecordKey(row.record_id, row.version, row.sha256),
                    row.sender,
                    row.stage,
                    row.reason,
                    row.moved_at,
                    row.moved_by,
                )
                for row in db.execute(query)
            ]

    def set_aside(self, record_id: str, version: int, by: str) -> None:
        """Whoever sends this record next is asked only for what the check asks.

        Raises QuarantineRefused when the station holds no such version.
        """
        with self._engine.begin() as db:
            if not _move(db, [(record_id, version)], by):
                raise QuarantineRefused("absent")

    def release(self, number: int) -> None:
        """Back in its place, with the stage that it had.

        Raises QuarantineRefused: no such number, or another version took the place meanwhile.
        """
        mine = quarantine.c.id == number
        columns = [quarantine.c[name] for name in _COPIED]
        try:
            with self._engine.begin() as db:
                found = select(*columns).where(mine)
                if db.execute(found).first() is None:
                    raise QuarantineRefused("absent")
                db.execute(insert(record).from_select(_COPIED, found))
                db.execute(delete(quarantine).where(mine))
        except IntegrityError as error:
            raise QuarantineRefused("taken") from error


def give_way(
    db: Connection, fresh: Sequence[RecordKey], failed: Mapping[RecordKey, str], sender: str
) -> None:
    """What failed its check makes room for `fresh` versions of the same records.

    Those of other senders go, and those that stand on or above the new version's number: a number
    that only a failed version had blocks nobody. `failed`: whose they are.
    """
    newest = {key.record_id: key.version for key in fresh}
    in_the_way = [
        (key.record_id, key.version)
        for key, whose in failed.items()
        if key.record_id in newest and (whose != sender or key.version >= newest[key.record_id])
    ]
    _move(db, sorted(in_the_way), _ITSELF)


def _move(db: Connection, versions: Sequence[tuple[str, int]], by: str) -> int:
    moved = 0
    for record_id, version in versions:
        mine = and_(record.c.record_id == record_id, record.c.version == version)
        values = [record.c[name] for name in _COPIED]
        told = [literal(clock.now().isoformat()), literal(by)]
        names = [*_COPIED, "moved_at", "moved_by"]
        db.execute(insert(quarantine).from_select(names, select(*values, *told).where(mine)))
        moved += db.execute(delete(record).where(mine)).rowcount
    return moved
