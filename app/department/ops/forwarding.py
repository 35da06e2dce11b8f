"""Verified records go on to the next station (the ministry's store) by the same protocol.

The next station's word comes back to the school inside a receipt of our own, so that a school
needs to know one key only; the next station's own token is in it as evidence.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import and_, insert, select, update

from app import clock
from app.department.store.archive import Archive, is_record
from app.department.store.folder import StationFolder
from app.department.store.receipt_log import keep_receipts, settle
from app.department.store.tables import record, setting
from app.errors import AppError
from app.model.delivery import ParcelItem, Receipt, ReceiptStage, RecordKey
from app.parcel import DeviceIdentity, limits, seal
from app.parcel.enrolment import Enrolment
from app.parcel.receipts import issue, read
from app.signing.record.forward_report import ForwardReport

log = logging.getLogger("hocba.station")

BATCH = 400
_IDLE_SECONDS = 5.0
_AFTER_FAILURE_SECONDS = 60.0
_ENDING_SECONDS = 3.0
_OVERLAP = timedelta(minutes=2)
_WEIGHT = {"": 0, "received": 1, "verified": 2, "forwarded": 2, "returned": 3}
_CURSOR, _COUNTER = "forward.news", "forward.counter"


class NextStation(Protocol):
    """Brings parcels to the next station; every failure is an AppError."""

    def report(self, sha256: str, data: bytes) -> None: ...

    def submit(self, sha256: str, payload: bytes) -> list[str]: ...

    def news(self, after: str) -> list[str]: ...


Carry = Callable[[Enrolment, DeviceIdentity], NextStation]


class Forwarding:
    """A thread of the first worker. What has gone is in the archive: a crash costs a repeat."""

    def __init__(self, folder: StationFolder, archive: Archive, carry: Carry) -> None:
        """Raises StationFolderInvalid, EnrolmentInvalid, StationKeyInvalid, TokenError."""
        self._folder = folder
        self._archive = archive
        self._device, self._next = folder.next_station()
        self._carrier = carry(self._next, self._device)
        self._seal = folder.sealing()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forwarding", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """A send over a dead line may take minutes; it is left where it is."""
        self._stop.set()
        self._thread.join(_ENDING_SECONDS)
        self._seal.close()

    def _run(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            try:
                pause = 0.0 if self.send() + self.take_word() else _IDLE_SECONDS
            except AppError as error:
                log.warning("not forwarded", extra={"code": error.code, "detail": error.detail})
                pause = _AFTER_FAILURE_SECONDS
            except Exception:
                log.exception("forwarding broke off")
                pause = _AFTER_FAILURE_SECONDS

    def send(self) -> int:
        """One parcel of what waits; how many records it had."""
        waits = and_(record.c.stage == ReceiptStage.VERIFIED.value, record.c.forwarded == "")
        query = select(record).where(waits).order_by(record.c.received_at).limit(BATCH)
        with self._archive.reads.connect() as db:
            rows = db.execute(query).all()
        if not rows:
            return 0
        whole = [(row.sender, item) for row, item in self._archive.bytes.items(rows) if item]
        items = [item for _, item in whole]
        if not items:  # what is damaged waits for a person
            return 0
        counter = int(self._setting(_COUNTER, "0")) + 1
        self._set(_COUNTER, str(counter))
        parcel = seal(items, to=self._next.certificate, device=self._device, counter=counter)
        self._carrier.report(parcel.sha256, self._report(parcel.sha256, items))
        tokens = self._carrier.submit(parcel.sha256, parcel.bytes)
        known = {item.key: (sender, "") for sender, item in whole}
        said = self._follow([read(token, self._next.receipt_key) for token in tokens], known)
        log.info("forwarded", extra={"parcel": parcel.sha256, "items": said})
        return said

    def _report(self, parcel_sha256: str, items: Sequence[ParcelItem]) -> bytes:
        """What goes is said with the department's certificate, not with a machine's key."""
        keys = tuple(item.key for item in items)
        code, name = self._device.school_code, self._folder.name
        return self._seal.sign(ForwardReport(code, name, parcel_sha256, clock.now(), keys))

    def take_word(self) -> int:
        """What the next station has said since the last time; how much of it was news."""
        after = self._setting(_CURSOR, "")
        tokens = self._carrier.news(after)
        if not tokens:
            return 0
        found = [read(token, self._next.receipt_key) for token in tokens]
        columns = (record.c.record_id, record.c.version, record.c.sha256)
        known: dict[RecordKey, tuple[str, str]] = {}
        with self._archive.reads.connect() as db:
            for at in range(0, len(found), BATCH):
                ids = [one.key.record_id for one in found[at : at + BATCH]]
                query = select(*columns, record.c.sender, record.c.forwarded)
                query = query.where(record.c.record_id.in_(ids))
                known |= {RecordKey(*row[:3]): (row[3], row[4]) for row in db.execute(query)}
        news = self._follow(found, known)
        newest = max(one.issued_at for one in found)
        if len(tokens) < limits.NEWS:
            # Two workers there may commit out of order: look back a little each time.
            newest = (datetime.fromisoformat(newest) - _OVERLAP).isoformat()
        self._set(_CURSOR, max(after, newest))
        return news

    def _follow(self, words: Sequence[Receipt], known: dict[RecordKey, tuple[str, str]]) -> int:
        """How many of the words said more than we knew."""
        count = 0
        for word in words:
            sender, before = known.get(word.key, ("", ""))
            if sender and _WEIGHT[word.stage.value] > _WEIGHT[before]:
                self._keep(word, sender)
                known[word.key] = (sender, word.stage.value)
                count += 1
        return count

    def _keep(self, word: Receipt, sender: str) -> None:
        """Their word about one record, and ours to its sender."""
        said = word.stage
        with self._archive.engine.begin() as db:
            if said is ReceiptStage.RETURNED:
                settle(db, sender, [self._answer(word, said)])
            elif said is not ReceiptStage.RECEIVED:
                keep_receipts(db, sender, [self._answer(word, ReceiptStage.FORWARDED)])
                said = ReceiptStage.VERIFIED
            db.execute(update(record).where(is_record(word.key)).values(forwarded=said.value))

    def _answer(self, word: Receipt, stage: ReceiptStage) -> Receipt:
        return issue(
            word.key,
            stage,
            station=self._folder.name,
            issued_at=clock.now().isoformat(),
            signing_key=self._folder.receipt_key,
            reason=word.reason,
            evidence=word.token,
        )

    def _setting(self, key: str, default: str) -> str:
        with self._archive.reads.connect() as db:
            query = select(setting.c.value).where(setting.c.key == key)
            return db.scalar(query) or default

    def _set(self, key: str, value: str) -> None:
        with self._archive.engine.begin() as db:
            mine = update(setting).where(setting.c.key == key)
            if not db.execute(mine.values(value=value)).rowcount:
                db.execute(insert(setting).values(key=key, value=value))
