"""Words about tokens, keys and signatures."""

from __future__ import annotations

from app.ui.text.words import MessageTemplate

_KEPT = "Điểm, nhận xét và các chữ ký đã có vẫn được giữ nguyên."
_SIGNED_KEPT = "Những học bạ đã ký xong được giữ lại, không phải ký lại."
_NOT_SIGNED = "Học bạ này chưa được ký và không bị thay đổi."

REASONS = {
    "certificate_expired": "chứng thư đã hết hạn",
    "certificate_key_usage": "chứng thư không được cấp để ký số",
    "certificate_not_yet_valid": "chứng thư chưa có hiệu lực, hãy xem lại ngày giờ của máy",
    "certificate_revoked": "chứng thư đã bị nơi cấp thu hồi",
    "certificate_weak_key": "khóa của chứng thư quá ngắn",
    "load_failed": "máy này không nạp được",
    "no_entry_point": "không phải trình điều khiển PKCS#11",
    "not_a_library": "không phải trình điều khiển",
    "not_installed": "chưa được cài",
    "not_readable": "không đọc được tệp",
    "other_bitness": "là bản 32-bit, cần bản 64-bit",
    "refused": "không tạo được token",
}
"""Words of the codes that certificates and drivers are refused with."""

TEXTS: dict[str, MessageTemplate] = {
    "signing.error": MessageTemplate("Không ký được.", _SIGNED_KEPT, "Hãy thử lại."),
    "token.error": MessageTemplate(
        "Không đọc được USB token.", _KEPT, "Hãy rút token, cắm lại rồi bấm Thử lại."
    ),
    "token.driver_unusable": MessageTemplate(
        "Phần mềm điều khiển của token ({driver}) không dùng được: {reason}.",
        _KEPT,
        "Hãy cài lại phần mềm đi kèm token, hoặc chọn tệp điều khiển khác trong Cài đặt.",
        "Mở Cài đặt",
    ),
    "token.driver_crashed": MessageTemplate(
        "Phần mềm điều khiển của token đã dừng đột ngột.",
        _SIGNED_KEPT,
        "Hãy rút token, cắm lại rồi bấm Thử lại.",
    ),
    "token.driver_hangs": MessageTemplate(
        "Token không trả lời.",
        _SIGNED_KEPT,
        "Hãy rút token, đợi vài giây, cắm lại rồi bấm Thử lại.",
    ),
    "token.missing": MessageTemplate(
        "Chưa thấy USB token.", _KEPT, "Hãy cắm token vào máy rồi bấm Thử lại."
    ),
    "token.removed": MessageTemplate(
        "Token đã bị rút khi đang ký.",
        _SIGNED_KEPT,
        "Hãy cắm lại token rồi bấm Ký tiếp; phần mềm sẽ hỏi lại mã PIN.",
        "Ký tiếp",
    ),
    "token.pin_incorrect": MessageTemplate(
        "Mã PIN chưa đúng.",
        "Chưa có học bạ nào được ký thêm. Phần mềm không tự thử lại mã PIN.",
        "Hãy kiểm tra mã PIN rồi nhập lại. Nhập sai nhiều lần sẽ khóa token.",
        "Nhập lại mã PIN",
    ),
    "token.pin_locked": MessageTemplate(
        "Token đã bị khóa vì nhập sai mã PIN nhiều lần.",
        _KEPT,
        "Hãy liên hệ nơi cấp chứng thư số để mở khóa token.",
        "Đã hiểu",
    ),
    "token.declined": MessageTemplate(
        "Việc ký đã bị hủy trong cửa sổ của token.",
        _SIGNED_KEPT,
        "Khi sẵn sàng, hãy bấm Ký tiếp rồi đồng ý trong cửa sổ đó.",
        "Ký tiếp",
    ),
    "token.key_missing": MessageTemplate(
        "Trong token không có khóa ký của chứng thư đã chọn.",
        _KEPT,
        "Hãy kiểm tra xem đã cắm đúng token chưa, rồi bấm Thử lại.",
    ),
    "signing.key_file_unreadable": MessageTemplate(
        "Không đọc được tệp khóa: tệp bị hỏng, hoặc không phải chứng thư mềm (.p12, .pfx).",
        _KEPT,
        "Hãy chép lại tệp từ nơi cấp chứng thư, hoặc chọn tệp khác.",
    ),
    "signing.key_password_incorrect": MessageTemplate(
        "Mật khẩu của tệp khóa chưa đúng.",
        _KEPT,
        "Hãy xem phím Caps Lock và bộ gõ tiếng Việt, rồi nhập lại.",
        "Nhập lại mật khẩu",
    ),
    "signing.key_file_missing": MessageTemplate(
        "Tệp khóa {file} không còn ở chỗ cũ, hoặc đã được thay bằng tệp khác.",
        _KEPT,
        "Hãy cắm lại ổ có tệp đó, hoặc thêm lại chứng thư mềm trong Cài đặt, mục Khóa ký.",
    ),
    "signing.certificate_unfit": MessageTemplate(
        "Chứng thư số này không dùng để ký học bạ được: {reason}.",
        _NOT_SIGNED,
        "Hãy dùng chứng thư khác, hoặc liên hệ nơi cấp chứng thư.",
        "Chọn chứng thư khác",
    ),
    "signing.wrong_signer": MessageTemplate(
        "Chứng thư là của {found}, nhưng vai trò này cần chữ ký của {expected}.",
        _NOT_SIGNED,
        "Hãy cắm token của đúng người, rồi bấm Thử lại.",
    ),
    "signing.role_not_due": MessageTemplate(
        "Chưa đến lượt ký: còn thiếu chữ ký của {missing}.",
        _NOT_SIGNED,
        "Hãy đợi người ký trước hoàn thành, hoặc nhận gói bàn giao có chữ ký của họ.",
        "Đã hiểu",
    ),
    "signing.slot_closed": MessageTemplate(
        "Phần này của học bạ không nhận thêm chữ ký, vì người ký sau đã ký.",
        "Các chữ ký đã có vẫn được giữ nguyên.",
        "Nếu cần bổ sung, hãy lập đính chính.",
        "Đã hiểu",
    ),
    "signing.already_signed": MessageTemplate(
        "Học bạ này đã có chữ ký cho vai trò này.",
        "Chữ ký đã có được giữ nguyên.",
        "Không cần ký lại.",
        "Đã hiểu",
    ),
    "token.key_idle": MessageTemplate(
        "Việc ký tạm dừng quá lâu nên phần mềm đã đóng khóa ký.",
        "Học bạ đã ký được giữ nguyên, học bạ chưa ký vẫn chờ.",
        "Bấm ký lại và nhập mã PIN để ký tiếp phần còn lại.",
        "Ký tiếp",
    ),
    "signing.record_differs": MessageTemplate(
        "Nội dung tệp khác với học bạ đang chờ ký trong kho.",
        _KEPT,
        "Tệp này là bản cũ hoặc đã bị sửa. Hãy lưu lại học bạ chờ ký rồi ký bản mới.",
        "Đã hiểu",
    ),
    "signing.record_unknown": MessageTemplate(
        "Học bạ này không có trong kho dữ liệu của trường.",
        _KEPT,
        "Hãy kiểm tra xem đã chọn đúng thư mục và đúng trường chưa.",
        "Đã hiểu",
    ),
    "signing.version_closed": MessageTemplate(
        "Phiên bản học bạ này đã được thay thế, bị hủy hoặc thu hồi, không nhận chữ ký nữa.",
        _KEPT,
        "Hãy ký phiên bản mới nhất của học bạ.",
        "Đã hiểu",
    ),
    "signing.evidence_invalid": MessageTemplate(
        "Dấu thời gian hoặc thông tin thu hồi nhận được không dùng được.",
        _KEPT,
        "Phần mềm sẽ hỏi lại khi có mạng. Học bạ đã ký vẫn gửi được.",
        "Đóng",
    ),
    "signing.register_invalid": MessageTemplate(
        "Sổ đợt ký bị hỏng, bị sửa, hoặc không phải là sổ đợt ký.",
        _KEPT,
        "Hãy lấy lại sổ đợt ký từ bản đã cất riêng.",
        "Chọn tệp khác",
    ),
    "signing.paper_code_invalid": MessageTemplate(
        "Mã trên giấy bị hỏng hoặc không phải của học bạ số.",
        _KEPT,
        "Hãy chụp lại cho rõ, hoặc kiểm tệp XML của học bạ.",
        "Chọn tệp khác",
    ),
    "signing.signature_broken": MessageTemplate(
        "Chữ ký của {role} không còn khớp với nội dung học bạ.",
        "Phần mềm giữ nguyên tệp và không ký thêm.",
        "Đừng gửi tệp này đi. Hãy lấy lại bản gốc hoặc lập đính chính.",
        "Mở học bạ",
    ),
}
