"""What the token doctor found, in Vietnamese."""

from __future__ import annotations

from app.signing.report_words import problem
from app.signing.token_doctor import CertificateFinding, Diagnosis, DriverFinding, TokenFinding

_DRIVER_PROBLEMS = {
    "not_readable": "không đọc được tệp",
    "not_a_library": "không phải trình điều khiển",
    "other_bitness": "không cùng số bit với chương trình",
    "no_entry_point": "không phải trình điều khiển PKCS#11",
    "token.driver_unusable": "không nạp được",
    "token.driver_crashed": "bị dừng đột ngột",
    "token.driver_hangs": "không trả lời",
}
_PIN = {
    "ok": "bình thường",
    "count_low": "đã nhập sai, sắp bị khóa",
    "final_try": "chỉ còn một lần thử",
    "locked": "đã bị khóa",
}


def diagnosis_lines(diagnosis: Diagnosis, *, names: bool) -> list[str]:
    """Line by line, the next step last. `names`: whose certificates they are, for the screen."""
    lines = [line for driver in diagnosis.drivers for line in _driver_lines(driver, names)]
    if not diagnosis.drivers:
        lines.append("Không tìm thấy trình điều khiển token nào trên máy này.")
    return [*lines, "", f"Bước tiếp theo: {diagnosis.next_step}"]


def _driver_lines(driver: DriverFinding, names: bool) -> list[str]:
    name = f"{driver.file} ({driver.vendor})" if driver.vendor else driver.file
    if driver.problem:
        words = _DRIVER_PROBLEMS.get(driver.problem, f"không dùng được ({driver.problem})")
        return [f"Trình điều khiển {name}: {words}"]
    lines = [f"Trình điều khiển {name}: chạy được, {len(driver.tokens)} token"]
    if driver.empty_readers:
        lines.append(f"  {driver.empty_readers} đầu đọc chưa có thẻ")
    return lines + [line for token in driver.tokens for line in _token_lines(token, names)]


def _token_lines(token: TokenFinding, names: bool) -> list[str]:
    lines = [
        f"  Token {token.manufacturer} {token.model}",
        f"    Mã PIN: {_PIN[token.pin]}",
        f"    Thuật toán: {', '.join(token.schemes) or 'không rõ'}",
    ]
    return lines + [line for c in token.certificates for line in _certificate_lines(c, names)]


def _certificate_lines(certificate: CertificateFinding, names: bool) -> list[str]:
    kind = "tổ chức" if certificate.kind == "organisation" else "cá nhân"
    practice = ", THỰC HÀNH" if certificate.practice else ""
    trusted = "tin cậy" if certificate.trusted else "nơi cấp chưa có trong danh sách tin cậy"
    lines = [
        f"    Chứng thư {certificate.holder if names else certificate.mark} ({kind}{practice}): "
        f"đến {_date(certificate.valid_to)}, {trusted}",
        f"      Nơi cấp: {certificate.issuer}",
    ]
    return lines + [f"      {problem(code)}" for code in certificate.problems]


def _date(iso: str) -> str:
    return "/".join(reversed(iso.split("-")))
