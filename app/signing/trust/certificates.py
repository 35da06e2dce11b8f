"""What a certificate says: its holder, whether it is fit to sign, whose it must be."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path

from asn1crypto import pem
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.errors import RootInvalid

PRACTICE_MARK = "THỰC HÀNH"
"""In the name of every practice authority; such certificates have no legal value."""

_PERSONAL_ID = re.compile(r"(?<!\d)(\d{12})(?!\d)")
_OLD_PERSONAL_ID = re.compile(r"CMND:(\d{9})(?!\d)", re.IGNORECASE)
_TAX_CODE = re.compile(r"MST:\s*(\d{10}(?:-?\d{3})?)(?!\d)", re.IGNORECASE)
_MIN_RSA_BITS = 2048
_MIN_EC_BITS = 256
_SERVICES = frozenset(
    {
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.TIME_STAMPING,
        ExtendedKeyUsageOID.OCSP_SIGNING,
    }
)
_CACHED = 256
"""Certificates whose facts are kept: a batch asks the same ones for every record."""
_LARGEST_FILE = 64 * 1024
_MOST_ISSUERS = 8
_DECODED_LATE = (
    "subject",
    "issuer",
    "extensions",
    "not_valid_before_utc",
    "not_valid_after_utc",
    "signature_hash_algorithm",
)
"""A damaged one is to fail when the certificate is read, not in the middle of a judgement."""
UNREADABLE = (
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UnsupportedAlgorithm,
)
"""What `cryptography` raises for certificates, lists and answers that are no such thing."""


@lru_cache(maxsize=512)
def load_certificate(der: bytes) -> x509.Certificate:
    """A foreign certificate (DER) of which every part can be read. Raises ValueError.

    Cached: a school's records carry the same few certificates.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        for part in _DECODED_LATE:
            getattr(certificate, part)
        certificate.public_key()
    except UNREADABLE as error:
        raise ValueError(type(error).__name__) from error
    return certificate


def readable(ders: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    """What came with a signature and may help to find a path: the first few that can be read.

    Nothing signs them, so a bad one among them says nothing of the signature.
    """
    found = []
    for der in islice(ders, _MOST_ISSUERS):
        with contextlib.suppress(ValueError):
            found.append(load_certificate(der))
    return tuple(found)


def load_certificates(data: bytes) -> list[x509.Certificate]:
    """All of a .pem, .crt or .cer file, in PEM or DER. Raises ValueError."""
    if b"-----BEGIN" not in data:
        return [load_certificate(data)]
    found = pem.unarmor(data, multiple=True)
    return [load_certificate(der) for kind, _, der in found if kind == "CERTIFICATE"]


def read_signer(file: Path) -> x509.Certificate:
    """The one certificate in a .pem, .crt or .cer file. Raises RootInvalid(reason)."""
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise RootInvalid("too large", reason="tệp quá lớn")
        found = load_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise RootInvalid("unreadable", reason="không đọc được chứng thư trong tệp") from error
    if len(found) != 1:
        raise RootInvalid("several", reason="tệp có nhiều chứng thư, cần đúng một")
    return found[0]


def first_of(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    """The first attribute of that kind; empty when there is none."""
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def name_of(name: x509.Name) -> str:
    """CN, else the organisation, else the whole name."""
    return (
        first_of(name, NameOID.COMMON_NAME)
        or first_of(name, NameOID.ORGANIZATION_NAME)
        or name.rfc4514_string()
    )


def holder(certificate: x509.Certificate) -> str:
    """CN of the subject, in NFC."""
    return unicodedata.normalize("NFC", name_of(certificate.subject))


def organization(certificate: x509.Certificate) -> str:
    """O of the subject, in NFC; empty when it names none."""
    found = first_of(certificate.subject, NameOID.ORGANIZATION_NAME)
    return unicodedata.normalize("NFC", found)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER, hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def is_practice(certificate: x509.Certificate) -> bool:
    """Whether its issuer or subject is marked as made for practice."""
    names = (certificate.subject, certificate.issuer)
    return any(
        PRACTICE_MARK in unicodedata.normalize("NFC", str(a.value)) for n in names for a in n
    )


@lru_cache(maxsize=_CACHED)
def personal_ids(certificate: x509.Certificate) -> tuple[str, ...]:
    """12-digit ids (CCCD), then 9-digit ones (CMND), in serialNumber and UID of the subject.

    Public authorities write `CCCD:…` or `CMND:…` into one of the two.
    """
    texts = [
        str(a.value)
        for oid in (NameOID.SERIAL_NUMBER, NameOID.USER_ID)
        for a in certificate.subject.get_attributes_for_oid(oid)
    ]
    found = [i for t in texts for i in _PERSONAL_ID.findall(t)]
    return tuple(found + [i for t in texts for i in _OLD_PERSONAL_ID.findall(t)])


@lru_cache(maxsize=_CACHED)
def tax_code(certificate: x509.Certificate) -> str:
    """MST of an organisation, digits only; empty when the subject names none."""
    for attribute in certificate.subject:
        if found := _TAX_CODE.search(str(attribute.value)):
            return found[1].replace("-", "")
    return ""


def weaknesses(
    certificate: x509.Certificate, moment: datetime, tolerance: timedelta = timedelta()
) -> tuple[str, ...]:
    """Codes of what makes a certificate unfit to sign at `moment` (aware); empty when fit.

    `tolerance`: how far the clock that said the moment may have been behind.
    """
    found: list[str] = []
    if moment < certificate.not_valid_before_utc - tolerance:
        found.append("certificate_not_yet_valid")
    if moment > certificate.not_valid_after_utc:
        found.append("certificate_expired")
    if not may_sign(certificate):
        found.append("certificate_key_usage")
    if not is_strong(certificate):
        found.append("certificate_weak_key")
    return tuple(found)


@lru_cache(maxsize=_CACHED)
def signing_usage(certificate: x509.Certificate) -> tuple[str, ...]:
    """What key usage (RFC 5280 §4.2.1.3) allows of 'digital_signature' and 'non_repudiation'."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return ()
    allowed = {
        "digital_signature": usage.digital_signature,
        "non_repudiation": usage.content_commitment,
    }
    return tuple(name for name, given in allowed.items() if given)


@lru_cache(maxsize=_CACHED)
def may_sign(certificate: x509.Certificate) -> bool:
    """Key usage has digitalSignature or nonRepudiation, and it is no authority's or server's."""
    usable = bool(signing_usage(certificate)) and not _is_service(certificate)
    return usable and not is_authority(certificate)


def _is_service(certificate: x509.Certificate) -> bool:
    """Whether its extended key usage (RFC 5280 §4.2.1.12) is that of a machine alone.

    A school's web server may have a certificate in the school's name too.
    """
    try:
        named = set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return False
    return bool(named & _SERVICES) and named <= _SERVICES | {ExtendedKeyUsageOID.CLIENT_AUTH}


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may issue certificates."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


@lru_cache(maxsize=_CACHED)
def is_strong(certificate: x509.Certificate) -> bool:
    """RSA of 2048 bits or more, or an elliptic curve of 256."""
    public = certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return public.key_size >= _MIN_RSA_BITS
    return isinstance(public, ec.EllipticCurvePublicKey) and public.key_size >= _MIN_EC_BITS
