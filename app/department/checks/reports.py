"""At the ministry: what departments sign about the parcels that they hand on."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, delete, insert, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.department.checks.checks import Checks
from app.department.store.archive import Archive, Device
from app.department.store.tables import device, forward_report
from app.errors import ForwardReportInvalid, ItemRefused
from app.model.delivery import RecordKey
from app.signing.record.forward_report import OpenForwardReport, open_report

log = logging.getLogger("hocba.station")

REASONS = {
    "issuer_unknown": "chứng thư số của Sở không do nơi được tin cậy cấp",
    "signer_not_expected": "chứng thư số không phải của Sở đã ghi danh",
}
_RACES = 5
_OTHER = "chữ ký hoặc nội dung báo cáo không đúng"


class Reports:
    def __init__(self, archive: Archive, checks: Checks) -> None:
        self._archive = archive
        self._checks = checks

    def keep(self, data: bytes, parcel_sha256: str, sender: Device) -> None:
        """Check and keep one, before its parcel comes. Raises ForwardReportInvalid(reason)."""
        try:
            found = open_report(data)
        except ForwardReportInvalid as error:
            raise ForwardReportInvalid(error.detail, reason=_OTHER) from error
        if (found.report.parcel_sha256, found.report.code) != (parcel_sha256, sender.school_code):
            raise ForwardReportInvalid("another parcel or department", reason=_OTHER)
        problems = self._checks.report(found, self._name_of(sender))
        if problems:
            reason = next((REASONS[p] for p in problems if p in REASONS), _OTHER)
            raise ForwardReportInvalid(", ".join(problems), reason=reason)
        for _ in range(_RACES):
            try:
                self._write(found, data, sender)
                break
            except IntegrityError:  # the same report came at the same moment, or it is another's
                continue
        else:
            raise ForwardReportInvalid("another department's parcel", reason=_OTHER)
        log.info("report kept", extra={"parcel": parcel_sha256})

    def _write(self, found: OpenForwardReport, data: bytes, sender: Device) -> None:
        sha256 = found.report.parcel_sha256
        with self._archive.engine.begin() as db:
            db.execute(delete(forward_report).where(_of(sha256, sender)))
            db.execute(
                insert(forward_report).values(
                    parcel_sha256=sha256,
                    school_code=sender.school_code,
                    signer=found.signer,
                    signed_at=found.signed_at.isoformat(),
                    received_at=clock.now().isoformat(),
                    content=data,
                )
            )

    def require(self, parcel_sha256: str, sender: Device, records: Iterable[RecordKey]) -> None:
        """The parcel holds exactly what its report says. Raises ItemRefused."""
        query = select(forward_report.c.content).where(_of(parcel_sha256, sender))
        with self._archive.reads.connect() as db:
            content = db.scalar(query)
        if content is None:
            raise ItemRefused("no report", reason="report.missing")
        if set(open_report(content).report.records) != set(records):
            raise ItemRefused("not what the report says", reason="report.differs")

    def _name_of(self, sender: Device) -> str:
        query = select(device.c.school_name).where(device.c.device_id == sender.device_id)
        with self._archive.reads.connect() as db:
            return db.scalar(query) or ""


def _of(parcel_sha256: str, sender: Device) -> ColumnElement[bool]:
    same = forward_report.c.parcel_sha256 == parcel_sha256
    return and_(same, forward_report.c.school_code == sender.school_code)
