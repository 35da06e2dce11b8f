"""What a search for evidence found, in Vietnamese: for the window and the command line."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from app.clock import VIETNAM, in_vietnam
from app.signing.report_words import problem
from app.signing.trust.evidence import EvidenceReport, ListAtHand
from app.signing.trust.fetching import FetchFailure

TROUBLES = {
    FetchFailure.UNREACHABLE: "không kết nối được",
    FetchFailure.REFUSED: "máy chủ từ chối trả lời",
    FetchFailure.NOT_UNDERSTOOD: "trả lời không đúng, có thể là trang đăng nhập của mạng",
    FetchFailure.NOT_TRUSTED: "dấu thời gian không do tổ chức được tin cậy cấp",
}
_SOON = timedelta(days=60)
_STUCK = {
    "issuer_unknown": "không rõ nơi cấp chứng thư, hãy xem Cài đặt › Nơi cấp tin cậy",
    "record_gone": "không còn trong kho dữ liệu",
}


def host(url: str) -> str:
    """The part of an address that a person knows."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def trouble_lines(report: EvidenceReport) -> list[str]:
    """'host: why' for each service that gave nothing, then what no network helps."""
    found = dict.fromkeys(
        f"{host(url)}: {TROUBLES.get(FetchFailure(why), why)}"
        for url, why in report.problems.items()
    )
    stuck = [
        f"{count} học bạ: {_STUCK.get(code) or problem(code)}"
        for code, count in report.stuck.items()
    ]
    return [*found, *stuck]


def report_lines(report: EvidenceReport) -> list[str]:
    """For the command line; nothing for a run that found nothing to do."""
    lines = []
    if report.proven:
        lines.append(f"Đã xác nhận trực tuyến {report.proven} học bạ (dấu thời gian, thu hồi).")
    if report.waiting:
        lines.append(f"Còn {report.waiting} học bạ chờ xác nhận trực tuyến; lần sau hỏi tiếp.")
    if report.revoked:
        lines.append(f"Chứng thư đã bị thu hồi: {', '.join(report.revoked)}.")
    return lines + [f"  {line}" for line in trouble_lines(report)]


def soon_ends(report: EvidenceReport | None, now: datetime) -> str:
    """'14/08/2026': when a certificate runs out whose records still wait, if that is near."""
    if report is None or not report.waiting or not report.ends_first:
        return ""
    ends = datetime.fromisoformat(report.ends_first)
    return f"{in_vietnam(ends):%d/%m/%Y}" if ends - now < _SOON else ""


def age(fetched_at: datetime, now: datetime) -> str:
    """'hôm nay', '3 ngày trước'."""
    days = (now.astimezone(VIETNAM).date() - fetched_at.astimezone(VIETNAM).date()).days
    if days < 0:
        return "ngày giờ của máy đã thay đổi"
    return "hôm nay" if days == 0 else f"{days} ngày trước"


def list_line(at_hand: ListAtHand, now: datetime) -> str:
    """Whose list, how old, and until when it speaks."""
    until = at_hand.until
    if until is None or until < now:
        ends = "đã hết hiệu lực"
    else:
        ends = f"dùng được đến {in_vietnam(until):%d/%m/%Y}"
    return f"{at_hand.issuer}: lấy {age(at_hand.fetched_at, now)}, {ends}"
