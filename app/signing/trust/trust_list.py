"""Certificates of authorities beside those that ship: a department's list, a school's own.

A list is UTF-8 JSON: `{"format": "hocba-trust/1", "certificates": [{"hierarchy": "public",
"purpose": "signing", "certificate": base64 of the DER}]}`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from app.errors import PackInvalid, RootInvalid
from app.signing.trust.certificates import (
    PRACTICE_MARK,
    fingerprint,
    is_authority,
    is_strong,
    load_certificate,
    load_certificates,
    name_of,
)

FORMAT = "hocba-trust/1"
LARGEST = 512 * 1024
LARGEST_CERTIFICATE = 64 * 1024
_MOST = 200


class Hierarchy(StrEnum):
    """Under which of the country's roots an authority stands."""

    PUBLIC = "public"
    GOVERNMENT = "government"
    OTHER = "other"


class TrustPurpose(StrEnum):
    """What a trusted certificate may vouch for."""

    SIGNING = "signing"
    """Whatever it vouches for: signers, seals, time-stamps."""
    TIMESTAMPS = "timestamps"
    """Time-stamping services only; never a signer."""


@dataclass(frozen=True, slots=True)
class TrustedCertificate:
    """An authority's certificate, with its hierarchy and what it is trusted for."""

    certificate: x509.Certificate
    hierarchy: Hierarchy = Hierarchy.OTHER
    purpose: TrustPurpose = TrustPurpose.SIGNING

    @property
    def is_root(self) -> bool:
        """Whether it names itself as its issuer."""
        return self.certificate.subject == self.certificate.issuer

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER, hex."""
        return fingerprint(self.certificate)


def read_authority(data: bytes) -> x509.Certificate:
    """The one authority's certificate in a .pem, .crt or .cer file. Raises RootInvalid."""
    if len(data) > LARGEST_CERTIFICATE:
        raise RootInvalid("too large", reason="tệp quá lớn")
    try:
        found = load_certificates(data)
    except ValueError as error:
        raise RootInvalid("unreadable", reason="không đọc được chứng thư trong tệp") from error
    if len(found) != 1:
        raise RootInvalid("several", reason="tệp có nhiều chứng thư, cần đúng một")
    if flaw := flaw_of_authority(found[0]):
        raise RootInvalid("flaw", reason=flaw)
    return found[0]


def flaw_of_authority(certificate: x509.Certificate) -> str:
    """Why it cannot vouch for others, in Vietnamese; '' when nothing speaks against it.

    Its dates do not: records signed in its time stay to be checked after its end.
    """
    try:
        if not is_authority(certificate) or not _signs_certificates(certificate):
            return "đây không phải chứng thư của nơi cấp"
        if PRACTICE_MARK in name_of(certificate.subject):
            return "đây là chứng thư thực hành"
        if not is_strong(certificate):
            return "khóa của chứng thư quá ngắn"
        if certificate.subject == certificate.issuer:
            certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return "chứng thư bị hỏng hoặc bị sửa"
    return ""


def _signs_certificates(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return False


def make_trust_list(certificates: Iterable[TrustedCertificate]) -> bytes:
    """The same bytes for the same list."""
    entries = [
        {
            "hierarchy": one.hierarchy.value,
            "purpose": one.purpose.value,
            "certificate": base64.b64encode(one.certificate.public_bytes(Encoding.DER)).decode(),
        }
        for one in certificates
    ]
    return json.dumps({"format": FORMAT, "certificates": entries}, indent=0).encode()


def read_trust_list(data: bytes) -> tuple[TrustedCertificate, ...]:
    """Raises PackInvalid(file, line, reason): nothing of a list with a bad entry is used."""
    if len(data) > LARGEST:
        raise _invalid(0, "danh sách quá lớn")
    try:
        content = json.loads(data)
        entries = content["certificates"]
        if content["format"] != FORMAT or not isinstance(entries, list):
            raise ValueError("format")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _invalid(0, "không đúng khuôn dạng") from error
    if not 0 < len(entries) <= _MOST:
        raise _invalid(0, f"cần từ 1 đến {_MOST} chứng thư")
    found = tuple(_entry(place, entry) for place, entry in enumerate(entries, 1))
    if len({one.fingerprint for one in found}) != len(found):
        raise _invalid(0, "có chứng thư lặp lại")
    return found


def _entry(place: int, entry: Mapping[str, Any]) -> TrustedCertificate:
    try:
        der = base64.b64decode(entry["certificate"], validate=True)
        one = TrustedCertificate(
            load_certificate(der),
            Hierarchy(entry["hierarchy"]),
            TrustPurpose(entry["purpose"]),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise _invalid(place, "không đọc được chứng thư") from error
    if flaw := flaw_of_authority(one.certificate):
        raise _invalid(place, f"{_named(one.certificate)}{flaw}")
    return one


def _named(certificate: x509.Certificate) -> str:
    """'' where even the name is damaged: it is read only when it is asked for."""
    try:
        return f"{name_of(certificate.subject)}: "
    except ValueError:
        return ""


def _invalid(place: int, reason: str) -> PackInvalid:
    """`place`: of the entry, from 1; 0 for the whole."""
    return PackInvalid(
        f"trust list: entry {place}", file="danh sách tin cậy", line=place, reason=reason
    )
