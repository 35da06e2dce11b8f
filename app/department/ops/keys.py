"""The station's keys that may lie in a PKCS#12 file or on a token instead of a plain file.

`open`: parcels are sealed for its certificate. `seal`: the certificate of the department itself,
with which it signs what it reports to the next station. The settings name where each lies:

    open.p12                                             a PKCS#12 file in the station's folder
    pkcs11:serial=…;id=01?module-path=/usr/lib/….so      a token or HSM (RFC 7512)

The PIN or password is the file `open.pin` or `seal.pin`: among the service's credentials
(`CREDENTIALS_DIRECTORY`, as systemd sets it), else in the folder. It is tried once.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
from cryptography.hazmat.primitives.serialization import pkcs12

from app.errors import PinIncorrect, PinLocked, StationBusy, StationKeyInvalid, TokenError
from app.parcel.envelope import SMALLEST_RSA, DecryptionKey
from app.signing.keys.keys import Pkcs12Key, SigningKey
from app.signing.keys.token_decryption import TokenDecryptionKey, open_decryption_key
from app.signing.keys.token_process import TokenDriver, list_certificates, open_token_key
from app.signing.record.forward_report import ForwardReport, sign_report

_LARGEST = 1024 * 1024
_BETWEEN_TRIES = 30.0
_PIN_WRONG = (PinIncorrect, PinLocked)


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """What a PKCS#11 URI says. `cka_id`: hex."""

    module: Path
    serial: str
    cka_id: str

    @property
    def uri(self) -> str:
        serial, module = quote(self.serial), quote(str(self.module))
        return f"pkcs11:serial={serial};id={self.cka_id}?module-path={module}"


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where one key of a station lies. `name`: `open` or `seal`; `setting` as above."""

    folder: Path
    name: str
    setting: str

    @property
    def on_token(self) -> bool:
        return self.setting.startswith("pkcs11:")

    def token(self) -> TokenPlace:
        """Raises StationKeyInvalid."""
        parts = urlsplit(self.setting)
        said = dict(pair.partition("=")[::2] for pair in parts.path.split(";"))
        module = parse_qs(parts.query).get("module-path", [""])[0]
        if not (said.get("serial") and said.get("id") and module):
            raise self.invalid("thiếu serial, id hoặc module-path")
        return TokenPlace(Path(module), unquote(said["serial"]), unquote(said["id"]))

    def pin(self) -> str:
        """Raises StationKeyInvalid."""
        places = [os.environ.get("CREDENTIALS_DIRECTORY", ""), str(self.folder)]
        for place in filter(None, places):
            file = Path(place) / f"{self.name}.pin"
            if file.exists():
                try:
                    return file.read_text("utf-8").strip("\r\n")
                except (OSError, UnicodeDecodeError):
                    break
        raise self.invalid(f"không đọc được tệp {self.name}.pin")

    def pkcs12(self) -> Path:
        return self.folder / self.setting

    def driver(self) -> TokenDriver:
        return TokenDriver(self.token().module)

    def invalid(self, reason: str) -> StationKeyInvalid:
        return StationKeyInvalid(f"{self.name}: {reason}", key=self.name, reason=reason)


def find_on_token(module: Path, serial: str = "", cka_id: str = "") -> TokenPlace:
    """The one certificate that fits on the module's tokens.

    Raises StationKeyInvalid, TokenError.
    """
    found = [
        one
        for one in list_certificates(TokenDriver(module))
        if serial in ("", one.token.serial) and cka_id in ("", one.cka_id)
    ]
    if len(found) != 1:
        reason = f"thấy {len(found)} chứng thư số phù hợp; hãy ghi rõ --serial và --id"
        raise StationKeyInvalid(f"{len(found)} certificates", key=module.name, reason=reason)
    return TokenPlace(module, found[0].token.serial, found[0].cka_id)


def signing_key(place: KeyPlace) -> SigningKey:
    """Raises StationKeyInvalid, KeyFileMissing, KeyPasswordIncorrect, TokenError."""
    if place.on_token:
        found = place.token()
        return open_token_key(place.driver(), found.serial, found.cka_id, place.pin())
    return Pkcs12Key.open(place.pkcs12(), place.pin())


def read_opening_file(place: KeyPlace) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """An RSA key and its certificate out of a PKCS#12 file. Raises StationKeyInvalid."""
    try:
        content = place.pkcs12().read_bytes()[: _LARGEST + 1]
        key, certificate, _ = pkcs12.load_key_and_certificates(content, place.pin().encode())
    except (OSError, ValueError) as error:
        raise place.invalid("không mở được tệp PKCS#12, hoặc sai mật khẩu") from error
    if not isinstance(key, rsa.RSAPrivateKey) or certificate is None:
        raise place.invalid("tệp không có khóa RSA cùng chứng thư số")
    if key.key_size < SMALLEST_RSA:
        raise place.invalid(f"khóa RSA ngắn hơn {SMALLEST_RSA} bit")
    return key, certificate


class OpeningToken:
    """A decryption key on a token that may be pulled out and come back; a wrong PIN ends it."""

    def __init__(self, place: KeyPlace) -> None:
        """Raises StationKeyInvalid, TokenError."""
        self._place = place
        self._turn = threading.Lock()
        self._key: TokenDecryptionKey | None = self._opened()
        self._public_key = self._key.public_key()
        self.certificate = self._key.certificate
        self._again_at = 0.0

    def _opened(self) -> TokenDecryptionKey:
        found = self._place.token()
        pin = self._place.pin()
        return open_decryption_key(self._place.driver(), found.serial, found.cka_id, pin)

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public_key

    def decrypt(self, ciphertext: bytes, padding: AsymmetricPadding) -> bytes:
        """Raises ValueError, StationBusy (the token is gone; the school tries later)."""
        with self._turn:
            key = self._present()
            try:
                return key.decrypt(ciphertext, padding)
            except TokenError as error:
                key.close()
                self._key = None
                raise StationBusy(f"token: {error.code}") from error

    def _present(self) -> TokenDecryptionKey:
        if self._key is not None:
            return self._key
        if time.monotonic() < self._again_at:
            raise StationBusy("token: gone")
        self._again_at = time.monotonic() + _BETWEEN_TRIES
        try:
            self._key = self._opened()
        except _PIN_WRONG as error:
            self._again_at = float("inf")
            raise StationBusy("token: PIN refused") from error
        except (TokenError, StationKeyInvalid) as error:
            raise StationBusy(f"token: {error.code}") from error
        return self._key

    def close(self) -> None:
        with self._turn:
            if self._key is not None:
                self._key.close()
                self._key = None


class Sealing:
    """The department's own key; opened anew after its token was gone, never after a wrong PIN."""

    def __init__(self, place: KeyPlace) -> None:
        """Raises what `signing_key` raises."""
        self._place = place
        self._key: SigningKey | None = signing_key(place)
        self._refused: TokenError | None = None

    def sign(self, report: ForwardReport) -> bytes:
        """Raises SigningFailure, TokenError, StationKeyInvalid."""
        if self._refused is not None:
            raise self._refused
        try:
            if self._key is None:
                self._key = signing_key(self._place)
            return sign_report(report, self._key)
        except _PIN_WRONG as error:
            self._refused = error
            raise
        except TokenError:
            self.close()
            raise

    def close(self) -> None:
        if self._key is not None:
            self._key.close()
            self._key = None


@dataclass(frozen=True, slots=True)
class OpeningKeys:
    """The key in use first; then the one of before, for parcels that were sealed earlier."""

    keys: tuple[DecryptionKey, ...]

    def close(self) -> None:
        for key in self.keys:
            if isinstance(key, OpeningToken):
                key.close()
