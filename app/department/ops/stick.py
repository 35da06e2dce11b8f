"""Parcels that come on a stick: the way of the network without its wire.

The same check of the device, the same receiving, the same stored receipts. What is new is only
that a torn parcel cannot be fetched anew, so its whole blocks are taken.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from app.department.checks.verifying import Verifying
from app.department.http.receiving import Receiving
from app.department.store.archive import Archive, usable
from app.errors import (
    DeviceRefused,
    ForwardReportInvalid,
    ItemRefused,
    ParcelError,
    ParcelTampered,
    ParcelTooLarge,
    ParcelTorn,
    StickError,
)
from app.parcel import jws, limits, read_header, stick
from app.parcel.format import ParcelHeader
from app.parcel.receipts import to_file

log = logging.getLogger("hocba.station")

_PAUSE = 0.2
_DAMAGED = (ParcelTorn.code, ParcelTampered.code)
REFUSALS = {
    "stick.trouble": "không đọc được tệp",
    "parcel.too_large": "lớn hơn mức trạm nhận",
    "parcel.torn": "gói bị thiếu hay hỏng ngay từ khối đầu: hãy chép lại từ máy của trường",
    "parcel.tampered": "không phải gói học bạ, hoặc đã bị hỏng hay bị sửa",
    "parcel.not_for_us": "niêm phong cho nơi khác",
    "unknown": "thiết bị gửi chưa ghi danh",
    "revoked": "thiết bị gửi đã bị thu hồi",
    "expired": "ghi danh của thiết bị gửi đã hết hạn",
    "delivery.report_invalid": "chưa có báo cáo có chữ ký của Sở về gói này",
}


@dataclass(frozen=True, slots=True)
class TakenFile:
    """What became of one parcel file. `sha256` is of its bytes, as the archive knows it."""

    name: str
    sha256: str = ""
    school_code: str = ""
    counter: int = 0
    records: int = 0
    """Whatever it says it holds."""
    missing: int = 0
    """Of `records`: torn or damaged, not taken."""
    refused: str = ""
    """A key of REFUSALS, where nothing was taken."""

    @property
    def receipts_name(self) -> str:
        name = stick.parcel_name(self.school_code, self.counter, self.sha256)
        return stick.receipts_name(name)

    @property
    def words(self) -> str:
        """What is wrong, in Vietnamese; '' when nothing is."""
        if self.refused:
            return REFUSALS.get(self.refused, f"trạm không nhận ({self.refused})")
        if self.missing:
            return f"gói bị thiếu: còn {self.missing} học bạ chưa đến, hãy chép lại gói"
        return ""


class StickIntake:
    """Use it from any thread."""

    def __init__(self, archive: Archive, receiving: Receiving, verifying: Verifying) -> None:
        self._archive = archive
        self._receiving = receiving
        self._verifying = verifying

    def take_file(self, file: Path) -> TakenFile:
        """As `take`; a file that cannot be read is refused too. Raises StationBusy."""
        try:
            data = stick.read_bounded(file, limits.PARCEL)
        except StickError as error:
            return TakenFile(file.name, refused=error.code)
        if data is None:
            return TakenFile(file.name, refused=ParcelTooLarge.code)
        return self.take(file.name, data)

    def take(self, name: str, data: bytes) -> TakenFile:
        """Keep what a parcel holds; what is wrong with it is in the answer. Raises StationBusy."""
        try:
            header = read_header(data)
        except ParcelError as error:
            return TakenFile(name, refused=error.code)
        sha256 = hashlib.sha256(data).hexdigest()
        taken = TakenFile(name, sha256, header.school_code, header.counter, header.items)
        try:
            self._keep(data, sha256, header)
        except (ItemRefused, ForwardReportInvalid) as error:
            reason = error.code if isinstance(error, ForwardReportInvalid) else ""
            return _refused(taken, reason or str(error.params.get("reason", error.code)))
        except DeviceRefused as error:
            return _refused(taken, error.detail)
        self._verifying.wake()
        return replace(taken, missing=header.items - self._archive.taken_items(sha256))

    def check(self, parcels: Collection[str], seconds: float) -> bool:
        """Help with the full check until these parcels have it; whether they do by then.

        A station that is serving meanwhile works on the same queue.
        """
        deadline = time.monotonic() + seconds
        while self._archive.unsettled(parcels):
            if time.monotonic() > deadline:
                return False
            if not self._verifying.check_some():  # others have claimed what is left
                time.sleep(_PAUSE)
        return True

    def receipts(self, taken: TakenFile) -> bytes:
        """The receipts file for what was taken: all that the station has said by now."""
        return to_file(self._archive.receipts(taken.sha256))

    def receipts_of(self, sha256: str) -> tuple[str, bytes] | None:
        """(file name, receipts file) of a parcel that was taken, by whatever way."""
        found = self._archive.parcel(sha256)
        if found is None:
            return None
        school_code, counter = found
        taken = TakenFile("", sha256, school_code, counter)
        return taken.receipts_name, self.receipts(taken)

    def receipts_of_school(self, school_code: str) -> tuple[str, bytes]:
        """(file name, receipts file) of all the newest words to a school, whatever parcel it was.

        For a school without a network whose record was returned long after its parcel came.
        """
        tokens: dict[str, None] = {}
        after = ""
        while found := self._archive.news(school_code, after):
            tokens |= dict.fromkeys(found)
            after = str(jws.unverified_claims(found[-1])["issued_at"])
        newest = list(tokens)[-limits.RECEIPTS_IN_FILE :]
        return stick.receipts_name(f"{stick.plain(school_code)}{stick.PARCEL}"), to_file(newest)

    def _keep(self, data: bytes, sha256: str, header: ParcelHeader) -> None:
        sender = usable(self._archive.device(header.device_id))
        if self._archive.has_parcel(sha256, sender.device_id):
            return
        try:
            self._receiving.take(data, sender)
        except ItemRefused as error:
            if error.params.get("reason") not in _DAMAGED:
                raise
            self._receiving.salvage(data, sender)


def _refused(taken: TakenFile, why: str) -> TakenFile:
    log.info("refused", extra={"parcel": taken.sha256, "code": why})
    return replace(taken, refused=why)
