"""`hocba doctor`: can this machine sign? No PIN is asked for; no names are printed."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from app.clock import now
from app.signing.report_words import problem
from app.signing.token_doctor import (
    CertificateFinding,
    Diagnosis,
    DriverFinding,
    TokenFinding,
    examine,
    installed,
)
from app.signing.trust import TrustStore

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


@click.command("doctor")
@click.option(
    "--driver",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tệp trình điều khiển PKCS#11 cần khám.",
)
@click.option("--json", "as_json", is_flag=True, help="In kết quả dạng JSON.")
def command(driver: Path | None, as_json: bool) -> None:
    """Khám token: trình điều khiển, mã PIN, chứng thư; và cho biết bước tiếp theo.

    Không hỏi mã PIN. Mã thoát 0: ký được. 1: chưa ký được.
    """
    diagnosis = examine(installed(driver), TrustStore.shipped(), now())
    if as_json:
        click.echo(json.dumps(asdict(diagnosis), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(_lines(diagnosis)))
    sys.exit(0 if diagnosis.ready else 1)


def _lines(diagnosis: Diagnosis) -> list[str]:
    lines = [line for driver in diagnosis.drivers for line in _driver_lines(driver)]
    if not diagnosis.drivers:
        lines.append("Không tìm thấy trình điều khiển token nào trên máy này.")
    return [*lines, "", f"Bước tiếp theo: {diagnosis.next_step}"]


def _driver_lines(driver: DriverFinding) -> list[str]:
    name = f"{driver.file} ({driver.vendor})" if driver.vendor else driver.file
    if driver.problem:
        words = _DRIVER_PROBLEMS.get(driver.problem, f"không dùng được ({driver.problem})")
        return [f"Trình điều khiển {name}: {words}"]
    lines = [f"Trình điều khiển {name}: chạy được, {len(driver.tokens)} token"]
    return lines + [line for token in driver.tokens for line in _token_lines(token)]


def _token_lines(token: TokenFinding) -> list[str]:
    lines = [
        f"  Token {token.manufacturer} {token.model}",
        f"    Mã PIN: {_PIN[token.pin]}",
        f"    Thuật toán: {', '.join(token.schemes) or 'không rõ'}",
    ]
    return lines + [line for c in token.certificates for line in _certificate_lines(c)]


def _certificate_lines(certificate: CertificateFinding) -> list[str]:
    kind = "tổ chức" if certificate.kind == "organisation" else "cá nhân"
    practice = ", THỰC HÀNH" if certificate.practice else ""
    trusted = "tin cậy" if certificate.trusted else "nơi cấp chưa có trong danh sách tin cậy"
    lines = [
        f"    Chứng thư {certificate.mark} ({kind}{practice}): "
        f"đến {_date(certificate.valid_to)}, {trusted}"
    ]
    return lines + [f"      {problem(code)}" for code in certificate.problems]


def _date(iso: str) -> str:
    return "/".join(reversed(iso.split("-")))
