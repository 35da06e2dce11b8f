"""An invented certificate authority for practice and tests.

Every name carries "THỰC HÀNH", so that no certificate of it can pass for a real one. The profile
of the certificates follows public practice: `CCCD:` in UID for persons, `MST:` for organisations.
"""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.signing.keys.keys import Pkcs12Key, Scheme
from app.signing.trust.certificates import PRACTICE_MARK

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_YEARS = 3
_DAY = timedelta(days=1)


class Algorithm(StrEnum):
    """EC: P-256. RSA: 2048 bit, what most tokens in use hold."""

    EC = "ec"
    RSA = "rsa"


class CertificatePurpose(StrEnum):
    """What a practice certificate is issued for; it decides the certificate's extensions."""

    SIGN = "sign"
    """A person's or an organisation's signatures; a department's receipts."""
    DECRYPT = "decrypt"
    """Parcels are encrypted to it; an RSA key."""
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Identity:
    """A key with its certificate and the authority that issued it."""

    private_key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    def key(self, rsa_scheme: Scheme = Scheme.PSS) -> Pkcs12Key:
        """Ready to sign, without a file."""
        return Pkcs12Key(self.private_key, self.certificate, self.chain, rsa_scheme=rsa_scheme)

    def save_pkcs12(self, file: Path, password: str) -> None:
        """Write a PKCS#12 file with the chain."""
        file.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"practice",
                self.private_key,
                self.certificate,
                self.chain,
                BestAvailableEncryption(password.encode()),
            )
        )


def new_key(algorithm: Algorithm) -> PrivateKey:
    """A fresh random key: P-256, or RSA of 2048 bits."""
    if algorithm is Algorithm.EC:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class PracticeAuthority:
    """A root, an issuing authority under it, and what it issues. Times are aware."""

    def __init__(
        self, now: datetime, name: str = "Chứng thực", algorithm: Algorithm = Algorithm.EC
    ) -> None:
        self._now = now.astimezone(UTC)
        root_key, sub_key = new_key(algorithm), new_key(algorithm)
        root_name = _name(f"{PRACTICE_MARK} - {name} gốc", f"Hocba {PRACTICE_MARK}")
        self._sub_name = _name(f"{PRACTICE_MARK} - {name} cấp dưới", f"Hocba {PRACTICE_MARK}")
        self.root = self._issue(root_name, root_name, root_key, root_key, _authority(None))
        self.issuer = self._issue(self._sub_name, root_name, sub_key, root_key, _authority(0))
        self._sub_key = sub_key

    def person(
        self,
        full_name: str,
        personal_id: str = "",
        *,
        algorithm: Algorithm = Algorithm.EC,
        valid: tuple[datetime, datetime] | None = None,
    ) -> Identity:
        """A teacher's or principal's certificate. `valid`: other dates than usual, for tests."""
        subject = _name(full_name, "", uid=f"CCCD:{personal_id}" if personal_id else "")
        return self._identity(subject, new_key(algorithm), CertificatePurpose.SIGN, valid)

    def organisation(
        self,
        name: str,
        tax_code: str = "",
        *,
        algorithm: Algorithm = Algorithm.EC,
        purpose: CertificatePurpose = CertificatePurpose.SIGN,
        valid: tuple[datetime, datetime] | None = None,
    ) -> Identity:
        """A school's or a department's certificate; an RSA key where parcels are opened with it."""
        if purpose is CertificatePurpose.DECRYPT:
            algorithm = Algorithm.RSA
        subject = _name(name, name, uid=f"MST:{tax_code}" if tax_code else "")
        return self._identity(subject, new_key(algorithm), purpose, valid)

    def server(self, *hosts: str) -> Identity:
        """A TLS certificate for a station on this machine."""
        subject = _name(hosts[0], f"Hocba {PRACTICE_MARK}")
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        return self._identity(
            subject, new_key(Algorithm.EC), CertificatePurpose.SERVER, None, names
        )

    def save_root(self, folder: Path) -> Path:
        """Write `practice-root.pem`, which `hocba verify` finds in a `trust` folder."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "practice-root.pem"
        file.write_bytes(self.root.public_bytes(Encoding.PEM))
        return file

    def _identity(
        self,
        subject: x509.Name,
        key: PrivateKey,
        purpose: CertificatePurpose,
        valid: tuple[datetime, datetime] | None,
        names: x509.SubjectAlternativeName | None = None,
    ) -> Identity:
        extensions = _extensions(purpose) + ([(names, False)] if names else [])
        certificate = self._issue(subject, self._sub_name, key, self._sub_key, extensions, valid)
        return Identity(key, certificate, (self.issuer,))

    def _issue(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: PrivateKey,
        issuer_key: PrivateKey,
        extensions: list[tuple[x509.ExtensionType, bool]],
        valid: tuple[datetime, datetime] | None = None,
    ) -> x509.Certificate:
        begin, end = valid or (self._now - _DAY, self._now + _YEARS * 365 * _DAY)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(secrets.randbits(120) | 1 << 120)
            .not_valid_before(begin.astimezone(UTC))
            .not_valid_after(end.astimezone(UTC))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
            )
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer_key, hashes.SHA256())


def _name(common_name: str, organisation: str, uid: str = "") -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, "VN")]
    if uid:
        parts.append((NameOID.USER_ID, uid))
    if organisation:
        parts.append((NameOID.ORGANIZATION_NAME, organisation[:64]))
    parts.append((NameOID.COMMON_NAME, common_name[:64]))
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(**wanted: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in names})


def _authority(path_length: int | None) -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (_usage(key_cert_sign=True, crl_sign=True), True),
    ]


def _extensions(purpose: CertificatePurpose) -> list[tuple[x509.ExtensionType, bool]]:
    usage = {
        CertificatePurpose.SIGN: _usage(digital_signature=True, content_commitment=True),
        CertificatePurpose.DECRYPT: _usage(key_encipherment=True),
        CertificatePurpose.SERVER: _usage(digital_signature=True),
    }[purpose]
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (usage, True),
    ]
    if purpose is CertificatePurpose.SERVER:
        found.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False))
    return found
