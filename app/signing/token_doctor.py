"""Look at drivers and tokens and say the one next step. No PIN is tried."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from app.errors import TokenError
from app.signing.certificates import (
    fingerprint,
    holder,
    is_practice,
    name_of,
    tax_code,
    weaknesses,
)
from app.signing.cng import windows_store
from app.signing.token_drivers import find_drivers, flaw_of, shipped_driver_profile
from app.signing.token_process import (
    PKCS11,
    Driver,
    TokenCertificate,
    TokenInfo,
    chain_of,
    look_at_readers,
)
from app.signing.trust import TrustStore

_SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class CertificateFinding:
    """A certificate; `mark` tells it apart from others where names must not be told."""

    mark: str
    kind: str
    """'person' or 'organisation'."""
    valid_from: str
    valid_to: str
    days_left: int
    problems: tuple[str, ...]
    trusted: bool
    practice: bool
    issuer: str = ""
    holder: str = field(default="", repr=False)
    """Personal: on the screen only, never in a report."""


@dataclass(frozen=True, slots=True)
class TokenFinding:
    label_length: int
    """Labels may be a person's name: only how long it is."""
    manufacturer: str
    model: str
    schemes: tuple[str, ...]
    pin: str
    """'ok', 'count_low', 'final_try' or 'locked'."""
    certificates: tuple[CertificateFinding, ...]


@dataclass(frozen=True, slots=True)
class DriverFinding:
    vendor: str
    file: str
    problem: str = ""
    tokens: tuple[TokenFinding, ...] = ()
    empty_readers: int = 0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    drivers: tuple[DriverFinding, ...]
    next_step: str
    ready: bool

    def report(self) -> dict[str, Any]:
        """What may be sent to somebody who helps: plain values, no holder's name."""
        content = asdict(self)
        for driver in content["drivers"]:
            for token in driver["tokens"]:
                for certificate in token["certificates"]:
                    del certificate["holder"]
        return content


def examine(drivers: Iterable[tuple[str, Driver]], trust: TrustStore, now: datetime) -> Diagnosis:
    """Try each driver in its own process; a driver that fails is a finding, never an error."""
    found = tuple(_driver(vendor, driver, trust, now) for vendor, driver in drivers)
    step, ready = _next_step(found)
    return Diagnosis(found, step, ready)


def _driver(vendor: str, driver: Driver, trust: TrustStore, now: datetime) -> DriverFinding:
    if driver.worker == PKCS11 and (flaw := flaw_of(driver.path)):
        return DriverFinding(vendor, driver.path.name, flaw.value)
    try:
        readers = look_at_readers(driver, shipped_driver_profile().patience)
    except TokenError as error:
        return DriverFinding(vendor, driver.path.name, error.code)
    tokens = tuple(_token(i, entries, trust, now) for i, entries in readers.tokens if i.initialized)
    return DriverFinding(vendor, driver.path.name, tokens=tokens, empty_readers=readers.empty)


def _token(
    info: TokenInfo, entries: tuple[TokenCertificate, ...], trust: TrustStore, now: datetime
) -> TokenFinding:
    every = [entry.certificate for entry in entries]
    authorities = {c.subject for c in every} & {c.issuer for c in every}
    pin = "ok"
    for name in ("count_low", "final_try", "locked"):
        pin = name if getattr(info, f"pin_{name}") else pin
    return TokenFinding(
        len(info.label),
        info.manufacturer,
        info.model,
        _schemes(info.mechanisms),
        pin,
        tuple(_certificate(c, every, trust, now) for c in every if c.subject not in authorities),
    )


def _schemes(mechanisms: tuple[str, ...]) -> tuple[str, ...]:
    ways = {
        "RSASSA-PSS": {"SHA256_RSA_PKCS_PSS", "RSA_PKCS_PSS"},
        "RSA PKCS#1 v1.5": {"SHA256_RSA_PKCS", "RSA_PKCS"},
        "ECDSA": {"ECDSA", "ECDSA_SHA256"},
    }
    return tuple(name for name, wanted in ways.items() if wanted & set(mechanisms))


def _certificate(
    certificate: x509.Certificate, every: list[x509.Certificate], trust: TrustStore, now: datetime
) -> CertificateFinding:
    return CertificateFinding(
        fingerprint(certificate)[:8],
        "organisation" if tax_code(certificate) else "person",
        certificate.not_valid_before_utc.date().isoformat(),
        certificate.not_valid_after_utc.date().isoformat(),
        (certificate.not_valid_after_utc - now).days,
        weaknesses(certificate, now),
        trust.path(certificate, chain_of(certificate, every)) is not None,
        is_practice(certificate),
        name_of(certificate.issuer),
        holder(certificate),
    )


def _next_step(found: tuple[DriverFinding, ...]) -> tuple[str, bool]:
    """The first row that holds: its words, and whether one can sign."""
    tokens = [t for d in found for t in d.tokens]
    certificates = [c for t in tokens for c in t.certificates]
    fit = [c for c in certificates if not c.problems]
    pins = {t.pin for t in tokens}
    rows = (
        (not found, "Cài phần mềm của nhà cung cấp token, rồi khám lại.", False),
        (not tokens, _driver_step(found), False),
        (
            "locked" in pins,
            "Token đã khóa mã PIN. Liên hệ nơi cấp chứng thư để mở khóa.",
            False,
        ),
        (not certificates, "Token không có chứng thư. Liên hệ nơi cấp chứng thư.", False),
        (not fit, "Chứng thư hết hạn hoặc không dùng để ký được. Xin gia hạn ở nơi cấp.", False),
        (
            "final_try" in pins,
            "Chỉ còn một lần nhập mã PIN. Hãy chắc chắn mã PIN trước khi ký.",
            True,
        ),
        (
            not any(c.trusted for c in fit),
            "Ký được. Nên thêm chứng thư gốc của nơi cấp vào thư mục tin cậy.",
            True,
        ),
        (
            all(c.days_left < _SOON_DAYS for c in fit),
            "Ký được. Chứng thư sắp hết hạn, nên xin gia hạn ngay.",
            True,
        ),
        (True, "Mọi thứ đã sẵn sàng để ký.", True),
    )
    return next((words, ready) for holds, words, ready in rows if holds)


def _driver_step(found: tuple[DriverFinding, ...]) -> str:
    problems = {d.problem for d in found}
    if any(d.empty_readers for d in found):
        return "Đầu đọc chưa có thẻ. Cắm thẻ hoặc token vào, đợi đèn sáng rồi khám lại."
    if "" in problems:
        return "Cắm token vào máy, đợi đèn sáng rồi khám lại."
    if "other_bitness" in problems:
        return "Trình điều khiển là bản 32-bit. Cài bản 64-bit của nhà cung cấp, rồi khám lại."
    return "Trình điều khiển không chạy được. Cài lại phần mềm của nhà cung cấp token."


def installed(file: Path | None) -> list[tuple[str, Driver]]:
    """What to try: the file the user points to, else all candidates here, and Windows' store."""
    if file is not None:
        return [("", Driver(file))]
    found = [(vendor, Driver(path)) for vendor, path in find_drivers()]
    return [*found, ("Windows", store)] if (store := windows_store()) else found
