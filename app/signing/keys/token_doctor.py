"""Look at drivers and tokens and say the one next step. No PIN is tried."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.errors import TokenError
from app.signing.keys.cng import windows_store
from app.signing.keys.token_drivers import (
    DriverFlaw,
    DriverProfile,
    find_drivers,
    flaw_of,
    shipped_driver_profile,
)
from app.signing.keys.token_process import (
    PKCS11,
    TokenCertificate,
    TokenDriver,
    TokenInfo,
    chain_of,
    look_at_readers,
)
from app.signing.trust.certificates import (
    fingerprint,
    holder,
    is_practice,
    name_of,
    organization,
    signing_usage,
    tax_code,
    weaknesses,
)
from app.signing.trust.trust_store import TrustStore

_SOON_DAYS = 30
_WINDOWS = "Windows"
_SCHEMES = {
    "RSASSA-PSS": {"SHA256_RSA_PKCS_PSS", "RSA_PKCS_PSS"},
    "RSA PKCS#1 v1.5": {"SHA256_RSA_PKCS", "RSA_PKCS"},
    "ECDSA": {"ECDSA", "ECDSA_SHA256"},
}
"""What we sign with, the preferred one first, and the mechanisms that make it possible."""
_WITH_SHA256 = {"SHA256_RSA_PKCS_PSS", "SHA256_RSA_PKCS", "ECDSA_SHA256"}


@dataclass(frozen=True, slots=True)
class CertificateFinding:
    """A certificate; `mark` tells it apart from others where names must not be told."""

    mark: str
    kind: str
    """'person' or 'organisation'."""
    algorithm: str
    """'RSA 2048', 'EC secp256r1'."""
    scheme: str
    """How this token signs with its key; empty: in no way we allow."""
    usage: tuple[str, ...]
    """'digital_signature', 'non_repudiation'."""
    valid_from: str
    valid_to: str
    days_left: int
    problems: tuple[str, ...]
    root: str
    """The trust root that its path leads to; empty: none of ours."""
    hierarchy: str
    """Of that root: 'public', 'government' or 'other'; empty as `root`."""
    practice: bool
    pin_each_time: bool | None
    """Whether the key wants the PIN for every signature; None: not known before a login."""
    issuer: str = ""
    holder: str = field(default="", repr=False)
    """Personal: on the screen only, never in a report."""
    organization: str = field(default="", repr=False)
    """As `holder`."""

    @property
    def trusted(self) -> bool:
        """Whether its path leads to one of our trust roots."""
        return bool(self.root)


@dataclass(frozen=True, slots=True)
class TokenFinding:
    """What a token says of itself without a PIN, and the certificates on it.

    `schemes`: names such as 'RSASSA-PSS' of what it can sign with, of those we use.
    """

    reader: str
    label_length: int
    """Labels may be a person's name: only how long it is."""
    manufacturer: str
    model: str
    schemes: tuple[str, ...]
    hashes_itself: bool
    """Whether it signs with SHA-256 in one; else the digest is made here."""
    pin: str
    """'ok', 'count_low', 'final_try' or 'locked'."""
    certificates: tuple[CertificateFinding, ...]


@dataclass(frozen=True, slots=True)
class DriverFinding:
    """What was found through one driver; `problem`: a code, '' where it works."""

    vendor: str
    file: str
    problem: str = ""
    tokens: tuple[TokenFinding, ...] = ()
    empty_readers: tuple[str, ...] = ()
    """Their names."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that was found, the one next step (Vietnamese), and whether somebody can sign now."""

    drivers: tuple[DriverFinding, ...]
    next_step: str
    ready: bool

    def report(self) -> dict[str, Any]:
        """What may be sent to somebody who helps: plain values, no holder's name."""
        content = asdict(self)
        for driver in content["drivers"]:
            for token in driver["tokens"]:
                for certificate in token["certificates"]:
                    del certificate["holder"], certificate["organization"]
        return content


def examine(
    drivers: Iterable[tuple[str, TokenDriver]], trust: TrustStore, now: datetime
) -> Diagnosis:
    """Try each driver in its own process; a driver that fails is a finding, never an error."""
    found = tuple(_driver(vendor, driver, trust, now) for vendor, driver in drivers)
    step, ready = _next_step(found)
    return Diagnosis(found, step, ready)


def _driver(vendor: str, driver: TokenDriver, trust: TrustStore, now: datetime) -> DriverFinding:
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
    mechanisms = set(info.mechanisms)
    schemes = tuple(name for name, wanted in _SCHEMES.items() if wanted & mechanisms)
    return TokenFinding(
        info.reader,
        len(info.label),
        info.manufacturer,
        info.model,
        schemes,
        bool(mechanisms & _WITH_SHA256),
        pin,
        tuple(
            _certificate(entry, every, schemes, trust, now)
            for entry in entries
            if entry.certificate.subject not in authorities
        ),
    )


def _certificate(
    entry: TokenCertificate,
    every: list[x509.Certificate],
    schemes: tuple[str, ...],
    trust: TrustStore,
    now: datetime,
) -> CertificateFinding:
    certificate = entry.certificate
    algorithm, able = _algorithm(certificate)
    path = trust.path(certificate, chain_of(certificate, every))
    return CertificateFinding(
        mark=fingerprint(certificate)[:8],
        kind="organisation" if tax_code(certificate) else "person",
        algorithm=algorithm,
        scheme=next((scheme for scheme in schemes if scheme.startswith(able)), ""),
        usage=signing_usage(certificate),
        valid_from=certificate.not_valid_before_utc.date().isoformat(),
        valid_to=certificate.not_valid_after_utc.date().isoformat(),
        days_left=(certificate.not_valid_after_utc - now).days,
        problems=weaknesses(certificate, now),
        root=path.names[-1] if path else "",
        hierarchy=path.hierarchy.value if path else "",
        practice=is_practice(certificate),
        pin_each_time=entry.pin_each_time,
        issuer=name_of(certificate.issuer),
        holder=holder(certificate),
        organization=organization(certificate),
    )


def _algorithm(certificate: x509.Certificate) -> tuple[str, str]:
    """The key's kind and size, and what the names of its schemes begin with."""
    public = certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return f"RSA {public.key_size}", "RSA"
    if isinstance(public, ec.EllipticCurvePublicKey):
        return f"EC {public.curve.name}", "ECDSA"
    return type(public).__name__, "-"


Step = tuple[str, bool]
"""Words, and whether one can sign."""


def _next_step(found: tuple[DriverFinding, ...]) -> Step:
    """Of the token that is nearest to signing: one that cannot does not hide one that can."""
    steps = [_token_step(token) for driver in found for token in driver.tokens]
    if not steps:
        return _driver_step(found), False
    _, words, ready = max(steps, key=lambda step: step[0])
    return words, ready


def _token_step(token: TokenFinding) -> tuple[int, str, bool]:
    """The first row that holds: how near it is to signing, its words, whether one can sign."""
    fit = [c for c in token.certificates if not c.problems]
    able = [c for c in fit if c.scheme]
    rows = (
        (
            token.pin == "locked",
            "Token đã khóa mã PIN. Liên hệ nơi cấp chứng thư để mở khóa.",
            False,
        ),
        (
            not token.certificates,
            "Token không có chứng thư. Liên hệ nơi cấp chứng thư.",
            False,
        ),
        (not fit, _unfit_step(token.certificates), False),
        (
            not able,
            "Token không có thuật toán ký nào được phép dùng. Đổi token ở nơi cấp chứng thư.",
            False,
        ),
        (
            token.pin == "final_try",
            "Chỉ còn một lần nhập mã PIN. Hãy chắc chắn mã PIN trước khi ký.",
            True,
        ),
        (
            not any(c.trusted for c in able),
            "Ký được. Nên thêm chứng thư gốc của nơi cấp trong Cài đặt, mục Nơi cấp tin cậy.",
            True,
        ),
        (
            all(c.days_left < _SOON_DAYS for c in able),
            "Ký được. Chứng thư sắp hết hạn, nên xin gia hạn ngay.",
            True,
        ),
        (True, "Mọi thứ đã sẵn sàng để ký.", True),
    )
    return next((place, row[1], row[2]) for place, row in enumerate(rows) if row[0])


_UNFIT_STEPS = {
    "certificate_not_yet_valid": "Chứng thư chưa có hiệu lực. Xem lại ngày giờ của máy tính này.",
    "certificate_expired": "Chứng thư đã hết hạn. Xin gia hạn ở nơi cấp chứng thư.",
    "certificate_key_usage": "Chứng thư không dùng để ký được. Xin nơi cấp đổi chứng thư ký số.",
    "certificate_weak_key": "Khóa của chứng thư quá ngắn. Xin nơi cấp đổi chứng thư mới.",
}


def _unfit_step(certificates: tuple[CertificateFinding, ...]) -> str:
    problems = {code for c in certificates for code in c.problems}
    return next((words for code, words in _UNFIT_STEPS.items() if code in problems), "")


_NO_DRIVERS = {"not_a_library", "no_entry_point", "not_readable"}


def _driver_step(found: tuple[DriverFinding, ...]) -> str:
    drivers = [d for d in found if d.vendor != _WINDOWS]
    working = [d for d in drivers if not d.problem]
    if not drivers:
        return "Cài phần mềm của nhà cung cấp token, rồi khám lại."
    if any(d.empty_readers for d in found):
        return "Đầu đọc chưa có thẻ. Cắm thẻ hoặc token vào, đợi đèn sáng rồi khám lại."
    if other := next((d for d in drivers if d.problem == "other_bitness"), None):
        first = "Cắm token vào máy rồi khám lại. Nếu đã cắm: trình" if working else "Trình"
        return f"{first} điều khiển {other.file} là bản 32-bit, hãy cài bản 64-bit của nó."
    if {d.problem for d in drivers} <= _NO_DRIVERS:
        return "Tệp này không phải trình điều khiển của token. Hãy chọn tệp .dll hoặc .so khác."
    if working:
        return "Cắm token vào máy, đợi đèn sáng rồi khám lại."
    return "Trình điều khiển không chạy được. Cài lại phần mềm của nhà cung cấp token."


def installed(
    file: Path | None, vendors: DriverProfile | None = None
) -> list[tuple[str, TokenDriver]]:
    """What to try: the file the user points to, else all candidates here, and Windows' store.

    Of a driver that is here for 32 and for 64 bits only the one that fits is tried.
    """
    if file is not None:
        return [("", TokenDriver(file))]
    flaws = [(vendor, path, flaw_of(path)) for vendor, path in find_drivers(vendors)]
    fitting = {path.name.lower() for _, path, flaw in flaws if flaw is None}
    found = [
        (vendor, TokenDriver(path))
        for vendor, path, flaw in flaws
        if flaw is not DriverFlaw.OTHER_BITNESS or path.name.lower() not in fitting
    ]
    return [*found, (_WINDOWS, store)] if (store := windows_store()) else found
