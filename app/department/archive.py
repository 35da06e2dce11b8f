"""What the station keeps: devices, records, receipts. All of its SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, select, tuple_, update

from app import clock
from app.department.tables import device, open_engine, parcel, parcel_item, receipt, record
from app.errors import DeviceRefused
from app.model.delivery import Event, ParcelItem, Receipt, ReceiptStage, RecordKey
from app.parcel.device import public_key_from_hex, raw
from app.parcel.enrolment import EnrolmentRequest

ATTEMPTS = 5
"""A record whose check breaks off this often waits for a person; the rest flows."""


@dataclass(frozen=True, slots=True)
class Device:
    device_id: str
    school_code: str
    public_key: Ed25519PublicKey
    revoked: bool


@dataclass(frozen=True, slots=True)
class Held:
    """The newest version of a record that the station holds."""

    version: int
    sha256: str
    school_code: str


@dataclass(frozen=True, slots=True)
class TakenParcel:
    sha256: str
    sender: Device
    counter: int
    size: int


class Archive:
    """Opened once per process; safe for several threads."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._reads = self._engine.execution_options(reads=True)

    def close(self) -> None:
        self._engine.dispose()

    # --- devices ----------------------------------------------------------------------------

    def enrol(self, request: EnrolmentRequest) -> None:
        """Again is allowed and takes nothing back: a revoked device stays revoked."""
        with self._engine.begin() as db:
            if db.execute(
                select(device.c.device_id).where(device.c.device_id == request.device_id)
            ).first():
                return
            db.execute(
                insert(device).values(
                    device_id=request.device_id,
                    school_code=request.school_code,
                    school_name=request.school_name,
                    device_name=request.device_name,
                    public_key=raw(request.public_key).hex(),
                    enrolled_at=clock.now().isoformat(),
                    revoked_at="",
                )
            )

    def revoke(self, device_id: str) -> None:
        """Raises DeviceRefused when there is no such device."""
        with self._engine.begin() as db:
            change = update(device).where(device.c.device_id == device_id)
            if not db.execute(change.values(revoked_at=clock.now().isoformat())).rowcount:
                raise DeviceRefused("unknown device")

    def device(self, device_id: str) -> Device | None:
        with self._reads.connect() as db:
            row = db.execute(select(device).where(device.c.device_id == device_id)).first()
        if row is None:
            return None
        key = public_key_from_hex(row.public_key)
        return Device(row.device_id, row.school_code, key, bool(row.revoked_at))

    # --- receiving --------------------------------------------------------------------------

    def has_parcel(self, sha256: str, device_id: str) -> bool:
        wanted = and_(parcel.c.sha256 == sha256, parcel.c.device_id == device_id)
        with self._reads.connect() as db:
            return db.execute(select(parcel.c.sha256).where(wanted)).first() is not None

    def receipts(self, parcel_sha256: str) -> list[str]:
        """All receipts, the same bytes every time, for the records that came in this parcel."""
        query = (
            select(receipt.c.token)
            .join(
                parcel_item,
                and_(
                    parcel_item.c.record_id == receipt.c.record_id,
                    parcel_item.c.version == receipt.c.version,
                    parcel_item.c.sha256 == receipt.c.sha256,
                ),
            )
            .join(parcel, parcel.c.sha256 == parcel_item.c.parcel_sha256)
            .join(
                device,
                and_(
                    device.c.device_id == parcel.c.device_id,
                    device.c.school_code == receipt.c.school_code,
                ),
            )
            .where(parcel_item.c.parcel_sha256 == parcel_sha256)
            .order_by(receipt.c.record_id, receipt.c.version, receipt.c.stage)
        )
        with self._reads.connect() as db:
            return list(db.scalars(query))

    def held(self, record_ids: Iterable[str]) -> dict[str, Held]:
        with self._reads.connect() as db:
            return _held(db, list(record_ids))

    def take(
        self,
        taken: TakenParcel,
        items: Sequence[ParcelItem],
        answers: Sequence[Receipt],
    ) -> bool:
        """Keep parcel, records and receipts in one durable step.

        `answers` has one receipt per item. False when another parcel changed what the answers
        rest on; ask again.
        """
        packer = zstandard.ZstdCompressor(level=3)
        accepted = {a.key for a in answers if a.stage is not ReceiptStage.RETURNED}
        packed = {i.key: packer.compress(i.xml) for i in items if i.key in accepted}
        now = clock.now().isoformat()
        with self._engine.begin() as db:
            if db.execute(select(parcel.c.sha256).where(parcel.c.sha256 == taken.sha256)).first():
                return True
            held = _held(db, [item.key.record_id for item in items])
            for item in items:
                newest = held.get(item.key.record_id)
                is_there = newest is not None and newest.version >= item.key.version
                if item.key in accepted and is_there and not _same(newest, item.key):
                    return False
            fresh = [
                i
                for i in items
                if i.key in accepted and not _same(held.get(i.key.record_id), i.key)
            ]
            if fresh:
                db.execute(insert(record), [_row(i, packed[i.key], now) for i in fresh])
            _keep_receipts(db, taken.sender.school_code, answers)
            db.execute(
                insert(parcel).values(
                    sha256=taken.sha256,
                    device_id=taken.sender.device_id,
                    counter=taken.counter,
                    size=taken.size,
                    received_at=now,
                )
            )
            db.execute(
                insert(parcel_item),
                [
                    {
                        "parcel_sha256": taken.sha256,
                        "record_id": item.key.record_id,
                        "version": item.key.version,
                        "sha256": item.key.sha256,
                    }
                    for item in items
                ],
            )
        return True

    # --- verifying --------------------------------------------------------------------------

    def waiting(self, limit: int) -> list[ParcelItem]:
        """Received, not yet verified; the oldest first."""
        query = (
            select(record)
            .where(record.c.stage == ReceiptStage.RECEIVED.value, record.c.attempts < ATTEMPTS)
            .order_by(record.c.received_at)
            .limit(limit)
        )
        unpacker = zstandard.ZstdDecompressor()
        with self._reads.connect() as db:
            rows = db.execute(query).all()
        return [
            ParcelItem(
                key=RecordKey(row.record_id, row.version, row.sha256),
                event=Event(row.event),
                xml=unpacker.decompress(row.xml),
                school_code=row.school_code,
                school_year=row.school_year,
                section=row.section,
            )
            for row in rows
        ]

    def settle(self, school_code: str, answers: Sequence[Receipt]) -> None:
        """Keep the outcome of the full check of one school's records with its receipts."""
        with self._engine.begin() as db:
            _keep_receipts(db, school_code, answers)
            for answer in answers:
                db.execute(update(record).where(_is(answer.key)).values(stage=answer.stage.value))

    def failed(self, key: RecordKey) -> None:
        """The check itself broke off: count it."""
        with self._engine.begin() as db:
            db.execute(update(record).where(_is(key)).values(attempts=record.c.attempts + 1))

    def counts(self) -> dict[str, int]:
        """Records by stage."""
        query = select(record.c.stage, func.count()).group_by(record.c.stage)
        with self._reads.connect() as db:
            return {stage: count for stage, count in db.execute(query)}


def _held(db: Connection, record_ids: Sequence[str]) -> dict[str, Held]:
    newer = record.alias("newer")
    query = select(record.c.record_id, record.c.version, record.c.sha256, record.c.school_code)
    is_newest = ~exists().where(
        newer.c.record_id == record.c.record_id, newer.c.version > record.c.version
    )
    rows = db.execute(query.where(record.c.record_id.in_(record_ids), is_newest))
    return {row.record_id: Held(row.version, row.sha256, row.school_code) for row in rows}


def _keep_receipts(db: Connection, school_code: str, answers: Sequence[Receipt]) -> None:
    """The first receipt of a stage stays for ever: a duplicate gets the same bytes."""
    columns = (receipt.c.record_id, receipt.c.version, receipt.c.sha256, receipt.c.stage)
    place = tuple_(*columns)
    wanted = [(a.key.record_id, a.key.version, a.key.sha256, a.stage.value) for a in answers]
    is_there = and_(receipt.c.school_code == school_code, place.in_(wanted))
    there = set(map(tuple, db.execute(select(*columns).where(is_there))))
    fresh = [
        {
            "school_code": school_code,
            "record_id": a.key.record_id,
            "version": a.key.version,
            "sha256": a.key.sha256,
            "stage": a.stage.value,
            "token": a.token,
        }
        for a, where in zip(answers, wanted, strict=True)
        if where not in there
    ]
    if fresh:
        db.execute(insert(receipt), fresh)


def _row(item: ParcelItem, packed: bytes, now: str) -> dict[str, object]:
    return {
        "record_id": item.key.record_id,
        "version": item.key.version,
        "sha256": item.key.sha256,
        "event": item.event.value,
        "school_code": item.school_code,
        "school_year": item.school_year,
        "section": item.section,
        "stage": ReceiptStage.RECEIVED.value,
        "attempts": 0,
        "received_at": now,
        "xml": packed,
    }


def _is(key: RecordKey) -> ColumnElement[bool]:
    return and_(
        record.c.record_id == key.record_id,
        record.c.version == key.version,
        record.c.sha256 == key.sha256,
    )


def _same(newest: Held | None, key: RecordKey) -> bool:
    return newest is not None and (newest.version, newest.sha256) == (key.version, key.sha256)
