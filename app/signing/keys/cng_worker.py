"""The child process that signs through Windows' certificate store and CNG.

A minidriver that hangs or crashes takes only this process with it. Speaks as `token_worker.py`
does; each certificate with a key within reach is shown as a token of its own. Run as
`python -m app.signing.keys.cng_worker LIBRARY`; on Windows the system's own libraries are taken, on
other systems LIBRARY has to export the same functions.

The PIN is set as a property of the key, so that no window of the provider asks for it, and is
tried by one signature over random bytes that nobody keeps: a wrong one is known before the first
record, and after a refusal the key is closed and never asked again. A provider that knows no such
property (a reader with its own keypad, signing on a telephone) asks the person itself.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import secrets
from collections.abc import Generator
from contextlib import closing
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from app.signing.keys import cng
from app.signing.keys.cng_keys import (
    CngKey,
    CngUnsupported,
    CspKey,
    NcryptKey,
    WindowsApi,
    refusal_of,
)
from app.signing.keys.keys import Scheme
from app.signing.keys.token_process import chain_of
from app.signing.keys.token_wire import TokenRefusal, run
from app.signing.trust.certificates import fingerprint


class CngWorker:
    """Answers `tokens`, `present` (as far as the store alone tells), `open` and `sign`."""

    def __init__(self, library: str) -> None:
        self._windows = WindowsApi(library)
        self._key: CngKey | None = None
        self._scheme = Scheme.PSS
        self._refused: TokenRefusal | None = None

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Raises Refusal."""
        match message.get("op"):
            case "tokens":
                return {"tokens": self._tokens(), "empty": []}
            case "present":
                return {"present": [fingerprint(c) for c, _ in self._certificates("MY")]}
            case "open":
                return self._open(message["id"], message["pin"], message["rsa"])
            case "sign":
                made = self._sign(base64.b64decode(message["data"]))
                return {"signature": base64.b64encode(made).decode()}
        raise TokenRefusal("TokenError", "unknown request")

    def _tokens(self) -> list[dict[str, Any]]:
        issuers = [c for c, _ in self._certificates("CA")]
        found = []
        with closing(self._certificates("MY")) as certificates:
            for certificate, context in certificates:
                if mechanisms := self._mechanisms(certificate, context):
                    found.append(self._describe(certificate, mechanisms, context, issuers))
        return found

    def _describe(
        self,
        certificate: x509.Certificate,
        mechanisms: list[str],
        context: Any,
        issuers: list[x509.Certificate],
    ) -> dict[str, Any]:
        mark = fingerprint(certificate)
        every = [(mark, certificate), *(("", c) for c in chain_of(certificate, issuers))]
        return {
            "reader": "Windows",
            "label": "qua Windows",
            "serial": mark,
            "manufacturer": self._provider(context),
            "model": "CNG",
            "mechanisms": mechanisms,
            "initialized": True,
            "pin_count_low": False,
            "pin_final_try": False,
            "pin_locked": False,
            "certificates": [
                {
                    "id": name,
                    "der": base64.b64encode(c.public_bytes(Encoding.DER)).decode(),
                    "always": None,
                }
                for name, c in every
            ],
        }

    def _open(self, wanted: str, pin: str, rsa_schemes: list[str]) -> dict[str, Any]:
        with closing(self._certificates("MY")) as certificates:
            for certificate, context in certificates:
                if fingerprint(certificate) == wanted:
                    self._key = self._acquire(context)
                    schemes = rsa_schemes if _kind(certificate) == "rsa" else [Scheme.ECDSA.value]
                    break
            else:
                raise TokenRefusal("TokenMissing")
        try:
            self._key.use_pin(pin)
            self._scheme = self._first_able(self._key, schemes)
        except TokenRefusal as refusal:
            self._give_up(refusal)
            raise
        return {"scheme": self._scheme.value}

    def _first_able(self, key: CngKey, schemes: list[str]) -> Scheme:
        for scheme in map(Scheme, schemes):
            try:
                key.sign(hashlib.sha256(secrets.token_bytes(32)).digest(), scheme)
            except CngUnsupported:
                continue
            return scheme
        raise TokenRefusal("TokenError", "the provider knows no signature scheme we allow")

    def _sign(self, data: bytes) -> bytes:
        if self._refused is not None:
            raise self._refused
        if self._key is None:
            raise TokenRefusal("KeyMissing", "no key is open")
        try:
            return self._key.sign(hashlib.sha256(data).digest(), self._scheme)
        except CngUnsupported as error:
            raise TokenRefusal("TokenError", "unsupported") from error
        except TokenRefusal as refusal:
            if refusal.name != "TokenError":
                self._give_up(refusal)
            raise

    def _give_up(self, refusal: TokenRefusal) -> None:
        """No further try: a wrong PIN would count again, what is plugged in now may be another."""
        self._refused = refusal
        if self._key is not None:
            self._key.close()

    # --- the store --------------------------------------------------------------------------

    def _certificates(self, store: str) -> Generator[tuple[x509.Certificate, Any], None, None]:
        """Certificates that can be read, each with its context, which holds for that turn only."""
        windows = self._windows
        flags = (
            cng.CERT_SYSTEM_STORE_CURRENT_USER
            | cng.CERT_STORE_READONLY_FLAG
            | cng.CERT_STORE_OPEN_EXISTING_FLAG
        )
        opened = windows.open_store(cng.CERT_STORE_PROV_SYSTEM_W, 0, 0, flags, cng.wide(store))
        if not opened:
            return  # nobody has put a certificate there yet
        context = None
        try:
            while context := windows.next_certificate(opened, context):
                entry = context.contents
                try:
                    der = ctypes.string_at(entry.pbCertEncoded, entry.cbCertEncoded)
                    certificate = x509.load_der_x509_certificate(der)
                except ValueError:
                    continue  # a certificate nobody can read cannot sign for anybody
                yield certificate, context
        finally:
            if context:
                windows.free_certificate(context)
            windows.close_store(opened, 0)

    def _acquire(self, context: Any) -> CngKey:
        handle, kind, owned = ctypes.c_size_t(), ctypes.c_uint32(), ctypes.c_int()
        flags = cng.CRYPT_ACQUIRE_SILENT_FLAG | cng.CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG
        done = self._windows.acquire(
            context, flags, None, ctypes.byref(handle), ctypes.byref(kind), ctypes.byref(owned)
        )
        if not done:
            raise refusal_of(self._windows.last_error())
        if kind.value == cng.CERT_NCRYPT_KEY_SPEC:
            return NcryptKey(self._windows, handle.value, bool(owned.value))
        return CspKey(self._windows, handle.value, kind.value, bool(owned.value))

    def _mechanisms(self, certificate: x509.Certificate, context: Any) -> list[str]:
        """How its key signs; none where it is out of reach.

        Windows keeps a token's certificates after it was pulled out; only the key tells.
        """
        kind = _kind(certificate)
        if not kind:
            return []
        try:
            key = self._acquire(context)
        except TokenRefusal:
            return []
        key.close()
        return list(key.mechanisms.get(kind, ()))

    def _provider(self, context: Any) -> str:
        size = ctypes.c_uint32()
        wanted = cng.CERT_KEY_PROV_INFO_PROP_ID
        if not self._windows.property(context, wanted, None, ctypes.byref(size)):
            return ""
        content = ctypes.create_string_buffer(max(size.value, ctypes.sizeof(cng.KeyProviderInfo)))
        if not self._windows.property(context, wanted, content, ctypes.byref(size)):
            return ""
        return cng.read_wide(cng.KeyProviderInfo.from_buffer(content).pwszProvName)


def _kind(certificate: x509.Certificate) -> str:
    public = certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return "rsa"
    return "ec" if isinstance(public, ec.EllipticCurvePublicKey) else ""


if __name__ == "__main__":
    run(CngWorker)
