"""Words about a school's people, its machines and hand-over between them."""

from __future__ import annotations

from app.ui.text.words import MessageTemplate

_NOTHING = "Chưa có gì trong kho dữ liệu bị thay đổi."

TEXTS: dict[str, MessageTemplate] = {
    "membership.error": MessageTemplate(
        "Không làm được: {reason}.",
        _NOTHING,
        "Hãy xem lại máy và tệp đang dùng, rồi thử lại.",
    ),
    "handover.another_school": MessageTemplate(
        "Gói bàn giao này của trường khác.",
        _NOTHING,
        "Hãy nhận gói của trường mình; gói này cứ để lại trên USB.",
        "Đóng",
    ),
    "handover.sender_unknown": MessageTemplate(
        "Máy gửi gói này chưa có trong danh sách mà máy này biết.",
        _NOTHING,
        "Hãy nhận gói từ máy văn phòng trước, rồi nhận lại gói này.",
        "Đóng",
    ),
    "handover.list_missing": MessageTemplate(
        "Gói này dựa vào danh sách người và máy mới hơn danh sách ở đây.",
        _NOTHING,
        "Hãy nhận gói từ máy văn phòng trước, rồi nhận lại gói này.",
        "Đóng",
    ),
    "handover.unreadable": MessageTemplate(
        "Không đọc được tệp bàn giao.",
        _NOTHING,
        "Hãy cắm lại USB, hoặc xin chép lại gói rồi nhận lại.",
    ),
    "membership.not_entitled": MessageTemplate(
        "{person} không có quyền làm việc này.",
        _NOTHING,
        "Việc này thuộc về: {owners}. Nếu phân công đã đổi, hãy nhờ văn phòng cập nhật vai trò.",
        "Đóng",
    ),
    "membership.not_a_member": MessageTemplate(
        "Máy này chưa thuộc trường nào.",
        _NOTHING,
        "Hãy tạo trường trên máy văn phòng (hocba school create), hoặc làm thẻ của máy này và nhờ "
        "văn phòng kết nạp (hocba school card, admit, join).",
    ),
    "membership.machine_removed": MessageTemplate(
        "Máy này không còn trong danh sách của trường.",
        "Dữ liệu trên máy vẫn còn nguyên.",
        "Hãy liên hệ văn phòng trường; máy cần thẻ mới để được kết nạp lại.",
        "Đóng",
    ),
    "membership.person_unknown": MessageTemplate(
        "Không có máy nào của “{person}” để bàn giao.",
        _NOTHING,
        "Những người có máy: {known}. Hãy viết đúng họ và tên như trong danh sách.",
    ),
    "membership.card_invalid": MessageTemplate(
        "Thẻ máy này không dùng được: bị hỏng, bị sửa, của người khác hoặc đã bị bỏ.",
        _NOTHING,
        "Hãy làm lại thẻ trên máy mới (hocba school card) rồi đưa lại.",
        "Chọn thẻ khác",
    ),
    "membership.admission_invalid": MessageTemplate(
        "Không vào trường được: {reason}.",
        _NOTHING,
        "Hãy xin văn phòng tệp kết nạp làm từ đúng thẻ của máy này.",
        "Chọn tệp khác",
    ),
    "roster.class_unknown": MessageTemplate(
        "Không rõ lớp: “{name}”.",
        _NOTHING,
        "Các lớp máy này có: {known}. Hãy ghi rõ lớp.",
    ),
    "roster.subject_unknown": MessageTemplate(
        "Lớp này không có môn mã “{name}”.",
        _NOTHING,
        "Các mã môn: {known}.",
    ),
}
