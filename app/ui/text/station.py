"""Words for the people who run a department's station."""

from __future__ import annotations

from app.ui.text.words import MessageTemplate

_NOTHING_LOST = "Học bạ đã nhận và biên nhận đã cấp vẫn còn nguyên."

TEXTS: dict[str, MessageTemplate] = {
    "station.folder_invalid": MessageTemplate(
        "Thư mục của trạm nhận không dùng được: không có, đã có trạm khác, hoặc bị hỏng.",
        "Không có gì trong thư mục bị xóa hay thay đổi.",
        "Hãy chọn thư mục khác, hoặc khôi phục thư mục từ bản sao lưu.",
        "Chọn thư mục khác",
    ),
    "station.too_old": MessageTemplate(
        "Cơ sở dữ liệu của trạm do bản Hocba mới hơn ghi.",
        "Phần mềm chưa đọc và chưa sửa gì trong đó.",
        "Hãy cập nhật Hocba trên máy trạm rồi chạy lại.",
        "Đóng",
    ),
    "station.official_invalid": MessageTemplate(
        "Tên đăng nhập hoặc mật khẩu không dùng được.",
        "Chưa có gì thay đổi.",
        "Tên chỉ gồm chữ không dấu và số; mật khẩu cần ít nhất 10 ký tự; tên mới chưa ai dùng.",
        "Nhập lại",
    ),
    "station.quarantine_refused": MessageTemplate(
        "Không chuyển được phiên bản học bạ này: trạm không giữ phiên bản có số đó, hoặc chỗ của "
        "nó đã có phiên bản khác.",
        "Chưa có gì thay đổi.",
        "Hãy xem lại số bằng lệnh hocba department quarantine.",
        "Đóng",
    ),
    "delivery.report_invalid": MessageTemplate(
        "Trạm cấp trên không nhận báo cáo chuyển học bạ của Sở: {reason}.",
        _NOTHING_LOST,
        "Hãy kiểm tra chứng thư số của Sở; trạm sẽ gửi lại sau ít phút.",
        "Gửi lại",
    ),
    "station.key_invalid": MessageTemplate(
        "Khóa {key} ghi trong cấu hình của trạm không dùng được: {reason}.",
        _NOTHING_LOST,
        "Hãy cắm đúng token, kiểm tra tệp khóa và tệp mã PIN trong thư mục trạm, rồi chạy lại.",
        "Đóng",
    ),
    "station.objects": MessageTemplate(
        "Kho chứa tệp học bạ của trạm không dùng được.",
        _NOTHING_LOST,
        "Hãy kiểm tra kho chứa rồi chạy lại trạm.",
        "Thử lại",
    ),
    "station.objects_unreachable": MessageTemplate(
        "Không kết nối được với kho chứa tệp (S3) của trạm.",
        _NOTHING_LOST,
        "Hãy kiểm tra địa chỉ kho trong station.json, chứng thư số và mạng, rồi chạy lại trạm.",
        "Thử lại",
    ),
    "station.objects_refused": MessageTemplate(
        "Kho chứa tệp của trạm không cho ghi: thiếu hoặc sai tài khoản, hoặc không có quyền.",
        _NOTHING_LOST,
        "Hãy đặt AWS_ACCESS_KEY_ID và AWS_SECRET_ACCESS_KEY, hoặc tệp objects.ini trong thư mục "
        "trạm, rồi chạy lại.",
        "Thử lại",
    ),
    "station.objects_missing": MessageTemplate(
        "Kho chứa tệp (S3) không có ngăn (bucket) ghi trong station.json.",
        _NOTHING_LOST,
        "Hãy tạo ngăn này trong kho, hoặc sửa địa chỉ, rồi chạy lại trạm.",
        "Thử lại",
    ),
    "station.object_missing": MessageTemplate(
        "Trong kho chứa của trạm thiếu một tệp học bạ.",
        "Các học bạ khác không bị ảnh hưởng.",
        "Hãy khôi phục kho chứa từ bản sao lưu.",
        "Đóng",
    ),
    "station.record_damaged": MessageTemplate(
        "Bản học bạ trạm đang giữ đã bị hỏng.",
        "Trạm không dùng bản hỏng; các học bạ khác không bị ảnh hưởng.",
        "Hãy khôi phục kho chứa từ bản sao lưu.",
        "Đóng",
    ),
}
