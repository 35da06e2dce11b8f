"""What the token doctor found, as cards: each token with its certificates, then the rest."""

from __future__ import annotations

from datetime import date

from PySide6.QtWidgets import QLayout, QWidget

from app.signing.keys.doctor_words import PIN_STATES, driver_trouble
from app.signing.keys.token_doctor import CertificateFinding, Diagnosis, DriverFinding, TokenFinding
from app.signing.report_words import HIERARCHIES, problem
from app.ui.kit import Card, KeyCard, KeyCheck, KeyFacts, column, rule, text
from app.ui.kit.key_card import check_line
from app.ui.theme.theme import Tone, Type

Parts = list[QWidget | QLayout | int | None]
_PIN_TONES = {"ok": Tone.DONE, "locked": Tone.DECIDE}
_SOON_DAYS = 30


def sheet_of(diagnosis: Diagnosis) -> QWidget:
    """Everything that was found, to be laid into a scroll area."""
    parts: Parts = [
        _token_card(driver, token) for driver in diagnosis.drivers for token in driver.tokens
    ]
    parts += [_others_card(diagnosis)]
    sheet = QWidget()
    sheet.setLayout(column(*parts, None, gap=3))
    return sheet


def _token_card(driver: DriverFinding, token: TokenFinding) -> Card:
    name = " ".join(part for part in (token.manufacturer, token.model) if part)
    place = " · ".join(part for part in (token.reader, driver.file) if part)
    card = Card(f"Token {name}", margin=4).add(text(place, Type.SMALL, muted=True, wrap=True))
    card.add(*_lines(_token_checks(token)))
    for certificate in token.certificates:
        card.add(rule(), KeyCard(facts_of(certificate)))
    return card


def _token_checks(token: TokenFinding) -> list[KeyCheck]:
    checks = [KeyCheck(f"Mã PIN: {PIN_STATES[token.pin]}", _PIN_TONES.get(token.pin, Tone.WAITS))]
    if not token.schemes:
        checks.append(KeyCheck("Không có thuật toán ký nào được phép dùng", Tone.DECIDE))
    if not token.certificates:
        checks.append(KeyCheck("Không có chứng thư", Tone.DECIDE))
    return checks


def facts_of(certificate: CertificateFinding) -> KeyFacts:
    """Whose it is, and everything that speaks for or against signing with it."""
    kind = "Tổ chức" if certificate.kind == "organisation" else "Cá nhân"
    checks = [KeyCheck(_capital(problem(code)), Tone.DECIDE) for code in certificate.problems]
    checks.append(_days(certificate.days_left))
    checks.append(
        KeyCheck(f"Ký bằng {certificate.algorithm}, {certificate.scheme}, SHA-256")
        if certificate.scheme
        else KeyCheck(f"Token không ký được bằng khóa {certificate.algorithm}", Tone.DECIDE)
    )
    checks.append(
        KeyCheck(
            f"Nơi cấp được tin cậy, gốc {certificate.root}"
            f"{HIERARCHIES.get(certificate.hierarchy, '')}"
        )
        if certificate.trusted
        else KeyCheck("Nơi cấp chưa có trong danh sách tin cậy", Tone.WAITS)
    )
    if certificate.pin_each_time:
        checks.append(KeyCheck("Hỏi mã PIN mỗi lần ký; phần mềm tự trả lời trong một đợt"))
    if certificate.practice:
        checks.append(KeyCheck("Chứng thư thực hành, không có giá trị pháp lý", Tone.WAITS))
    return KeyFacts(
        certificate.holder,
        kind,
        certificate.organization if certificate.organization != certificate.holder else "",
        certificate.issuer,
        date.fromisoformat(certificate.valid_to),
        tuple(checks),
    )


def _days(left: int) -> KeyCheck:
    if left < 0:
        return KeyCheck("Không ký được nữa; học bạ đã ký trước đó vẫn còn giá trị", Tone.NEUTRAL)
    return KeyCheck(f"Còn hạn {left} ngày", Tone.WAITS if left < _SOON_DAYS else Tone.DONE)


def _others_card(diagnosis: Diagnosis) -> Card:
    """Drivers without a token, and readers without a card."""
    card = Card("Nơi khác đã tìm", margin=4)
    lines = [
        KeyCheck(f"Đầu đọc {reader}: chưa có thẻ", Tone.WAITS)
        for driver in diagnosis.drivers
        for reader in driver.empty_readers
    ]
    for driver in diagnosis.drivers:
        name = " ".join((driver.vendor, driver.file)).strip()
        if driver.problem:
            lines.append(KeyCheck(f"{name}: {driver_trouble(driver.problem)}", Tone.WAITS))
        elif not driver.tokens:
            lines.append(KeyCheck(f"{name}: chạy được, không thấy token", Tone.NEUTRAL))
    if not diagnosis.drivers:
        lines.append(KeyCheck("Máy này chưa cài trình điều khiển token nào", Tone.WAITS))
    card.add(*_lines(lines))
    card.setVisible(bool(lines))
    return card


def _lines(checks: list[KeyCheck]) -> Parts:
    return [check_line(check) for check in checks]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
