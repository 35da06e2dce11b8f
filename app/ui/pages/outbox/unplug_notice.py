"""What happens if somebody unplugs now, in words. No widgets."""

from __future__ import annotations

from dataclasses import dataclass

from app.ui.pages.outbox.data import OutboxReader
from app.ui.theme.theme import Tone


@dataclass(frozen=True, slots=True)
class UnplugNotice:
    title: str
    detail: str
    tone: Tone
    icon: str = ""


NOT_ENROLLED = UnplugNotice(
    "Máy này chưa đăng ký với trạm nhận của Sở.",
    "Học bạ đã ký vẫn an toàn trong máy. Đăng ký một lần trong Cài đặt, rồi gửi.",
    Tone.WAITS,
)
_KEPT = "Ngắt mạng lúc nào cũng được: phần đã gửi được giữ lại, lần sau gửi tiếp."


def while_sending(speed: str) -> UnplugNotice:
    words = f"Đang gửi. {speed}" if speed else "Đang nối với trạm nhận của Sở."
    return UnplugNotice(words, _KEPT, Tone.MOVING, "signal")


def at_rest(look: OutboxReader) -> UnplugNotice:
    if not look.enrolled:
        return NOT_ENROLLED
    if look.waiting:
        return UnplugNotice(
            f"Rút mạng hay tắt máy đều được: {look.waiting} học bạ còn ở trong máy.",
            _of_waiting(look),
            Tone.NEUTRAL,
            "offline",
        )
    if look.unanswered:
        return UnplugNotice(
            "Có thể rút mạng ngay.",
            f"Sở đã nhận {look.unanswered} học bạ và đang kiểm tra. Khi có mạng, bấm Hỏi kết quả.",
            Tone.MOVING,
        )
    if look.returned:
        return UnplugNotice(
            f"Có thể rút mạng ngay. {look.returned} học bạ cần xem lại.",
            _of_undecided(look),
            Tone.WAITS,
        )
    return UnplugNotice(
        "Có thể rút mạng ngay.",
        "Mọi học bạ đã gửi đều có biên nhận có chữ ký của Sở.",
        Tone.DONE,
        "checked",
    )


def _of_undecided(look: OutboxReader) -> str:
    if not look.set_aside:
        return "Học bạ khác đã có biên nhận. Đính chính, ký lại rồi gửi những học bạ này."
    returned = "Học bạ bị trả lại: đính chính, ký lại. " if look.returned > look.set_aside else ""
    return (
        f"{returned}Học bạ để riêng vẫn ở trong máy: bấm Gửi lại. Nếu vẫn bị để riêng, hãy gọi "
        "cho Sở và đọc lý do."
    )


def _of_waiting(look: OutboxReader) -> str:
    if look.copied:
        return (
            f"{look.copied} học bạ đã chép ra USB. Có mạng thì vẫn gửi được; Sở chỉ tính một lần. "
            "Học bạ rời hàng chờ khi có biên nhận của Sở."
        )
    return "Chưa có gì đang gửi. Học bạ chỉ rời hàng chờ khi có biên nhận của Sở."
