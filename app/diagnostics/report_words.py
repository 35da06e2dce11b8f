"""The report in Vietnamese, for whoever reads it on the phone to somebody who helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.diagnostics.report import NOT_LOOKED, WORDS, SupportReport

PARTS = {
    "program": "Phần mềm và máy",
    "libraries": "Phiên bản thư viện",
    "screen": "Màn hình",
    "disk": "Ổ đĩa và kho dữ liệu",
    "clock": "Đồng hồ",
    "places": "Thư mục của phần mềm",
    "workspace": "Trong kho dữ liệu (chỉ đếm)",
    "queues": "Hàng chờ gửi",
    "tokens": "Token và trình điều khiển",
}
FACTS = {
    "audit_entries": "số dòng nhật ký trong kho",
    "audit_unbroken": "nhật ký trong kho còn nguyên",
    "backups": "số bản sao lưu",
    "batch_interrupted": "có đợt ký dở dang",
    "bits": "số bit",
    "classes": "số lớp",
    "enrolled": "đã kết nối với Sở",
    "evidence_waiting": "học bạ chờ dấu thời gian",
    "free_mb": "còn trống (MB)",
    "home": "có thư mục dữ liệu",
    "home_moved": "thư mục dữ liệu được dời chỗ",
    "installed": "cài bằng bộ cài đặt",
    "is_behind": "đồng hồ chạy lùi so với tệp trên máy",
    "issued": "học bạ đã phát hành",
    "keyring": "có tệp khóa",
    "locked_pupils": "số học sinh đã khóa sổ",
    "log_files": "số tệp nhật ký",
    "log_kb": "cỡ nhật ký (KB)",
    "machine": "bộ xử lý",
    "machine_zone": "múi giờ của máy",
    "newest_backup": "sao lưu gần nhất",
    "newest_file": "tệp mới nhất lúc",
    "next_attempt": "lần gửi tiếp theo",
    "now": "giờ của máy",
    "openssl": "OpenSSL",
    "outbox": "học bạ theo trạng thái gửi",
    "parcels_unanswered": "gói chưa có biên nhận",
    "processors": "số nhân",
    "publications_unread": "thông báo chưa đọc",
    "publications_wanted": "thông báo chưa tải",
    "pupils": "số học sinh",
    "python": "Python",
    "qt": "Qt",
    "records": "học bạ theo trạng thái",
    "release": "bản hệ điều hành",
    "scale": "phóng to (%)",
    "screens": "số màn hình",
    "size": "cỡ màn hình",
    "style": "nền hiển thị",
    "system": "hệ điều hành",
    "system_version": "số hiệu hệ điều hành",
    "total_mb": "dung lượng (MB)",
    "unmerged_kb": "phần ghi chưa gộp (KB)",
    "up_minutes": "máy đã chạy (phút)",
    "version": "Hocba",
    "workspace_kb": "cỡ kho dữ liệu (KB)",
    "writable": "ghi được",
}
REASONS = {
    "busy": "token đang làm việc nên không khám",
    "closed": "kho dữ liệu chưa mở nên không đếm",
    "no_window": "không có cửa sổ",
}


def report_text(report: SupportReport) -> str:
    """All of the report, a heading for each part."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: SupportReport) -> Iterator[str]:
    yield f"Báo cáo của Hocba, {report.made_at:%d/%m/%Y %H:%M}"
    yield "Không có tên, số hay điểm của học sinh nào trong báo cáo này."
    if report.incidents:
        yield "\nViệc chưa lường trước"
        for incident in report.incidents:
            yield from (f"  {line}" for line in incident.lines())
    for name, facts in report.parts.items():
        yield f"\n{PARTS[name]}"
        if why := facts.get(NOT_LOOKED):
            yield f"  không có: {REASONS.get(str(why), why)}"
        elif isinstance(lines := facts.get(WORDS), list):
            yield from (f"  {line}".rstrip() for line in lines)
        else:
            yield from (f"  {FACTS.get(key, key)}: {_value(v)}" for key, v in facts.items())


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "có" if value else "không"
    if value is None or value == "":
        return "không có"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value(each)}" for key, each in value.items()) or "không có"
    return str(value)
