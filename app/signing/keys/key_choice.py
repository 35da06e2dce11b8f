"""Keys within reach, shown by whose certificate they are, before anyone types a PIN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509

from app import log
from app.errors import CertificateUnfit, KeyFileMissing, TokenError, WrongSigner
from app.model.signing import ExpectedSigner
from app.signing.keys.keys import Pkcs12Key, SigningKey
from app.signing.keys.token_process import (
    TokenCertificate,
    TokenDriver,
    list_certificates,
    open_token_key,
)
from app.signing.trust.certificates import holder, name_of
from app.signing.trust.identity import check_certificate
from app.signing.trust.revocation import Revocation, RevocationStatus
from app.signing.trust.revocation_cache import revoked


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """A key that could sign: on a token, or in a PKCS#12 file with its certificate beside it."""

    certificate: x509.Certificate
    token: TokenCertificate | None = None
    file: Path | None = None
    revocation: Revocation | None = field(default=None, compare=False)
    """What was known without a network when somebody looked; None: nobody did."""

    @property
    def holder(self) -> str:
        """CN of the certificate's subject: whose key it is."""
        return holder(self.certificate)

    @property
    def issuer(self) -> str:
        """Name of the authority that issued the certificate."""
        return name_of(self.certificate.issuer)

    @property
    def valid_until(self) -> datetime:
        """When the certificate ends, UTC."""
        return self.certificate.not_valid_after_utc

    @property
    def final_try(self) -> bool:
        """Whether the next wrong PIN locks the token: only an explicit yes may try one."""
        return self.token is not None and self.token.token.pin_final_try

    @property
    def locked(self) -> bool:
        """Whether no PIN is taken any more."""
        return self.token is not None and self.token.token.pin_locked

    def open(self, secret: str) -> SigningKey:
        """`secret`: the PIN or the file's password, tried once.

        Raises PinIncorrect, PinLocked, TokenMissing and other TokenErrors; KeyPasswordIncorrect,
        KeyFileMissing, KeyFileUnreadable.
        """
        if self.token is not None:
            info = self.token.token
            return open_token_key(info.driver, info.serial, self.token.cka_id, secret)
        if self.file is None:
            raise TokenError("a key is on a token or in a file")
        key = Pkcs12Key.open(self.file, secret)
        if key.certificate != self.certificate:  # not what the person was shown
            raise KeyFileMissing(file=self.file.name)
        return key

    def unfit(
        self, expected: ExpectedSigner, now: datetime
    ) -> CertificateUnfit | WrongSigner | None:
        """Why this key may not sign for `expected`, or None when it may."""
        try:
            check_certificate(self.certificate, now, expected)
        except (CertificateUnfit, WrongSigner) as reason:
            return reason
        if self.revocation and self.revocation.standing is RevocationStatus.REVOKED:
            return revoked(self.certificate)
        return None


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A PKCS#12 file, and the certificate that cannot be read from it without its password."""

    file: Path
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class KeySources:
    """Where to look: drivers of tokens, and PKCS#12 files."""

    drivers: tuple[TokenDriver, ...] = ()
    files: tuple[KeyFile, ...] = ()

    def sources(self) -> KeySources:
        """These: what is chosen once does not change."""
        return self

    def find(self) -> tuple[list[KeyChoice], list[TokenError]]:
        """What is within reach now, and the drivers that failed; no PIN is needed.

        A certificate that an earlier driver has shown is not offered again by a later one: Windows
        knows a token whose own driver works too.
        """
        choices = [KeyChoice(each.certificate, file=each.file) for each in self.files]
        failures: list[TokenError] = []
        shown: set[x509.Certificate] = set()
        for driver in self.drivers:
            try:
                found = [c for c in list_certificates(driver) if c.certificate not in shown]
            except TokenError as error:
                log.problem("token.not_read", error, driver=driver.path.name)
                failures.append(error)
                continue
            choices += [KeyChoice(c.certificate, token=c) for c in found]
            shown.update(c.certificate for c in found)
        return choices, failures


def fitting(
    choices: Sequence[KeyChoice], expected: ExpectedSigner, now: datetime
) -> list[KeyChoice]:
    """Those that may sign for `expected`."""
    return [choice for choice in choices if choice.unfit(expected, now) is None]
