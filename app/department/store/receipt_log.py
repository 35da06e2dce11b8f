"""What the station answered, written down: each receipt once and for ever, each record's stage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, and_, bindparam, insert, select, tuple_, update

from app.department.store.tables import receipt, record
from app.model.delivery import ParcelItem, Receipt, ReceiptStage, RecordKey

_SETTLE = (
    update(record)
    .where(
        record.c.record_id == bindparam("of_id"),
        record.c.version == bindparam("of_version"),
        record.c.sha256 == bindparam("of_sha256"),
    )
    .values(stage=bindparam("new_stage"), reason=bindparam("new_reason"))
)


def order(one: ParcelItem | Receipt) -> tuple[str, int]:
    """Whoever writes several rows writes them in this order, so that two never wait crosswise."""
    return (one.key.record_id, one.key.version)


def keep_receipts(db: Connection, school_code: str, answers: Sequence[Receipt]) -> None:
    """The first receipt of a stage stays for ever: a duplicate gets the same bytes."""
    columns = (
        receipt.c.record_id,
        receipt.c.version,
        receipt.c.sha256,
        receipt.c.stage,
        receipt.c.station,
    )
    wanted = {
        (a.key.record_id, a.key.version, a.key.sha256, a.stage.value, a.station): a for a in answers
    }
    if not wanted:
        return
    is_there = and_(receipt.c.school_code == school_code, tuple_(*columns).in_(wanted))
    there = set(map(tuple, db.execute(select(*columns).where(is_there))))
    names = [column.name for column in columns]
    fresh = [
        {
            **dict(zip(names, place, strict=True)),
            "school_code": school_code,
            "issued_at": answer.issued_at,
            "token": answer.token,
        }
        for place, answer in sorted(wanted.items(), key=lambda one: one[0])
        if place not in there
    ]
    if fresh:
        db.execute(insert(receipt), fresh)


def settle(db: Connection, school_code: str, answers: Iterable[Receipt]) -> None:
    """Keep the receipts, and the stage that each record has by them.

    A returned record stays returned, for its first reason: a full check that ends after an
    official's word, or a second official's, says nothing any more.
    """
    asked = sorted(answers, key=order)
    gone = _returned(db, [answer.key.record_id for answer in asked])
    heard = [answer for answer in asked if answer.key not in gone]
    if heard:
        keep_receipts(db, school_code, heard)
        db.execute(_SETTLE, [_settled(answer) for answer in heard])


def _returned(db: Connection, record_ids: Sequence[str]) -> set[RecordKey]:
    """Locks the records' rows until the transaction ends, so that of two answers one waits."""
    query = select(*record.c["record_id", "version", "sha256", "stage"])
    query = query.where(record.c.record_id.in_(record_ids))
    rows = db.execute(query.order_by(record.c.record_id, record.c.version).with_for_update())
    return {RecordKey(*row[:3]) for row in rows if row.stage == ReceiptStage.RETURNED.value}


def _settled(answer: Receipt) -> dict[str, object]:
    return {
        "of_id": answer.key.record_id,
        "of_version": answer.key.version,
        "of_sha256": answer.key.sha256,
        "new_stage": answer.stage.value,
        "new_reason": answer.reason,
    }
