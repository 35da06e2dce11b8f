"""Words about the workspace, sheets, profiles, results and records."""

from __future__ import annotations

from app.ui.text.words import MessageTemplate

_KEPT = "Điểm và nhận xét đã nhập vẫn được giữ nguyên."
_NOTHING_CHANGED = "Chưa có gì trong kho dữ liệu bị thay đổi."
_FILE_KEPT = "Tệp của thầy cô không bị sửa, kho dữ liệu chưa thay đổi."

TEXTS: dict[str, MessageTemplate] = {
    "unexpected": MessageTemplate(
        "Phần mềm gặp một việc chưa lường trước.",
        "Những gì đã báo “Đã lưu” vẫn được giữ nguyên.",
        "Hãy thử lại. Nếu vẫn gặp, hãy gửi mã này cho người hỗ trợ.",
    ),
    "cancelled": MessageTemplate(
        "Đã dừng theo yêu cầu.",
        "Phần đã làm xong được giữ lại.",
        "Khi nào tiện, hãy làm tiếp phần còn lại.",
        "Làm tiếp",
    ),
    "workspace.error": MessageTemplate(
        "Không dùng được kho dữ liệu.",
        "Dữ liệu đã lưu không bị thay đổi.",
        "Hãy đóng rồi mở lại phần mềm. Nếu vẫn gặp, hãy khôi phục từ bản sao lưu.",
    ),
    "workspace.wrong_passphrase": MessageTemplate(
        "Mật khẩu chưa đúng.",
        "Kho dữ liệu vẫn khóa và an toàn.",
        "Hãy xem phím Caps Lock và bộ gõ tiếng Việt, rồi nhập lại. "
        "Nếu quên mật khẩu, hãy dùng khóa khôi phục của trường.",
        "Nhập lại",
    ),
    "workspace.missing": MessageTemplate(
        "Không tìm thấy kho dữ liệu ở nơi đã chọn.",
        "Không có gì bị xóa.",
        "Hãy cắm lại ổ đĩa nếu kho nằm trên USB, hoặc chọn nơi khác.",
        "Chọn kho dữ liệu",
    ),
    "workspace.damaged": MessageTemplate(
        "Kho dữ liệu bị hỏng hoặc không phải kho của Hocba.",
        "Phần mềm không ghi thêm gì vào tệp này.",
        "Hãy khôi phục từ bản sao lưu gần nhất.",
        "Khôi phục",
    ),
    "workspace.keyring_missing": MessageTemplate(
        "Thiếu tệp khóa “{file}” nằm cạnh kho dữ liệu.",
        "Kho dữ liệu còn nguyên, nhưng không có tệp khóa thì không mở được.",
        "Hãy chép cả tệp khóa từ nơi đã chép kho dữ liệu, hoặc khôi phục từ bản sao lưu.",
        "Khôi phục",
    ),
    "workspace.too_new": MessageTemplate(
        "Kho dữ liệu này do bản Hocba mới hơn tạo ra.",
        "Phần mềm không mở và không sửa tệp.",
        "Hãy cập nhật Hocba trên máy này rồi mở lại.",
        "Đóng",
    ),
    "workspace.busy": MessageTemplate(
        "Kho dữ liệu đang được một cửa sổ khác sử dụng.",
        "Dữ liệu đã lưu không bị thay đổi.",
        "Hãy đóng cửa sổ kia, hoặc đợi việc đang chạy xong rồi thử lại.",
    ),
    "workspace.disk_trouble": MessageTemplate(
        "Ổ đĩa không cho đọc hoặc ghi.",
        "Những gì đã báo “Đã lưu” vẫn nằm nguyên trong kho dữ liệu; lần ghi này chưa được lưu.",
        "Nếu kho dữ liệu nằm trên USB, hãy cắm lại. Nếu ở ổ cứng, hãy sao lưu ra USB ngay hôm nay.",
    ),
    "workspace.disk_full": MessageTemplate(
        "Ổ đĩa không còn chỗ để lưu.",
        "Phần đã báo “Đã lưu” vẫn còn; thay đổi cuối cùng chưa được ghi.",
        "Hãy xóa bớt tệp không cần trên ổ đĩa rồi thử lại.",
    ),
    "workspace.weak_passphrase": MessageTemplate(
        "Mật khẩu này dễ bị đoán.",
        "Kho dữ liệu chưa được tạo hay thay đổi.",
        "Hãy đặt mật khẩu dài hơn, ví dụ bốn từ không liên quan với nhau.",
        "Nhập lại",
    ),
    "sheet.error": MessageTemplate(
        "Không nhập được bảng tính này.",
        _FILE_KEPT,
        "Hãy mở tệp bằng Excel để xem lại, rồi thử lại.",
    ),
    "sheet.unreadable": MessageTemplate(
        "Tệp này không đọc được như một bảng tính.",
        _FILE_KEPT,
        "Hãy mở bằng Excel, lưu lại dạng .xlsx rồi chọn lại.",
        "Chọn tệp khác",
    ),
    "sheet.encrypted": MessageTemplate(
        "Bảng tính có mật khẩu nên không đọc được.",
        _FILE_KEPT,
        "Hãy mở bằng Excel, bỏ mật khẩu, lưu lại rồi chọn lại.",
        "Chọn tệp khác",
    ),
    "sheet.too_large": MessageTemplate(
        "Bảng tính lớn hơn mức phần mềm nhận.",
        _FILE_KEPT,
        "Hãy tách thành từng khối hoặc từng lớp, xóa các dòng trống rồi chọn lại.",
        "Chọn tệp khác",
    ),
    "sheet.header_missing": MessageTemplate(
        "Không tìm thấy dòng tiêu đề trong bảng tính. Các cột cần có: {wanted}.",
        _FILE_KEPT,
        "Hãy kiểm tra dòng tiêu đề rồi chọn lại tệp.",
        "Chọn tệp khác",
    ),
    "sheet.import_not_undoable": MessageTemplate(
        "Sau lần nhập này đã có việc khác được làm nên không quay lại được.",
        "Không có gì bị thay đổi.",
        "Hãy sửa từng học sinh, hoặc khôi phục bản sao lưu ở Cài đặt › Sao lưu.",
        "Đã hiểu",
    ),
    "sheet.mapping_invalid": MessageTemplate(
        "Tệp ghép cột không dùng được: {reason}.",
        "Danh sách và dữ liệu trong máy vẫn nguyên vẹn.",
        "Hãy bỏ tệp ghép cột để phần mềm tự tìm cột, hoặc ghép cột lại trong cửa sổ rồi ghi nhớ.",
        "Đã hiểu",
    ),
    "profile.invalid": MessageTemplate(
        "Tệp quy định {file} có lỗi ở dòng {line}, mục {field}: {reason}.",
        _KEPT,
        "Hãy cài lại Hocba, hoặc hỏi nơi đã gửi tệp quy định.",
        "Đã hiểu",
    ),
    "profile.missing": MessageTemplate(
        "Chưa có quy định đánh giá cho lớp {grade}, năm học {school_year}.",
        _KEPT,
        "Hãy kiểm tra lại năm học và khối lớp, hoặc cập nhật Hocba.",
        "Đã hiểu",
    ),
    "assessment.invalid_input": MessageTemplate(
        "Có giá trị chưa hợp lệ ở mục {field}: {reason}.",
        _KEPT,
        "Hãy sửa ô được đánh dấu.",
        "Mở sổ điểm",
    ),
    "transcript.error": MessageTemplate(
        "Không lập được học bạ số.", _KEPT, "Hãy xem lại dữ liệu của học sinh rồi thử lại."
    ),
    "transcript.incomplete": MessageTemplate(
        "Học bạ chưa đủ dữ liệu: {problems}.",
        _KEPT,
        "Hãy bổ sung phần còn thiếu rồi lập lại.",
        "Xem phần còn thiếu",
    ),
    "transcript.locked": MessageTemplate(
        "Học bạ này đã khóa nên không sửa trực tiếp được.",
        "Nội dung đã khóa được giữ nguyên.",
        "Nếu cần sửa, hãy mở khóa, hoặc lập đính chính khi đã ký.",
        "Đã hiểu",
    ),
    "gradebook.cell_closed": MessageTemplate(
        "Ô này không mở cho {pupil}: {reason}.",
        _KEPT,
        "Nếu kết quả trong năm đã ghi nhầm, hãy sửa ở đó trước.",
        "Đã hiểu",
    ),
    "transcript.invalid": MessageTemplate(
        "Tệp học bạ không đúng mẫu ở dòng {line}: {reason}.",
        _NOTHING_CHANGED,
        "Hãy lập lại học bạ từ sổ điểm, hoặc xin lại tệp từ nơi gửi.",
        "Đã hiểu",
    ),
    "transcript.unsafe": MessageTemplate(
        "Tệp học bạ có phần không an toàn nên phần mềm không mở.",
        _NOTHING_CHANGED,
        "Hãy xin lại tệp từ nơi gửi và cho họ biết mã này.",
        "Đã hiểu",
    ),
    "transcript.version_unknown": MessageTemplate(
        "Tệp học bạ thuộc phiên bản mẫu mà phần mềm chưa biết.",
        _NOTHING_CHANGED,
        "Hãy cập nhật Hocba rồi mở lại.",
        "Đã hiểu",
    ),
    "transcript.move_not_allowed": MessageTemplate(
        "Học bạ đang ở trạng thái “{from_state}” nên chưa chuyển sang “{to_state}” được.",
        "Học bạ được giữ nguyên.",
        "Hãy tải lại trang để xem trạng thái mới nhất.",
        "Tải lại",
    ),
    "history.invalid": MessageTemplate(
        "Hồ sơ chuyển trường này không dùng được: {reason}.",
        _NOTHING_CHANGED,
        "Hãy đề nghị trường cũ xuất lại hồ sơ và gửi lại tệp.",
        "Chọn tệp khác",
    ),
    "history.locked": MessageTemplate(
        "Không mở được hồ sơ chuyển trường: mật khẩu sai, hoặc hồ sơ gửi cho trường khác.",
        _NOTHING_CHANGED,
        "Hãy hỏi trường cũ mật khẩu, hoặc đề nghị gửi lại cho đúng trường.",
        "Nhập lại",
    ),
    "history.pupil_unclear": MessageTemplate(
        "Chưa rõ hồ sơ này là của học sinh nào trong trường.",
        _NOTHING_CHANGED,
        "Hãy chọn học sinh, hoặc thêm học sinh mới từ hồ sơ.",
        "Chọn học sinh",
    ),
    "transcript.correction_not_allowed": MessageTemplate(
        "Chưa lập được bản đính chính: {reason}.",
        "Học bạ đã ký được giữ nguyên.",
        "Hãy bổ sung rồi lập lại.",
        "Đã hiểu",
    ),
    "transcript.render_failed": MessageTemplate(
        "Không tạo được bản xem PDF.",
        "Tệp học bạ số và các chữ ký vẫn nguyên vẹn.",
        "Hãy thử lại. Nếu vẫn gặp, hãy gửi mã này cho người hỗ trợ.",
    ),
}
