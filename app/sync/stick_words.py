"""What a stick took and brought, in Vietnamese: the same words in the window and the commands."""

from __future__ import annotations

from app.sync.stick import CopiedParcels, FileAnswer, StickAnswers

PROBLEMS = {
    "torn": "tệp bị thiếu, có thể do rút USB quá sớm; những biên nhận còn nguyên đã được nhận",
    "too_large": "tệp lớn hơn mức phần mềm nhận",
    "unreadable": "không đọc được tệp",
    "not_receipts": "không phải tệp biên nhận",
    "not_published": "không phải của Sở đã đăng ký, hoặc không dùng được",
    "old": "không mới hơn bản đang có",
    "withdrawn": "Sở đã thu hồi",
}


def copied_line(copied: CopiedParcels) -> str:
    """What may be relied on."""
    if not copied.parcels and not copied.left:
        return "Không có gói nào chờ gửi để chép."
    if copied.left:
        return (
            f"Mới chép được {copied.parcels} gói, {copied.records} học bạ; còn {copied.left} gói."
        )
    return f"Có thể rút USB: {copied.parcels} gói, {copied.records} học bạ."


def taken_line(taken: StickAnswers) -> str:
    if not taken.files:
        return "Không có tệp biên nhận hay tệp nào của Sở ở đây."
    parts = [f"{taken.receipts} biên nhận mới"]
    if taken.verified:
        parts.append(f"{taken.verified} học bạ đã được Sở kiểm tra")
    if taken.returned:
        parts.append(f"{taken.returned} học bạ bị trả lại")
    if taken.published:
        parts.append(f"{taken.published} mục Sở gửi cho trường")
    return f"Đã đọc {len(taken.files)} tệp: {', '.join(parts)}."


def file_lines(taken: StickAnswers) -> list[str]:
    """One for each file of which there is more to say than that it was taken."""
    return [f"{file.name}: {words}." for file in taken.files if (words := _of(file))]


def _of(file: FileAnswer) -> str:
    parts = []
    if file.forged:
        parts.append(f"{file.forged} biên nhận không có chữ ký của Sở đã đăng ký, không nhận")
    if file.foreign:
        parts.append(f"{file.foreign} biên nhận của học bạ mà máy này không gửi, bỏ qua")
    if file.problem:
        parts.append(PROBLEMS[file.problem])
    elif file.known and not (file.taken or parts):
        parts.append("đã nhận từ trước")
    return "; ".join(parts)
