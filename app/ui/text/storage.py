"""Words about disks, the workspace's keys and its copies."""

from __future__ import annotations

from app.ui.text.words import MessageTemplate

_NO_FILE_CHANGED = "Không có tệp nào bị thay đổi."

TEXTS: dict[str, MessageTemplate] = {
    "workspace.keyring_damaged": MessageTemplate(
        "Tệp khóa “{file}” nằm cạnh kho dữ liệu bị hỏng.",
        "Dữ liệu trong kho không bị động đến. Mật khẩu vừa nhập có thể vẫn đúng.",
        "Hãy khôi phục từ bản sao lưu gần nhất, hoặc để người khác mở kho rồi đặt lại mật khẩu "
        "cho thầy cô ở Cài đặt, mục Người dùng.",
        "Khôi phục",
    ),
    "workspace.audit_broken": MessageTemplate(
        "Nhật ký của kho dữ liệu không còn liền mạch: mục số {entry} đã bị sửa, bị xóa hoặc bị "
        "chèn vào.",
        "Điểm, học bạ và chữ ký vẫn đọc được; phần mềm không gửi gì đi từ kho này.",
        "Hãy khôi phục bản sao lưu gần nhất còn liền mạch, và báo cho hiệu trưởng.",
        "Khôi phục",
    ),
    "workspace.key_changed": MessageTemplate(
        "Khóa dữ liệu của kho vừa được đổi ở một cửa sổ khác.",
        "Những gì đã báo “Đã lưu” vẫn còn nguyên; việc đang làm dở chưa được ghi.",
        "Hãy đóng cửa sổ này, mở lại kho rồi làm tiếp.",
        "Đóng",
    ),
    "backup.damaged": MessageTemplate(
        "Bản sao lưu “{file}” bị hỏng hoặc không đủ tệp.",
        "Kho dữ liệu chưa bị thay đổi; các bản sao lưu khác không bị ảnh hưởng.",
        "Hãy chọn bản sao lưu khác. Bản sao gồm tệp .hocba và tệp .hocba.keys cùng tên.",
        "Chọn bản khác",
    ),
    "backup.of_another": MessageTemplate(
        "Bản sao lưu “{file}” là của một kho dữ liệu khác.",
        "Kho dữ liệu chưa bị thay đổi.",
        "Hãy chọn bản sao của đúng kho này, hoặc khôi phục vào một thư mục khác.",
        "Chọn bản khác",
    ),
    "disk.read_only": MessageTemplate(
        "Ổ đĩa hoặc USB đang bị khóa ghi, chỉ đọc được.",
        _NO_FILE_CHANGED,
        "Hãy gạt nút khóa trên USB hoặc thẻ nhớ, hoặc chọn ổ khác rồi thử lại.",
    ),
    "disk.denied": MessageTemplate(
        "Tài khoản đang dùng trên máy này không được phép đọc hoặc ghi “{file}”.",
        _NO_FILE_CHANGED,
        "Hãy chọn thư mục khác, chẳng hạn Tài liệu (Documents), hoặc nhờ người quản lý máy cấp "
        "quyền.",
    ),
    "disk.in_use": MessageTemplate(
        "Tệp “{file}” đang được một chương trình khác giữ, thường là Excel hoặc phần mềm diệt "
        "virus.",
        "Tệp cũ còn nguyên; lần ghi này chưa được lưu.",
        "Hãy đóng tệp đó trong chương trình kia rồi thử lại.",
    ),
    "disk.gone": MessageTemplate(
        "Không tìm thấy “{file}”: tệp hoặc thư mục đã bị dời đi, hoặc ổ đĩa, USB đã bị rút ra.",
        "Phần mềm không xóa gì.",
        "Hãy cắm lại ổ đĩa hoặc USB, hoặc chọn nơi khác rồi thử lại.",
    ),
    "disk.name_unusable": MessageTemplate(
        "Ổ đĩa này không nhận tên “{file}”: tên quá dài hoặc có ký tự không dùng được.",
        _NO_FILE_CHANGED,
        "Hãy chọn thư mục có đường dẫn ngắn hơn, hoặc đặt tên tệp ngắn hơn.",
        "Chọn nơi khác",
    ),
}
