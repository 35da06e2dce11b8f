"""States of a record in the user's words, with what they mean to the one who looks."""

from __future__ import annotations

from datetime import datetime

from app.clock import VIETNAM
from app.model.transcript import TranscriptState
from app.ui.theme.theme import Tone

_S = TranscriptState

STATES: dict[TranscriptState, tuple[str, Tone]] = {
    _S.DRAFT: ("Bản nháp", Tone.NEUTRAL),
    _S.LOCKED: ("Đã khóa, chờ ký", Tone.WAITS),
    _S.SIGNED_SUBJECTS: ("Chờ GVCN ký", Tone.WAITS),
    _S.SIGNED_HOMEROOM: ("Chờ hiệu trưởng ký", Tone.WAITS),
    _S.SIGNED_PRINCIPAL: ("Chờ ký phát hành", Tone.WAITS),
    _S.ISSUED: ("Đã phát hành", Tone.DONE),
    _S.QUEUED: ("Chờ gửi", Tone.WAITS),
    _S.SENT: ("Đã gửi", Tone.MOVING),
    _S.RECEIVED: ("Đã có biên nhận", Tone.DONE),
    _S.RETURNED: ("Bị trả lại", Tone.DECIDE),
    _S.RECALL_REQUESTED: ("Đang xin thu hồi", Tone.MOVING),
    _S.RECALLED: ("Đã thu hồi", Tone.NEUTRAL),
    _S.SUPERSEDED: ("Đã được thay thế", Tone.NEUTRAL),
    _S.CANCELLED: ("Đã hủy", Tone.NEUTRAL),
}


def moment(iso: str) -> str:
    """'29/05/2027 09:41' of an ISO 8601 time, in Vietnam's time; '' of ''."""
    if not iso:
        return ""
    return f"{datetime.fromisoformat(iso).astimezone(VIETNAM):%d/%m/%Y %H:%M}"
