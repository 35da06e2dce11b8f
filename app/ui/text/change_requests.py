"""Requests in the user's words."""

from __future__ import annotations

from app.model.transcript import RequestKind, RequestState

_K = RequestKind

KINDS = {
    _K.CONTENT: "đính chính nội dung",
    _K.IDENTITY: "đính chính thông tin cá nhân",
    _K.RECALL: "thu hồi học bạ",
    _K.CANCEL: "hủy học bạ",
}
TITLES = {
    _K.CONTENT: "Đề nghị rà soát, đính chính",
    _K.IDENTITY: "Đề nghị rà soát, đính chính",
    _K.RECALL: "Đề nghị thu hồi học bạ",
    _K.CANCEL: "Đề nghị hủy học bạ",
}
SENDS = {
    _K.CONTENT: "Gửi đề nghị đính chính",
    _K.IDENTITY: "Gửi đề nghị đính chính",
    _K.RECALL: "Gửi đề nghị thu hồi",
    _K.CANCEL: "Gửi đề nghị hủy",
}
APPROVES = {
    _K.CONTENT: "Duyệt và lập phiên bản mới",
    _K.IDENTITY: "Duyệt và lập phiên bản mới",
    _K.RECALL: "Duyệt thu hồi",
    _K.CANCEL: "Duyệt hủy học bạ",
}
HELP = {
    _K.CONTENT: "Học bạ đã ký được giữ nguyên. Khi người thứ hai duyệt, phiên bản mới được lập và "
    "chỉ những chữ ký không còn đúng phải ký lại.",
    _K.RECALL: "Khi được duyệt, một phiên bản thu hồi được lập và ký như học bạ; Sở xác nhận thì "
    "học bạ mới hết hiệu lực.",
    _K.CANCEL: "Chỉ hủy được học bạ mà Sở chưa nhận. Học bạ đã hủy vẫn xem và kiểm tra được.",
}
HELP[_K.IDENTITY] = HELP[_K.CONTENT]
STATES = {
    RequestState.OPEN: "chờ duyệt",
    RequestState.APPROVED: "đã duyệt",
    RequestState.REFUSED: "không duyệt",
}
IDENTITY_FIELDS = (
    ("full_name", "Họ và tên", ""),
    ("birth_date", "Ngày sinh", "05/04/2013"),
    ("personal_id", "Số định danh cá nhân", "12 chữ số"),
    ("moet_id", "Mã định danh Bộ GD&ĐT", "10 chữ số"),
)
OTHER_FIELDS = (
    ("birthplace", "Nơi sinh", ""),
    ("hometown", "Quê quán", ""),
    ("residence", "Nơi ở", ""),
    ("father_name", "Họ tên cha", ""),
    ("mother_name", "Họ tên mẹ", ""),
    ("guardian_name", "Người giám hộ", ""),
)
