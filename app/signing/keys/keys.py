"""What signs: a key with its certificate, wherever it lives."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from asn1crypto.pkcs12 import Pfx
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from app.errors import (
    KeyFileMissing,
    KeyFileUnreadable,
    KeyPasswordIncorrect,
    SignatureBroken,
)
from app.signing.trust.certificates import holder

_LARGEST_KEY_FILE = 1024 * 1024
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)


class Scheme(StrEnum):
    """How a signature is made; SHA-256 always (Circular 15/2025/TT-BKHCN names PSS and ECDSA)."""

    PSS = "pss"
    """RSASSA-PSS, MGF1 with SHA-256, salt of 32 bytes (RFC 8017 §8.1)."""
    PKCS1 = "pkcs1"
    """RSASSA-PKCS1-v1_5 (RFC 8017 §8.2), for tokens that know nothing better."""
    ECDSA = "ecdsa"
    """ECDSA (FIPS 186-5); signatures in DER."""


RSA_SCHEMES = (Scheme.PSS, Scheme.PKCS1)
"""What we accept of an RSA key, the preferred one first."""


@runtime_checkable
class SigningKey(Protocol):
    """A private key that is open for signing until the context ends."""

    @property
    def certificate(self) -> x509.Certificate:
        """The signer's certificate, for this key."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """Intermediate certificates, the signer's issuer first; without the root."""

    @property
    def holder(self) -> str:
        """CN of the certificate's subject."""

    @property
    def scheme(self) -> Scheme:
        """How it signs."""

    def sign(self, data: bytes) -> bytes:
        """Signature over `data` (hashed with SHA-256 on the way); ECDSA in DER."""

    def begin(self, data: bytes) -> Callable[[], bytes]:
        """Ask for a signature; the call that comes back waits for it.

        While a token works, the next record can be prepared.
        """

    def close(self) -> None:
        """End the use of the key; on a token this ends the login."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Pkcs12Key:
    """A key from a PKCS#12 file: practice, and schools with soft certificates."""

    def __init__(
        self,
        private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
        certificate: x509.Certificate,
        chain: tuple[x509.Certificate, ...] = (),
        *,
        rsa_scheme: Scheme = Scheme.PSS,
    ) -> None:
        self._private_key = private_key
        self.certificate = certificate
        self.chain = tuple(c for c in chain if c.subject != c.issuer)
        self.holder = holder(certificate)
        is_rsa = isinstance(private_key, rsa.RSAPrivateKey)
        self.scheme = rsa_scheme if is_rsa else Scheme.ECDSA

    @classmethod
    def open(cls, file: Path, password: str, *, rsa_scheme: Scheme = Scheme.PSS) -> Self:
        """Read a file.

        Raises KeyFileMissing(file), KeyPasswordIncorrect, and KeyFileUnreadable for a torn file or
        a key we do not use.
        """
        content = _key_file(file)
        try:
            key, certificate, others = pkcs12.load_key_and_certificates(content, password.encode())
        except UnsupportedAlgorithm as error:
            raise KeyFileUnreadable(type(error).__name__) from error
        except ValueError as error:  # the frame was whole: what is left is the password
            raise KeyPasswordIncorrect from error
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise KeyFileUnreadable("neither RSA nor EC")
        if certificate is None:
            raise KeyFileUnreadable("no certificate")
        return cls(key, certificate, tuple(others), rsa_scheme=rsa_scheme)

    def sign(self, data: bytes) -> bytes:
        """Signature over `data` (hashed with SHA-256 on the way); ECDSA in DER."""
        key = self._private_key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(data, ec.ECDSA(hashes.SHA256()))
        chosen = _PSS if self.scheme is Scheme.PSS else padding.PKCS1v15()
        return key.sign(data, chosen, hashes.SHA256())

    def begin(self, data: bytes) -> Callable[[], bytes]:
        """The call that signs: a software key does all its work when it is waited for."""
        return lambda: self.sign(data)

    def close(self) -> None:
        """Nothing to let go of."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _key_file(file: Path) -> bytes:
    """The content of what is a PKCS#12 file by its frame (RFC 7292 §4).

    Raises KeyFileMissing(file), KeyFileUnreadable.
    """
    try:
        if file.stat().st_size > _LARGEST_KEY_FILE:
            raise KeyFileUnreadable("too large")
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise KeyFileMissing(file=file.name) from error
    except OSError as error:
        raise KeyFileUnreadable(type(error).__name__) from error
    try:
        frame = Pfx.load(content, strict=True)
        known = frame["version"].native == "v3" and frame["auth_safe"]["content"].native
    except (ValueError, TypeError, KeyError) as error:
        raise KeyFileUnreadable(type(error).__name__) from error
    if not known:
        raise KeyFileUnreadable("no PKCS#12 file")
    return content


def verify(certificate: x509.Certificate, scheme: Scheme, signature: bytes, data: bytes) -> bool:
    """Whether `signature` over `data` holds with the certificate's key."""
    public = certificate.public_key()
    try:
        if isinstance(public, ec.EllipticCurvePublicKey) and scheme is Scheme.ECDSA:
            public.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        elif isinstance(public, rsa.RSAPublicKey) and scheme in RSA_SCHEMES:
            chosen = _PSS if scheme is Scheme.PSS else padding.PKCS1v15()
            public.verify(signature, data, chosen, hashes.SHA256())
        else:
            return False
    except InvalidSignature:
        return False
    return True


def sign_checked(key: SigningKey, data: bytes) -> bytes:
    """Sign, and check with the public key at once.

    Raises SignatureBroken where a token signs with another key than its certificate's.
    """
    return begin_checked(key, data)()


def begin_checked(key: SigningKey, data: bytes) -> Callable[[], bytes]:
    """As `SigningKey.begin`; what comes back is checked as `sign_checked` does."""
    pending = key.begin(data)
    return lambda: _checked(key, data, pending())


def _checked(key: SigningKey, data: bytes, signature: bytes) -> bytes:
    if not verify(key.certificate, key.scheme, signature, data):
        raise SignatureBroken("the token's signature does not match its certificate")
    return signature
