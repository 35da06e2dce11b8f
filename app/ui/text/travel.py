"""Words about parcels, delivery, the department's station and receipts."""

from __future__ import annotations

from app.ui.text.words import MessageTemplate

_STILL_HERE = "Học bạ đã ký vẫn ở trong máy, chờ gửi."
_KEPT_AS_WAS = "Quy định và danh sách tin cậy đang dùng được giữ nguyên."
_NOT_YET_COPIED = "Học bạ đã ký vẫn ở trong máy; gói nào đã báo chép xong thì vẫn trên USB."
_NOTHING_TAKEN = "Phần mềm chưa nhận gì từ gói này."

TEXTS: dict[str, MessageTemplate] = {
    "parcel.error": MessageTemplate("Không mở được gói dữ liệu.", _NOTHING_TAKEN, "Hãy thử lại."),
    "parcel.torn": MessageTemplate(
        "Gói dữ liệu bị thiếu hoặc hỏng, có thể do rút USB quá sớm.",
        _NOTHING_TAKEN,
        "Hãy xin người gửi chép lại gói.",
        "Chọn gói khác",
    ),
    "parcel.not_for_us": MessageTemplate(
        "Gói dữ liệu này gửi cho nơi khác nên máy này không mở được.",
        _NOTHING_TAKEN,
        "Hãy kiểm tra lại người nhận với người gửi.",
        "Chọn gói khác",
    ),
    "parcel.tampered": MessageTemplate(
        "Gói dữ liệu đã bị thay đổi sau khi đóng gói.",
        _NOTHING_TAKEN,
        "Đừng dùng gói này. Hãy xin người gửi chép lại và cho họ biết.",
        "Chọn gói khác",
    ),
    "parcel.too_large": MessageTemplate(
        "Gói dữ liệu lớn hơn mức phần mềm nhận.",
        _NOTHING_TAKEN,
        "Hãy xin người gửi chia thành nhiều gói nhỏ hơn.",
        "Chọn gói khác",
    ),
    "delivery.error": MessageTemplate("Chưa gửi được.", _STILL_HERE, "Hãy thử gửi lại.", "Gửi lại"),
    "delivery.network_down": MessageTemplate(
        "Không có mạng, hoặc mạng quá yếu.",
        _STILL_HERE + " Phần đã gửi được giữ, lần sau gửi tiếp.",
        "Hãy gửi lại khi có mạng, hoặc chép ra USB để mang đi gửi.",
        "Gửi lại",
    ),
    "delivery.proxy_failed": MessageTemplate(
        "Proxy của trường không cho đi qua, hoặc không trả lời.",
        _STILL_HERE,
        "Hãy xem lại địa chỉ proxy trong Cài đặt, phần Mạng, hoặc hỏi người quản trị mạng.",
        "Gửi lại",
    ),
    "delivery.proxy_login": MessageTemplate(
        "Proxy của trường đòi tên và mật khẩu, hoặc không nhận tên và mật khẩu đã nhập.",
        _STILL_HERE,
        "Hãy nhập lại tên và mật khẩu trong Cài đặt, phần Mạng.",
        "Gửi lại",
    ),
    "delivery.proxy_invalid": MessageTemplate(
        "Địa chỉ proxy không đúng dạng.",
        "Địa chỉ đang dùng được giữ nguyên.",
        "Hãy viết như 10.0.0.1:3128 hoặc http://proxy.truong.vn:3128.",
        "Nhập lại",
    ),
    "delivery.wrong_station": MessageTemplate(
        "Nơi trả lời không phải trạm nhận của Sở, có thể do trang đăng nhập Wi-Fi.",
        _STILL_HERE + " Chưa có dữ liệu nào được gửi đến nơi lạ.",
        "Hãy mở trình duyệt để đăng nhập Wi-Fi, hoặc đổi mạng, rồi gửi lại.",
        "Gửi lại",
    ),
    "delivery.wrong_certificate": MessageTemplate(
        "Nơi trả lời không có chứng thư của trạm nhận của Sở: có thể là trang đăng nhập Wi-Fi, "
        "thiết bị lọc mạng, hoặc sai địa chỉ.",
        _STILL_HERE + " Chưa có dữ liệu nào được gửi đến nơi lạ.",
        "Hãy đăng nhập Wi-Fi hoặc đổi mạng rồi gửi lại. Nếu vẫn vậy, hãy gọi cho Sở.",
        "Gửi lại",
    ),
    "delivery.certificate_dates": MessageTemplate(
        "Theo ngày giờ của máy này, chứng thư của trạm nhận đã hết hạn hoặc chưa có hiệu lực.",
        _STILL_HERE,
        "Hãy xem ngày giờ của máy và chỉnh lại nếu sai. Nếu ngày giờ đúng, hãy báo cho Sở.",
        "Gửi lại",
    ),
    "delivery.device_refused": MessageTemplate(
        "Trạm nhận của Sở chưa chấp nhận máy này.",
        _STILL_HERE,
        "Hãy liên hệ Sở để đăng ký lại máy này.",
        "Mở Cài đặt",
    ),
    "delivery.item_refused": MessageTemplate(
        "Trạm nhận trả lại học bạ này: {reason}.",
        "Học bạ và chữ ký vẫn ở trong máy; các học bạ khác vẫn gửi tiếp.",
        "Hãy mở học bạ để xem và đính chính.",
        "Mở học bạ",
    ),
    "delivery.station_busy": MessageTemplate(
        "Trạm nhận của Sở đang bận.",
        _STILL_HERE,
        "Phần mềm sẽ gửi lại sau ít phút; thầy cô có thể làm việc khác.",
        "Gửi lại",
    ),
    "delivery.station_silent": MessageTemplate(
        "Có mạng, nhưng trạm nhận của Sở không trả lời: trạm đang dừng hoặc đã đổi địa chỉ.",
        _STILL_HERE,
        "Phần mềm sẽ tự thử lại. Nếu kéo dài, hãy hỏi Sở.",
        "Gửi lại",
    ),
    "delivery.enrolment_invalid": MessageTemplate(
        "Mã hoặc tệp đăng ký của Sở không dùng được.",
        _STILL_HERE,
        "Hãy kiểm tra lại mã đăng ký, hoặc xin Sở cấp mã mới.",
        "Nhập lại",
    ),
    "delivery.declaration_invalid": MessageTemplate(
        "Trạm của Sở không nhận bảng khai số học sinh của trường.",
        _STILL_HERE,
        "Hãy kiểm tra lại danh sách lớp rồi gửi lại.",
        "Gửi lại",
    ),
    "delivery.receipt_invalid": MessageTemplate(
        "Biên nhận nhận được không đúng, nên phần mềm không tin là đã gửi xong.",
        _STILL_HERE,
        "Hãy gửi lại. Gửi lại không tạo ra bản trùng ở Sở.",
        "Gửi lại",
    ),
    "delivery.not_enrolled": MessageTemplate(
        "Máy này chưa đăng ký với trạm nhận của Sở.",
        _STILL_HERE,
        "Hãy đăng ký máy trong Cài đặt bằng mã do Sở cấp.",
        "Mở Cài đặt",
    ),
    "delivery.station_not_installed": MessageTemplate(
        "Bản cài này không có trạm của Sở để tập gửi.",
        "Mọi bước khác vẫn tập được, đến khi nhà trường ký phát hành xong. Dữ liệu thật không bị "
        "động đến.",
        "Hãy tập nhập điểm, khóa sổ và ký. Việc gửi thật chỉ cần đăng ký máy với Sở.",
    ),
    "stick.trouble": MessageTemplate(
        "USB không cho đọc hoặc ghi: đã bị rút ra, bị khóa ghi, hoặc hỏng.",
        _NOT_YET_COPIED,
        "Hãy cắm lại USB hoặc dùng USB khác, rồi chép lại; phần đã có được bỏ qua.",
        "Chép lại",
    ),
    "stick.full": MessageTemplate(
        "USB không còn chỗ.",
        _NOT_YET_COPIED,
        "Hãy xóa bớt tệp trên USB hoặc dùng USB khác, rồi chép lại; phần đã có được bỏ qua.",
        "Chép lại",
    ),
    "stick.differs": MessageTemplate(
        "Đọc lại từ USB không giống như đã ghi: USB bị hỏng.",
        _NOT_YET_COPIED,
        "Đừng dùng USB này nữa. Hãy chép lại ra USB khác.",
        "Chép lại",
    ),
    "publication.invalid": MessageTemplate(
        "Tệp này không phải của Sở đã đăng ký, hoặc đã bị hỏng hay bị sửa.",
        _KEPT_AS_WAS,
        "Hãy xin Sở gửi lại. Nếu vẫn vậy, hãy gọi điện cho Sở.",
        "Chọn tệp khác",
    ),
    "publication.old": MessageTemplate(
        "Bản {version} của Sở không mới hơn bản {held} đang có.",
        _KEPT_AS_WAS,
        "Không cần làm gì.",
    ),
    "publication.withdrawn": MessageTemplate(
        "Sở đã thu hồi nội dung này.",
        _KEPT_AS_WAS,
        "Không cần làm gì. Lý do thu hồi có ở trang Thông báo của Sở.",
    ),
    "publication.not_withdrawable": MessageTemplate(
        "Không thu hồi được mục số {number}: {reason}.",
        "Chưa có gì thay đổi.",
        "Hãy xem lại số của mục ở trang Gửi tới trường.",
    ),
    "publication.pack_invalid": MessageTemplate(
        "Gói này không dùng được: {file}, dòng {line}: {reason}.",
        _KEPT_AS_WAS,
        "Hãy báo cho Sở nội dung trên để Sở phát hành bản đã sửa.",
    ),
    "trust.root_invalid": MessageTemplate(
        "Không thêm được chứng thư này: {reason}.",
        "Danh sách tin cậy không thay đổi.",
        "Hãy chọn tệp chứng thư gốc hoặc trung gian (.crt, .cer, .pem) do nơi cấp công bố.",
        "Chọn tệp khác",
    ),
}
