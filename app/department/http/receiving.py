"""First step: hash, sender, seal, light check, durable; then the receipt "received"."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from app import clock
from app.department.checks.checks import (
    LABEL,
    OTHER_SCHOOL,
    VERSION_OLD,
    VERSION_TAKEN,
    Checks,
    FirstLook,
)
from app.department.checks.reports import Reports
from app.department.ops.keys import OpeningKeys
from app.department.store.archive import Archive, Device, HeldRecord, TakenParcel
from app.department.store.folder import StationFolder
from app.errors import ItemRefused, ParcelError, ParcelTorn, StationBusy
from app.model.delivery import ParcelItem, Receipt, ReceiptStage
from app.parcel import inspect, open_parcel, salvage
from app.parcel.declaration import YEAR
from app.parcel.envelope import DecryptionKey
from app.parcel.receipts import issue
from app.parcel.sealing import key_id

log = logging.getLogger("hocba.station")

_RACES = 5
_LONGEST_CODE, _LONGEST_CLASS = 32, 150


class Receiving:
    def __init__(
        self, folder: StationFolder, archive: Archive, checks: Checks, keys: OpeningKeys
    ) -> None:
        self._folder = folder
        self._keys = keys.keys
        self._reports = Reports(archive, checks)
        self._archive = archive
        self._checks = checks

    def take(self, data: bytes, sender: Device) -> None:
        """Keep a whole parcel; its receipts are then in the archive.

        Raises ItemRefused: the parcel as such is unusable; StationBusy.
        """
        self._keep(data, sender, self._opened(data, sender))

    def salvage(self, data: bytes, sender: Device) -> None:
        """As `take`, of a torn or damaged parcel: its whole blocks.

        Raises ItemRefused, too when not one is whole; StationBusy.
        """
        try:
            found = salvage(data, self._key(data, sender), sender.public_key)
        except ParcelError as error:
            raise ItemRefused(error.detail, reason=error.code) from error
        if not found.items:
            raise ItemRefused("no whole block", reason=ParcelTorn.code)
        self._keep(data, sender, _each_once(list(found.items)))

    def _keep(self, data: bytes, sender: Device, items: Sequence[ParcelItem]) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        if self._folder.hands_on:
            self._reports.require(sha256, sender, [item.key for item in items])
        counter = inspect(data, sender.public_key).counter
        if self._archive.counter_taken(sender.device_id, counter):
            # Nothing is refused for it: the records' own versions decide. But somebody should ask.
            log.warning("parcel counter repeats", extra={"parcel": sha256, "items": counter})
        taken = TakenParcel(sha256, sender, counter, len(data))
        for _ in range(_RACES):
            looks = self._looks(items, sender)
            answers = [self._answer(i, look) for i, look in zip(items, looks, strict=True)]
            pupils = {i.key: look.pupil for i, look in zip(items, looks, strict=True)}
            if self._archive.take(taken, items, answers, pupils):
                break
        else:
            raise StationBusy("records change faster than they are taken")
        returned = sum(answer.stage is ReceiptStage.RETURNED for answer in answers)
        log.info(
            "parcel taken",
            extra={"parcel": sha256, "items": len(items), "returned": returned, "size": len(data)},
        )

    def _opened(self, data: bytes, sender: Device) -> list[ParcelItem]:
        try:
            items = open_parcel(data, self._key(data, sender), sender.public_key)
        except ParcelError as error:
            raise ItemRefused(error.detail, reason=error.code) from error
        return _each_once(items)

    def _key(self, data: bytes, sender: Device) -> DecryptionKey:
        receivers = inspect(data, sender.public_key).receivers
        key = next((k for k in self._keys if key_id(k.public_key()) in receivers), None)
        return key or self._keys[0]

    def _looks(self, items: Sequence[ParcelItem], sender: Device) -> list[FirstLook]:
        held = self._archive.held([item.key.record_id for item in items])
        known = self._archive.refused(sender.school_code, [item.key for item in items])
        return [
            self._look(item, sender, held.get(item.key.record_id), item.key in known)
            for item in items
        ]

    def _look(
        self, item: ParcelItem, sender: Device, held: HeldRecord | None, is_known: bool
    ) -> FirstLook:
        """`is_known`: it failed its check before; it gets the answer that it had."""
        may_send = self._folder.hands_on or item.school_code == sender.school_code
        if held is not None and held.waits and held.sender != sender.school_code:
            raise StationBusy("whose this record is will be known after a check")
        if not may_send or (held is not None and held.sender != sender.school_code):
            return FirstLook(OTHER_SCHOOL)
        if not _is_label(item):
            return FirstLook(LABEL)
        if held is not None and held.version > item.key.version:
            return FirstLook(VERSION_OLD)
        if held is not None and held.version == item.key.version:
            return FirstLook("" if held.sha256 == item.key.sha256 else VERSION_TAKEN)
        return FirstLook() if is_known else self._checks.light(item)

    def _answer(self, item: ParcelItem, look: FirstLook) -> Receipt:
        return issue(
            item.key,
            ReceiptStage.RETURNED if look.objection else ReceiptStage.RECEIVED,
            station=self._folder.name,
            issued_at=clock.now().isoformat(),
            signing_key=self._folder.receipt_key,
            reason=look.objection,
        )


def _is_label(item: ParcelItem) -> bool:
    """What a device may have written on a record: rows and pages have room for no more."""
    words = ((item.school_code, _LONGEST_CODE), (item.section, _LONGEST_CLASS))
    is_short = all(len(word) <= longest and word.isprintable() for word, longest in words)
    return is_short and YEAR.fullmatch(item.school_year) is not None


def _each_once(items: list[ParcelItem]) -> list[ParcelItem]:
    if len({(item.key.record_id, item.key.version) for item in items}) != len(items):
        raise ItemRefused("a record twice in one parcel", reason="parcel.tampered")
    return items
