"""A receiver's own certificate: carries its public key to those who seal for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

BITS = 3072
_TEN_YEARS = timedelta(days=3650)
_CLOCK_SLACK = timedelta(days=2)


def new_recipient(name: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A key to open parcels with and the certificate to hand to senders."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    return key, self_certificate(key, name)


def self_certificate(key: rsa.RSAPrivateKey, name: str) -> x509.Certificate:
    """Self-issued: trust comes from how it is handed over (enrolment file, in person)."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - _CLOCK_SLACK
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _TEN_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_encipherment(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _key_encipherment() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
