"""What the station keeps: devices, parcels, records, receipts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from app import clock
from app.department.store.objects import Objects
from app.department.store.quarantine import give_way
from app.department.store.receipt_log import keep_receipts, order, settle
from app.department.store.record_bytes import ObjectSpan, RecordBytes
from app.department.store.tables import device, open_engine, parcel, parcel_item, receipt, record
from app.errors import DeviceRefused
from app.model.delivery import ParcelItem, Receipt, ReceiptStage, RecordKey
from app.parcel import limits
from app.parcel.device import public_key_from_hex, raw
from app.parcel.enrolment import EnrolmentRequest


@dataclass(frozen=True, slots=True)
class Device:
    device_id: str
    school_code: str
    public_key: Ed25519PublicKey
    revoked: bool
    expired: bool = False
    """Its enrolment's time is over; a new enrolment file brings it back."""


def usable(found: Device | None) -> Device:
    """Raises DeviceRefused, its detail saying why."""
    if found is None:
        raise DeviceRefused("unknown")
    if found.revoked:
        raise DeviceRefused("revoked")
    if found.expired:
        raise DeviceRefused("expired")
    return found


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """The newest version of a record that stands: it waits for its check, or was once verified.

    A version that failed its check owns nothing: whoever sent it may not be the record's school.
    """

    version: int
    sha256: str
    sender: str
    waits: bool
    """Not checked yet: nobody knows whose it is."""


@dataclass(frozen=True, slots=True)
class TakenParcel:
    sha256: str
    sender: Device
    counter: int
    size: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A record version with what the station thinks of it."""

    item: ParcelItem
    sender: str
    stage: str
    reason: str
    received_at: str
    forwarded: str


class Archive:
    """Opened once per process; safe for several threads."""

    def __init__(self, url: str, objects: Objects) -> None:
        """`url`: of the database; `objects`: where the records' bytes are kept."""
        self.engine = open_engine(url)
        self.bytes = RecordBytes(objects)
        self.reads = self.engine.execution_options(reads=True)
        """For what only reads: takes no lock."""

    def close(self) -> None:
        self.engine.dispose()

    # --- devices ----------------------------------------------------------------------------

    def enrol(self, request: EnrolmentRequest, valid_until: str) -> None:
        """Again prolongs it and takes nothing back: a revoked device stays revoked.

        `valid_until`: ISO 8601.
        """
        with self.engine.begin() as db:
            known = device.c.device_id == request.device_id
            if db.execute(update(device).where(known).values(valid_until=valid_until)).rowcount:
                return
            db.execute(
                insert(device).values(
                    device_id=request.device_id,
                    school_code=request.school_code,
                    school_name=request.school_name,
                    device_name=request.device_name,
                    public_key=raw(request.public_key).hex(),
                    enrolled_at=clock.now().isoformat(),
                    valid_until=valid_until,
                    revoked_at="",
                )
            )

    def revoke(self, device_id: str) -> None:
        """Raises DeviceRefused when there is no such device."""
        with self.engine.begin() as db:
            change = update(device).where(device.c.device_id == device_id)
            if not db.execute(change.values(revoked_at=clock.now().isoformat())).rowcount:
                raise DeviceRefused("unknown device")

    def device(self, device_id: str) -> Device | None:
        with self.reads.connect() as db:
            row = db.execute(select(device).where(device.c.device_id == device_id)).first()
        if row is None:
            return None
        key = public_key_from_hex(row.public_key)
        expired = datetime.fromisoformat(row.valid_until) < clock.now()
        return Device(row.device_id, row.school_code, key, bool(row.revoked_at), expired)

    # --- receiving --------------------------------------------------------------------------

    def has_parcel(self, sha256: str, device_id: str) -> bool:
        wanted = and_(parcel.c.sha256 == sha256, parcel.c.device_id == device_id)
        with self.reads.connect() as db:
            return db.execute(select(parcel.c.sha256).where(wanted)).first() is not None

    def parcel(self, sha256: str) -> tuple[str, int] | None:
        """(school's code, the device's number for it)."""
        query = select(device.c.school_code, parcel.c.counter)
        query = query.join(parcel, parcel.c.device_id == device.c.device_id)
        with self.reads.connect() as db:
            row = db.execute(query.where(parcel.c.sha256 == sha256)).first()
        return None if row is None else (row.school_code, row.counter)

    def unsettled(self, parcels: Collection[str]) -> int:
        """Records of these parcels that wait for their full check."""
        query = select(func.count()).select_from(record).join(parcel_item, _is_item())
        waits = record.c.stage == ReceiptStage.RECEIVED.value
        query = query.where(parcel_item.c.parcel_sha256.in_(parcels), waits)
        with self.reads.connect() as db:
            return db.scalar(query) or 0

    def taken_items(self, parcel_sha256: str) -> int:
        """Records that came in this parcel."""
        mine = parcel_item.c.parcel_sha256 == parcel_sha256
        with self.reads.connect() as db:
            return db.scalar(select(func.count()).select_from(parcel_item).where(mine)) or 0

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
        with self.reads.connect() as db:
            return list(db.scalars(query))

    def counter_taken(self, device_id: str, counter: int) -> bool:
        """Whether another parcel of this device had this number: a copied or restored school."""
        wanted = and_(parcel.c.device_id == device_id, parcel.c.counter == counter)
        with self.reads.connect() as db:
            return db.execute(select(parcel.c.sha256).where(wanted)).first() is not None

    def news(self, school_code: str, after: str) -> list[str]:
        """Receipts of one school issued since `after` (ISO 8601), oldest first.

        A full answer has `limits.NEWS` of them and what else was issued in its last second, so
        whoever goes on from there misses none.
        """
        own = receipt.c.school_code == school_code
        query = select(receipt.c.issued_at).where(own, receipt.c.issued_at > after)
        query = query.order_by(receipt.c.issued_at)
        found = select(receipt.c.token).where(own, receipt.c.issued_at > after)
        with self.reads.connect() as db:
            last = db.scalar(query.offset(limits.NEWS - 1).limit(1))
            if last is not None:
                found = found.where(receipt.c.issued_at <= last)
            return list(db.scalars(found.order_by(receipt.c.issued_at)))

    def held(self, record_ids: Iterable[str]) -> dict[str, HeldRecord]:
        """The standing version of each record that has one."""
        with self.reads.connect() as db:
            return _held(db, list(record_ids))

    def refused(self, sender: str, keys: Iterable[RecordKey]) -> set[RecordKey]:
        """Those of `keys` that failed their check as this sender's: the answer stays the same."""
        asked = set(keys)
        ids = [key.record_id for key in asked]
        with self.reads.connect() as db:
            return asked & {key for key, whose in _failed(db, ids) if whose == sender}

    def take(
        self,
        taken: TakenParcel,
        items: Sequence[ParcelItem],
        answers: Sequence[Receipt],
        pupils: Mapping[RecordKey, str],
    ) -> bool:
        """Keep parcel, records and receipts in one durable step.

        `answers` has one receipt per item. False when another parcel changed what the answers
        rest on; ask again. Raises StationBusy when there is no room: nothing is kept then.
        """
        accepted = {a.key for a in answers if a.stage is not ReceiptStage.RETURNED}
        places = self.bytes.keep([item for item in items if item.key in accepted])
        now = clock.now().isoformat()
        try:
            with self.engine.begin() as db:
                if db.execute(
                    select(parcel.c.sha256).where(parcel.c.sha256 == taken.sha256)
                ).first():
                    return True
                ids = [item.key.record_id for item in items]
                held, failed = _held(db, ids), dict(_failed(db, ids))
                if any(_in_the_way(held.get(k.record_id), k) for k in accepted):
                    return False
                mine = taken.sender.school_code
                fresh = [
                    k
                    for k in places
                    if not _same(held.get(k.record_id), k) and failed.get(k) != mine
                ]
                give_way(db, fresh, failed, mine)
                rows = [
                    {**_row(i, places[i.key], pupils, now), "sender": taken.sender.school_code}
                    for i in sorted(items, key=order)
                    if i.key in fresh
                ]
                if rows:
                    db.execute(insert(record), rows)
                keep_receipts(db, taken.sender.school_code, answers)
                _keep_parcel(db, taken, items, now)
        except IntegrityError:  # another worker took the same at the same moment
            return False
        return True

    def record(self, record_id: str, version: int = 0) -> Kept | None:
        """One record version (0: the newest). Raises RecordDamaged, StationBusy."""
        query = select(record).where(record.c.record_id == record_id)
        if version:
            query = query.where(record.c.version == version)
        with self.reads.connect() as db:
            row = db.execute(query.order_by(record.c.version.desc()).limit(1)).first()
        if row is None:
            return None
        item = self.bytes.item(row)
        return Kept(item, row.sender, row.stage, row.reason, row.received_at, row.forwarded)

    def versions(self, record_id: str) -> list[tuple[int, str, str]]:
        """(version, stage, received at), newest first."""
        query = select(record.c.version, record.c.stage, record.c.received_at)
        query = query.where(record.c.record_id == record_id).order_by(record.c.version.desc())
        with self.reads.connect() as db:
            return [(row.version, row.stage, row.received_at) for row in db.execute(query)]

    def counts(self) -> dict[str, int]:
        """Records by stage."""
        query = select(record.c.stage, func.count()).group_by(record.c.stage)
        with self.reads.connect() as db:
            return {stage: count for stage, count in db.execute(query)}

    def settle(self, sender: str, answers: Sequence[Receipt]) -> None:
        """Keep what became of one sender's records, with its receipts."""
        with self.engine.begin() as db:
            settle(db, sender, answers)


def _held(db: Connection, record_ids: Sequence[str]) -> dict[str, HeldRecord]:
    # Few records have a second version: a join for the newest would only tempt the planner.
    query = select(*record.c["record_id", "version", "sha256", "sender", "stage"])
    stands = or_(record.c.stage != ReceiptStage.RETURNED.value, _was_verified())
    query = query.where(record.c.record_id.in_(record_ids), stands).order_by(record.c.version)
    waits = ReceiptStage.RECEIVED.value
    return {
        row.record_id: HeldRecord(row.version, row.sha256, row.sender, row.stage == waits)
        for row in db.execute(query)
    }


def _failed(db: Connection, record_ids: Sequence[str]) -> list[tuple[RecordKey, str]]:
    """Versions that were returned and never verified, with their senders."""
    query = select(*record.c["record_id", "version", "sha256", "sender"])
    never = and_(record.c.stage == ReceiptStage.RETURNED.value, not_(_was_verified()))
    rows = db.execute(query.where(record.c.record_id.in_(record_ids), never))
    return [(RecordKey(*row[:3]), row.sender) for row in rows]


def _was_verified() -> ColumnElement[bool]:
    return (
        select(receipt.c.record_id)
        .where(
            receipt.c.record_id == record.c.record_id,
            receipt.c.version == record.c.version,
            receipt.c.sha256 == record.c.sha256,
            receipt.c.stage == ReceiptStage.VERIFIED.value,
        )
        .exists()
    )


def _keep_parcel(db: Connection, taken: TakenParcel, items: Sequence[ParcelItem], now: str) -> None:
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


def _row(
    item: ParcelItem, place: ObjectSpan, pupils: Mapping[RecordKey, str], now: str
) -> dict[str, object]:
    return {
        "record_id": item.key.record_id,
        "version": item.key.version,
        "sha256": item.key.sha256,
        "event": item.event.value,
        "school_code": item.school_code,
        "school_year": item.school_year,
        "section": item.section,
        "pupil": pupils.get(item.key, "")[:32],
        "stage": ReceiptStage.RECEIVED.value,
        "received_at": now,
        "object": place.name,
        "object_at": place.at,
        "object_size": place.size,
    }


def _is_item() -> ColumnElement[bool]:
    return and_(
        parcel_item.c.record_id == record.c.record_id,
        parcel_item.c.version == record.c.version,
        parcel_item.c.sha256 == record.c.sha256,
    )


def is_record(key: RecordKey) -> ColumnElement[bool]:
    return and_(
        record.c.record_id == key.record_id,
        record.c.version == key.version,
        record.c.sha256 == key.sha256,
    )


def _in_the_way(newest: HeldRecord | None, key: RecordKey) -> bool:
    return newest is not None and newest.version >= key.version and not _same(newest, key)


def _same(newest: HeldRecord | None, key: RecordKey) -> bool:
    return newest is not None and (newest.version, newest.sha256) == (key.version, key.sha256)
