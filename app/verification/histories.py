"""What can be said of a transfer history (`app/handover/FORMAT.md`) and the records in it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from app.errors import HistoryError, HistoryLocked
from app.handover.history import RECORD, History, open_history
from app.model.signing import FileReport
from app.parcel.envelope import DecryptionKey
from app.signing.record.verification import verify_record
from app.signing.trust.trust_store import TrustStore
from app.verification.context import VerificationContext

_FROM = "Hồ sơ chuyển trường, do {school} lập (theo lời trong hồ sơ)."
_COUNT = "Đã mở bằng khóa của máy này: {records} học bạ và {others} tệp khác."
_SHEETS = "Bảng kết quả giữa năm không có chữ ký số nên không kiểm được ở đây."
_LOCKED = "Hồ sơ có mật khẩu hoặc niêm phong cho trường khác."


def verify_history(
    data: bytes, means: VerificationContext, trust: TrustStore, now: datetime, file: str = ""
) -> list[FileReport]:
    """The history's report, then one for each record in it. Never raises."""
    digest = hashlib.sha256(data).hexdigest()
    report = FileReport(file, "history", False, False, (), sha256=digest)
    try:
        history = _opened(data, means.keys)
    except HistoryLocked:
        return [
            replace(report, content_intact=True, not_checked=("history.inside",), notes=(_LOCKED,))
        ]
    except HistoryError:
        return [replace(report, problems=("history.invalid",))]
    records = history.of(RECORD)
    others = len(history.files) - len(records)
    notes = (
        _FROM.format(school=history.paper.school_name or history.paper.school_code),
        _COUNT.format(records=len(records), others=others),
        *((_SHEETS,) if others else ()),
    )
    whole = replace(report, ok=True, content_intact=True, notes=notes)
    inner = [
        verify_record(each.content, trust, now, file=f"{file} › {each.name}") for each in records
    ]
    return [whole, *inner]


def _opened(data: bytes, keys: tuple[DecryptionKey, ...]) -> History:
    """Raises HistoryLocked, HistoryError."""
    for key in keys:
        try:
            return open_history(data, key=key)
        except HistoryLocked:
            continue
    return open_history(data)
