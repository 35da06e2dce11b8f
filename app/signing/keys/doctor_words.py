"""What the token doctor found, in Vietnamese."""

from __future__ import annotations

from app.signing.keys.token_doctor import CertificateFinding, Diagnosis, DriverFinding, TokenFinding
from app.signing.report_words import HIERARCHIES, problem

_DRIVER_PROBLEMS = {
    "not_readable": "không đọc được tệp",
    "not_a_library": "không phải trình điều khiển",
    "other_bitness": "không cùng số bit với chương trình",
    "no_entry_point": "không phải trình điều khiển PKCS#11",
    "token.driver_unusable": "không nạp được",
    "token.driver_crashed": "bị dừng đột ngột",
    "token.driver_hangs": "không trả lời",
}
PIN_STATES = {
    "ok": "bình thường",
    "count_low": "đã nhập sai, sắp bị khóa",
    "final_try": "chỉ còn một lần thử",
    "locked": "đã bị khóa",
}
_USAGE = {"digital_signature": "ký số", "non_repudiation": "chống chối bỏ"}
_EACH_TIME = {
    True: "có, phần mềm tự trả lời trong một đợt ký",
    False: "không",
    None: "chưa rõ, chỉ biết sau khi nhập mã PIN",
}


def diagnosis_lines(diagnosis: Diagnosis, *, names: bool) -> list[str]:
    """Line by line, the next step last. `names`: whose certificates they are, for the screen."""
    lines = [line for driver in diagnosis.drivers for line in _driver_lines(driver, names)]
    if not diagnosis.drivers:
        lines.append("Không tìm thấy trình điều khiển token nào trên máy này.")
    return [*lines, "", f"Bước tiếp theo: {diagnosis.next_step}"]


def driver_trouble(code: str) -> str:
    """Why a driver could not be used."""
    return _DRIVER_PROBLEMS.get(code, f"không dùng được ({code})")


def _driver_lines(driver: DriverFinding, names: bool) -> list[str]:
    name = f"{driver.file} ({driver.vendor})" if driver.vendor else driver.file
    if driver.problem:
        return [f"Trình điều khiển {name}: {driver_trouble(driver.problem)}"]
    lines = [f"Trình điều khiển {name}: chạy được, {len(driver.tokens)} token"]
    lines += [f"  Đầu đọc {reader}: chưa có thẻ" for reader in driver.empty_readers]
    return lines + [line for token in driver.tokens for line in _token_lines(token, names)]


def _token_lines(token: TokenFinding, names: bool) -> list[str]:
    digest = "token tự tính" if token.hashes_itself else "phần mềm tính thay"
    lines = [
        f"  Token {token.manufacturer} {token.model}",
        f"    Đầu đọc: {token.reader or 'không rõ'}",
        f"    Mã PIN: {PIN_STATES[token.pin]}",
        f"    Thuật toán: {', '.join(token.schemes) or 'không có thuật toán được phép'}; "
        f"SHA-256 do {digest}",
    ]
    return lines + [line for c in token.certificates for line in _certificate_lines(c, names)]


def _certificate_lines(certificate: CertificateFinding, names: bool) -> list[str]:
    kind = "tổ chức" if certificate.kind == "organisation" else "cá nhân"
    practice = ", THỰC HÀNH" if certificate.practice else ""
    organization = certificate.organization if names else ""
    lines = [
        f"    Chứng thư {certificate.holder if names else certificate.mark} ({kind}{practice})",
        *([f"      Đơn vị: {organization}"] if organization else []),
        f"      Có giá trị: {_date(certificate.valid_from)} đến {_date(certificate.valid_to)}"
        f"{_remaining(certificate.days_left)}",
        f"      Nơi cấp: {certificate.issuer}; {_trust(certificate)}",
        f"      Công dụng: {_usage(certificate)}",
        f"      Ký bằng: {certificate.algorithm}, {certificate.scheme or 'chưa có cách ký'}",
        f"      Hỏi mã PIN mỗi lần ký: {_EACH_TIME[certificate.pin_each_time]}",
    ]
    return lines + [f"      Lỗi: {problem(code)}" for code in certificate.problems]


def _remaining(days: int) -> str:
    return f" (còn {days} ngày)" if days >= 0 else ""


def _trust(certificate: CertificateFinding) -> str:
    if certificate.root:
        return f"tin cậy, gốc {certificate.root}{HIERARCHIES.get(certificate.hierarchy, '')}"
    return "chưa có trong danh sách tin cậy"


def _usage(certificate: CertificateFinding) -> str:
    return ", ".join(_USAGE[code] for code in certificate.usage) or "không dùng để ký"


def _date(iso: str) -> str:
    return "/".join(reversed(iso.split("-")))
