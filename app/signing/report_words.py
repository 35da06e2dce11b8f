"""What a verification found, in Vietnamese (Circular 15/2025/TT-BKHCN asks for that)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from app.clock import in_vietnam
from app.model.shown_text import shown
from app.model.signing import CONTENT_PROBLEMS, CheckState, FileReport, SignatureReport, SignerRole

if TYPE_CHECKING:  # words are read before the first paint, the register after it
    from app.signing.batch.register import RegisterReport

ROLES = {
    SignerRole.SUBJECT_TEACHER: "Giáo viên bộ môn",
    SignerRole.HOMEROOM: "Giáo viên chủ nhiệm",
    SignerRole.PRINCIPAL: "Hiệu trưởng",
    SignerRole.SCHOOL: "Nhà trường (ký phát hành)",
}
STATES = {
    CheckState.VALID: "hợp lệ",
    CheckState.VALID_NOT_CHECKED_ONLINE: "hợp lệ, chưa kiểm tra trực tuyến",
    CheckState.INVALID: "KHÔNG hợp lệ",
    CheckState.UNKNOWN: "chưa kết luận được",
}
PROBLEMS = {
    "algorithm_not_allowed": "thuật toán ký không được phép dùng",
    "archive.unreadable": "tệp nén bị hỏng, có mật khẩu hoặc quá lớn",
    "certificate_expired": "chứng thư đã hết hạn khi ký",
    "certificate_key_usage": "chứng thư không dùng để ký được",
    "certificate_missing": "chữ ký không kèm chứng thư",
    "certificate_not_the_signed_one": "chứng thư kèm theo không phải chứng thư đã ký",
    "certificate_not_yet_valid": "chứng thư chưa có hiệu lực khi ký",
    "certificate_revoked": "chứng thư đã bị thu hồi",
    "certificate_unreadable": "không đọc được chứng thư",
    "certificate_weak_key": "khóa của chứng thư quá ngắn",
    "content_changed": "nội dung đã bị thay đổi sau khi ký",
    "evidence_invalid": "dấu thời gian hoặc bằng chứng kèm theo là sai",
    "file.too_large": "tệp lớn hơn mức cho phép",
    "file.unknown_kind": "tệp không phải là học bạ số, gói dữ liệu hay hồ sơ chuyển trường",
    "file.unreadable": "không đọc được tệp",
    "folder.unreadable": "không đọc được hết thư mục này, có thể còn tệp chưa kiểm tra",
    "history.invalid": "hồ sơ chuyển trường bị hỏng hoặc bị sửa",
    "issuer_unknown": "không rõ nơi cấp chứng thư, chưa có trong danh sách tin cậy",
    "parcel.label_wrong": "học bạ không phải là bản ghi trên nhãn trong gói",
    "parcel.tampered": "gói dữ liệu bị sửa hoặc bị hỏng",
    "parcel.too_large": "gói dữ liệu lớn hơn mức cho phép",
    "parcel.torn": "gói dữ liệu bị cắt ngang, chưa chép hết: hãy chép lại",
    "paper.certificate_missing": "không đọc được chứng thư của trường: hãy chụp cả hai mã, "
    "hoặc cho biết thư mục có chứng thư của trường",
    "paper.code_invalid": "mã trên giấy bị hỏng hoặc không phải của học bạ số",
    "paper.no_code": "không tìm thấy mã của học bạ số trong ảnh: hãy chụp thẳng, đủ sáng, gần hơn",
    "paper.not_an_organisation": "mã trên giấy không do chứng thư của một trường ký",
    "paper.several_codes": "ảnh có mã của nhiều học bạ: hãy chụp từng tờ",
    "paper.unreadable": "không đọc được ảnh",
    "path_not_valid_then": "chứng thư của nơi cấp không có hiệu lực khi ký",
    "pdf.changed_later": "bản PDF đã bị thay đổi sau khi đóng dấu",
    "pdf.more_than_one_seal": "bản PDF có nhiều hơn một chữ ký",
    "pdf.not_whole_file": "chữ ký không bao trùm toàn bộ tệp PDF",
    "pdf.record_missing": "bản PDF không kèm học bạ số",
    "pdf.record_not_unique": "bản PDF kèm nhiều hơn một học bạ số",
    "pdf.seal_missing": "bản PDF chưa được nhà trường ký",
    "pdf.sealed_by_another": "bản PDF do người khác ký, không phải trường đã phát hành học bạ",
    "pdf.irregular": "tệp PDF không đúng quy cách ở chi tiết mà phần mềm xem vẫn bỏ qua, "
    "nên không kết luận được về con dấu số: hãy xin lại tệp gốc từ nhà trường",
    "pdf.page_differs": "trang PDF không hiển thị đúng như học bạ số kèm theo: chỉ tin nội dung "
    "của học bạ số (XML)",
    "pdf.page_not_compared": "chưa so được trang PDF với học bạ số kèm theo",
    "pdf.password": "tệp PDF có mật khẩu nên chưa xem được bên trong: hãy xin bản không đặt "
    "mật khẩu",
    "pdf.unreadable": "không đọc được tệp PDF: bị hỏng, bị sửa hoặc quá nặng",
    "properties_changed": "thời điểm ký hoặc vai trò ghi trong chữ ký đã bị sửa",
    "receipts.torn": "tệp biên nhận bị thiếu, có thể do rút USB quá sớm",
    "receipts.unreadable": "không phải tệp biên nhận, hoặc đã bị hỏng",
    "reference_not_expected": "chữ ký không bao trùm đúng phần phải ký",
    "sender_unknown": "máy này không biết thiết bị gửi nên không kiểm được chữ ký của nó",
    "register_invalid": "sổ đợt ký bị hỏng hoặc bị sửa",
    "signature_malformed": "chữ ký không đúng khuôn dạng",
    "signature_removed": "chữ ký đã có trong kho dữ liệu của trường nhưng không còn trong tệp này",
    "signature_value_wrong": "giá trị chữ ký sai",
    "station_unknown": "máy này không có khóa của trạm đó nên không kiểm được chữ ký",
    "stray_signature": "có chữ ký nằm sai chỗ",
    "time_after_proof": "thời điểm ký ghi trong chữ ký muộn hơn dấu thời gian",
    "time_in_future": "thời điểm ký muộn hơn ngày giờ của máy này quá một ngày",
    "time_missing": "chữ ký không ghi thời điểm ký",
    "transcript.invalid": "tệp không đúng cấu trúc học bạ số",
    "transcript.unsafe": "tệp chứa thành phần không an toàn",
    "transcript.version_unknown": "phiên bản định dạng học bạ chưa được hỗ trợ",
    "transform_not_allowed": "chữ ký dùng phép biến đổi không được phép",
    "certificate_not_numbered": "chứng thư không ghi số định danh của người ký, mới khớp họ tên",
    "person_not_numbered": "học bạ không ghi số định danh của người phải ký, mới khớp họ tên",
    "school_certificate_not_numbered": "chứng thư không ghi mã số thuế của trường, mới khớp tên",
    "school_name_differs": "chứng thư có mã số thuế của trường nhưng đứng tên khác",
    "school_not_numbered": "học bạ không ghi mã số thuế của trường, mới khớp tên trường: hãy hỏi "
    "trường mã số thuế hoặc nhờ Sở kiểm bằng danh sách đã đăng ký",
    "paper.school_not_named": "mã trên giấy không ghi mã số thuế của trường",
    "practice_for_genuine": "chữ ký thực hành không chứng nhận được học bạ thật",
    "register.role_not_proven": "không có học bạ nào của sổ này ở đây để biết ai đã ký ở "
    "vai trò này",
    "wrong_signer": "người ký không phải là người phải ký ở vai trò này",
}
NOT_CHECKED = {
    "certificate_ended": "chữ ký có trước ngày chứng thư hết hạn hay không (chứng thư nay đã hết "
    "hạn, chưa có dấu thời gian)",
    "file.time": "tệp này, vì các tệp trước đã làm mất nhiều thời gian",
    "history.inside": "những gì bên trong hồ sơ (muốn kiểm, hãy mở ở trang Học bạ, nhận học sinh "
    "chuyển đến)",
    "parcel.inside": "học bạ bên trong gói (chỉ nơi nhận hoặc máy đã đóng gói mới kiểm được)",
    "parcel.some_inside": "một phần học bạ bên trong gói",
    "revocation": "chứng thư có bị thu hồi hay không",
    "time": "thời điểm ký (mới chỉ theo máy của người ký)",
}
HIERARCHIES = {
    "public": " (hệ thống công cộng)",
    "government": " (hệ thống chuyên dùng Chính phủ)",
}
"""Under which of the country's roots a signer stands; nothing is said of others."""
PRACTICE = "Chứng thư THỰC HÀNH, không có giá trị pháp lý."


def problem(code: str) -> str:
    """A problem code in Vietnamese; one that is not known is shown as it is."""
    return PROBLEMS.get(code, f"vấn đề chưa rõ ({code})")


def role_name(role: SignerRole | str) -> str:
    """The role's name in Vietnamese."""
    return ROLES[SignerRole(role)]


def shown_report(report: FileReport) -> FileReport:
    """With strangers' words as they may be shown; the file's own name stays, to be found by it."""
    return replace(
        report,
        signatures=tuple(_shown_signature(each) for each in report.signatures),
        record_id=shown(report.record_id),
        about=shown(report.about),
        notes=tuple(map(shown, report.notes)),
    )


def _shown_signature(signature: SignatureReport) -> SignatureReport:
    path = tuple(map(shown, signature.path))
    return replace(signature, slot=shown(signature.slot), signer=shown(signature.signer), path=path)


def _line(text: str) -> str:
    """A line that stays one, with its indentation."""
    words = text.lstrip(" ")
    return text[: len(text) - len(words)] + shown(words)


def report_lines(report: FileReport) -> list[str]:
    """A file's report, line by line; the verdict first."""
    return [_line(line) for line in _report_lines(report)]


def _report_lines(report: FileReport) -> list[str]:
    lines = [f"{report.file}: {verdict(report)}"]
    if report.practice:
        lines.append(f"  {PRACTICE}")
    if report.about:
        lines.append(f"  Học bạ của {report.about}")
    if report.record_id:
        lines.append(f"  Mã học bạ {report.record_id}, phiên bản {report.version}")
    lines += [f"  Lỗi: {problem(code)}" for code in report.problems]
    lines += [f"  {note}" for note in report.notes]
    for signature in report.signatures:
        lines += _signature_lines(signature)
    if report.missing_roles:
        missing = ", ".join(role_name(role) for role in report.missing_roles)
        lines.append(f"  Còn thiếu chữ ký: {missing}")
    unchecked = dict.fromkeys(
        (*report.not_checked, *(c for s in report.signatures for c in s.not_checked))
    )
    if unchecked:
        words = "; ".join(NOT_CHECKED.get(code, code) for code in unchecked)
        lines.append(f"  Chưa kiểm tra: {words}")
    return lines


def register_lines(report: RegisterReport | str) -> list[str]:
    """A batch register's report, line by line; a name: it cannot be read."""
    return [_line(line) for line in _register_lines(report)]


def _register_lines(report: RegisterReport | str) -> list[str]:
    if isinstance(report, str):
        return [f"{report}: KHÔNG ĐẠT, sổ đợt ký bị hỏng hoặc bị sửa"]
    lines = [
        f"{report.file}: sổ đợt ký, {_register_verdict(report)}",
        *([f"  {PRACTICE}"] if report.practice else []),
        f"  {role_name(report.role)} {report.signer} đã ký {report.count} học bạ, "
        f"sổ ký lúc {_moment(report.signed_at)}: {STATES[report.state]}",
    ]
    lines += [f"  Lỗi: {problem(code)}" for code in report.problems]
    lines += [f"  {note}" for note in report.notes]
    lines += [f"  Thiếu học bạ {_named(name)}" for name in report.missing]
    lines += [f"  Mất chữ ký: học bạ {_named(name)}" for name in report.unsigned]
    return lines + [f"  Khác với bản đã ký: học bạ {_named(name)}" for name in report.changed]


def _register_verdict(report: RegisterReport) -> str:
    if report.ok:
        return "ĐẠT, đủ học bạ"
    return "CHƯA KẾT LUẬN ĐƯỢC" if report.undecided else "KHÔNG ĐẠT"


def _named(name: str) -> str:
    record_id, version = name.split(" ")
    return f"{record_id}, phiên bản {version}"


def verdict(report: FileReport) -> str:
    """The one line that sums up a file's report, in Vietnamese."""
    if report.ok:
        return _good(report)
    if report.undecided:
        return "CHƯA KẾT LUẬN ĐƯỢC, không thấy gì sai nhưng chưa kiểm được hết"
    if report.kind in _BAD:
        return _BAD[report.kind]
    if report.signatures and not report.content_intact:
        return "KHÔNG ĐẠT, nội dung hoặc chữ ký đã bị thay đổi"
    if report.missing_roles and report.content_intact:
        return "KHÔNG ĐẠT, nội dung nguyên vẹn nhưng chưa đủ chữ ký"
    return "KHÔNG ĐẠT"


_BAD = {
    "parcel": "KHÔNG ĐẠT, gói không còn nguyên hoặc sai máy gửi",
    "receipts": "KHÔNG ĐẠT, biên nhận bị thiếu, bị sửa hoặc không do trạm đó ký",
}


def _good(report: FileReport) -> str:
    if report.superseded_by:
        return f"ĐÃ BỊ THAY THẾ bởi phiên bản {report.superseded_by}, chữ ký vẫn hợp lệ"
    return {
        "paper": "MÃ TRÊN GIẤY ĐẠT, còn phải so bằng mắt với tờ giấy",
        "parcel": "ĐẠT, gói còn nguyên và đúng máy gửi; từng học bạ có kết quả riêng",
        "receipts": "ĐẠT, mọi biên nhận có chữ ký của trạm",
        "history": "ĐẠT, hồ sơ còn nguyên; từng học bạ có kết quả riêng",
    }.get(report.kind, "ĐẠT, nội dung nguyên vẹn, đủ chữ ký")


_BROKEN = CONTENT_PROBLEMS | {
    "certificate_missing",
    "certificate_unreadable",
    "pdf.changed_later",
    "pdf.not_whole_file",
    "sender_unknown",
    "station_unknown",
}
_SLOTS = {
    "paper": "Chữ ký trong mã trên giấy",
    "pdf": "Chữ ký trên bản PDF",
    "device": "Chữ ký của máy gửi",
    "station": "Chữ ký của trạm tiếp nhận",
}


def _signature_lines(signature: SignatureReport) -> list[str]:
    """Who, when, whether unchanged, and the way to a trusted root: Circular 15/2025 asks these."""
    named = ROLES[signature.role] if signature.role else "Không rõ vai trò"
    role = _SLOTS.get(signature.slot, named)
    when = f", ký lúc {_moment(signature.claimed_time)}" if signature.claimed_time else ""
    signer = signature.signer or "không rõ người ký"
    lines = [f"  - {role}: {signer}{when}: {STATES[signature.state]}"]
    lines += [f"      {problem(code)}" for code in signature.problems]
    if not _BROKEN & set(signature.problems):
        lines.append("      Toàn vẹn: phần được ký còn nguyên như khi ký")
    if signature.proven_time:
        lines.append(f"      Đã có trước {_moment(signature.proven_time)} (dấu thời gian)")
    elif signature.claimed_time:
        lines.append("      Thời điểm ký: theo máy của người ký, chưa có dấu thời gian")
    if signature.path:
        under = HIERARCHIES.get(signature.hierarchy, "")
        lines.append(f"      Đường dẫn tin cậy{under}: {' → '.join(signature.path)}")
    if signature.certificate_sha256:
        lines.append(f"      Chứng thư: SHA-256 {signature.certificate_sha256[:16]}…")
    return lines


def _moment(text: str) -> str:
    return in_vietnam(datetime.fromisoformat(text)).strftime("%H:%M ngày %d/%m/%Y")
