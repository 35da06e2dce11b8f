"""Words about updates."""

from __future__ import annotations

from app.ui.text.words import MessageTemplate

_AS_BEFORE = "Chưa có gì thay đổi: Hocba và dữ liệu của trường vẫn như trước."

TEXTS: dict[str, MessageTemplate] = {
    "update.error": MessageTemplate(
        "Không cập nhật được Hocba.",
        _AS_BEFORE,
        "Hãy thử lại; nếu vẫn lỗi, gửi mã này cho người hỗ trợ.",
        "Thử lại",
    ),
    "update.missing": MessageTemplate(
        "Trong thư mục {folder} không có bản cập nhật Hocba.",
        _AS_BEFORE,
        "Hãy chọn thư mục có hai thư mục con metadata và targets, thường nằm ngay trên USB của Sở.",
        "Chọn thư mục khác",
    ),
    "update.forged": MessageTemplate(
        "Bản cập nhật này không do người có quyền phát hành ký, hoặc đã bị sửa sau khi ký.",
        _AS_BEFORE,
        "Đừng dùng USB này để cập nhật. Hãy xin bản khác từ Sở và báo cho người quản trị.",
        "Đóng",
    ),
    "update.older": MessageTemplate(
        "USB này chứa danh sách cập nhật cũ hơn danh sách mà máy đã thấy.",
        _AS_BEFORE,
        "Hãy dùng USB mới hơn. Nếu USB vừa nhận từ Sở, hãy báo cho Sở.",
        "Chọn thư mục khác",
    ),
    "update.expired": MessageTemplate(
        "Danh sách cập nhật này đã hết hạn, hoặc đồng hồ của máy sai.",
        _AS_BEFORE,
        "Hãy xem lại ngày giờ của máy. Nếu ngày giờ đúng, hãy xin Sở bản cập nhật mới.",
        "Thử lại",
    ),
    "update.unreadable": MessageTemplate(
        "Không đọc hết được bản cập nhật: USB bị rút ra hoặc bị hỏng.",
        _AS_BEFORE,
        "Hãy cắm lại USB rồi thử lại; nếu vẫn lỗi, hãy dùng USB khác.",
        "Thử lại",
    ),
    "update.damaged": MessageTemplate(
        "Bản cập nhật được ký đúng nhưng không chứa một chương trình trọn vẹn.",
        _AS_BEFORE,
        "Hãy báo cho nơi phát hành và chờ bản sửa.",
        "Đóng",
    ),
    "update.root_unknown": MessageTemplate(
        "Bản Hocba này chưa biết ai được phép phát hành cập nhật.",
        _AS_BEFORE,
        "Hãy cài tệp khóa gốc (root.json) nhận từ Sở bằng lệnh: hocba update --root TỆP.",
        "Đóng",
    ),
    "update.root_invalid": MessageTemplate(
        "Khóa gốc này không đủ chữ ký, hoặc không nối tiếp khóa gốc trước.",
        "Chưa có gì thay đổi.",
        "Hãy kiểm tra lại tệp root.json và số người giữ khóa đã ký.",
        "Đóng",
    ),
    "update.key_invalid": MessageTemplate(
        "Không dùng được tệp khóa phát hành {file}.",
        "Chưa có gì được phát hành.",
        "Hãy kiểm tra mật khẩu, và khóa này có trong khóa gốc đang dùng không.",
        "Thử lại",
    ),
}
