"""The child process that signs through Windows' certificate store and CNG.

A minidriver that hangs or crashes takes only this process with it. Speaks as `token_worker.py`
does; each certificate with a key within reach is shown as a token of its own. Run as
`python -m app.signing.cng_worker LIBRARY`; on Windows the system's own libraries are taken, on
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
import sys
from collections.abc import Generator
from contextlib import closing
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from app.signing import cng
from app.signing.certificates import fingerprint
from app.signing.keys import Scheme
from app.signing.token_process import chain_of
from app.signing.token_wire import Refusal, run

_LARGEST_SIGNATURE = 1024
_MECHANISMS = {"rsa": ["RSA_PKCS", "RSA_PKCS_PSS"], "ec": ["ECDSA"]}
_SYSTEM32_ONLY = 0x800  # LOAD_LIBRARY_SEARCH_SYSTEM32: no library of that name lying elsewhere


class Windows:
    """The few calls we make, with their types (wincrypt.h, ncrypt.h)."""

    def __init__(self, library: str) -> None:
        if sys.platform == "win32":
            crypt32, ncrypt, user32 = (
                ctypes.CDLL(name, use_last_error=True, winmode=_SYSTEM32_ONLY)
                for name in ("crypt32.dll", "ncrypt.dll", "user32.dll")
            )
        else:
            crypt32 = ncrypt = user32 = ctypes.CDLL(library)
        self._crypt32 = crypt32
        word, handle, out = ctypes.c_uint32, ctypes.c_size_t, ctypes.c_void_p
        context = ctypes.POINTER(cng.CertContext)
        self.open_store = _call(crypt32.CertOpenStore, out, out, word, handle, word, out)
        self.next_certificate = _call(crypt32.CertEnumCertificatesInStore, context, out, context)
        self.free_certificate = _call(crypt32.CertFreeCertificateContext, ctypes.c_int, context)
        self.close_store = _call(crypt32.CertCloseStore, ctypes.c_int, out, word)
        self.property = _call(
            crypt32.CertGetCertificateContextProperty, ctypes.c_int, context, word, out, out
        )
        self.acquire = _call(
            crypt32.CryptAcquireCertificatePrivateKey,
            ctypes.c_int, context, word, out, out, out, out,
        )  # fmt: skip
        self.set_property = _call(
            ncrypt.NCryptSetProperty, ctypes.c_int32, handle, out, out, word, word
        )
        self.sign_hash = _call(
            ncrypt.NCryptSignHash, ctypes.c_int32, handle, out, out, word, out, word, out, word
        )
        self.free = _call(ncrypt.NCryptFreeObject, ctypes.c_int32, handle)
        self.foreground_window = _call(user32.GetForegroundWindow, out)

    def last_error(self) -> int:
        """Of the call before; only the functions of crypt32 set it."""
        if sys.platform == "win32":
            return ctypes.get_last_error()
        return int(self._crypt32.GetLastError())


def _call(function: Any, result: Any, *arguments: Any) -> Any:
    function.restype, function.argtypes = result, arguments
    return function


class Key:
    """A private key that Windows has opened for us."""

    def __init__(self, windows: Windows, handle: int, owned: bool) -> None:
        self._windows, self._handle, self._owned = windows, handle, owned
        self._silent = cng.NCRYPT_SILENT_FLAG

    def use_pin(self, pin: str) -> None:
        """Raises Refusal where the PIN is refused at once; some providers do so when signing."""
        content = cng.wide(pin)
        try:
            status = self._set(cng.NCRYPT_PIN_PROPERTY, content, cng.NCRYPT_SILENT_FLAG)
        finally:
            ctypes.memset(content, 0, len(content))
        if cng.unknown_to_provider(status):
            self._silent = 0  # it asks the person itself, in front of the window in use
            window = ctypes.c_void_p(self._windows.foreground_window())
            self._set(cng.NCRYPT_WINDOW_HANDLE_PROPERTY, window, 0)
        elif status:
            raise _refusal(status)

    def sign(self, digest: bytes, scheme: Scheme) -> bytes:
        """ECDSA as r and s, one behind the other. Raises Refusal, Unsupported."""
        padding = cng.Padding(scheme)
        info = ctypes.byref(padding.info) if padding.info is not None else None
        made, size = ctypes.create_string_buffer(_LARGEST_SIGNATURE), ctypes.c_uint32()
        status = self._windows.sign_hash(
            self._handle, info, digest, len(digest), made, len(made), ctypes.byref(size),
            padding.flag | self._silent,
        )  # fmt: skip
        if cng.unknown_to_provider(status):
            raise Unsupported(scheme)
        if status:
            raise _refusal(status)
        return made.raw[: size.value]

    def _set(self, name: str, value: Any, flags: int) -> int:
        size = ctypes.sizeof(value)
        status = self._windows.set_property(
            self._handle, cng.wide(name), ctypes.byref(value), size, flags
        )
        return int(status)

    def close(self) -> None:
        if self._owned:
            self._windows.free(self._handle)
        self._owned = False


class Unsupported(Exception):
    """The provider cannot sign in this way."""


class Worker:
    """Answers `tokens`, `present` (as far as the store alone tells), `open` and `sign`."""

    def __init__(self, library: str) -> None:
        self._windows = Windows(library)
        self._key: Key | None = None
        self._scheme = Scheme.PSS
        self._refused: Refusal | None = None

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
        raise Refusal("TokenError", "unknown request")

    def _tokens(self) -> list[dict[str, Any]]:
        issuers = [c for c, _ in self._certificates("CA")]
        found = []
        with closing(self._certificates("MY")) as certificates:
            for certificate, context in certificates:
                kind = _kind(certificate)
                if kind and self._within_reach(context):
                    found.append(self._describe(certificate, kind, context, issuers))
        return found

    def _describe(
        self, certificate: x509.Certificate, kind: str, context: Any, issuers: list[Any]
    ) -> dict[str, Any]:
        mark = fingerprint(certificate)
        every = [(mark, certificate), *(("", c) for c in chain_of(certificate, issuers))]
        return {
            "reader": "Windows",
            "label": "Windows",
            "serial": mark,
            "manufacturer": self._provider(context),
            "model": "CNG",
            "mechanisms": _MECHANISMS[kind],
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
                raise Refusal("TokenMissing")
        try:
            self._key.use_pin(pin)
            self._scheme = self._first_able(self._key, schemes)
        except Refusal as refusal:
            self._give_up(refusal)
            raise
        return {"scheme": self._scheme.value}

    def _first_able(self, key: Key, schemes: list[str]) -> Scheme:
        for scheme in map(Scheme, schemes):
            try:
                key.sign(hashlib.sha256(secrets.token_bytes(32)).digest(), scheme)
            except Unsupported:
                continue
            return scheme
        raise Refusal("TokenError", "the provider knows no signature scheme we allow")

    def _sign(self, data: bytes) -> bytes:
        if self._refused is not None:
            raise self._refused
        if self._key is None:
            raise Refusal("KeyMissing", "no key is open")
        try:
            return self._key.sign(hashlib.sha256(data).digest(), self._scheme)
        except Unsupported as error:
            raise Refusal("TokenError", "unsupported") from error
        except Refusal as refusal:
            if refusal.name != "TokenError":
                self._give_up(refusal)
            raise

    def _give_up(self, refusal: Refusal) -> None:
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

    def _acquire(self, context: Any) -> Key:
        handle, kind, owned = ctypes.c_size_t(), ctypes.c_uint32(), ctypes.c_int()
        flags = cng.CRYPT_ACQUIRE_SILENT_FLAG | cng.CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG
        done = self._windows.acquire(
            context, flags, None, ctypes.byref(handle), ctypes.byref(kind), ctypes.byref(owned)
        )
        if not done:
            raise _refusal(self._windows.last_error())
        if kind.value != cng.CERT_NCRYPT_KEY_SPEC:
            raise Refusal("KeyMissing", "no CNG key")
        return Key(self._windows, handle.value, bool(owned.value))

    def _within_reach(self, context: Any) -> bool:
        """Windows keeps a token's certificates after it was pulled out; only the key tells."""
        try:
            self._acquire(context).close()
        except Refusal:
            return False
        return True

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


def _refusal(status: int) -> Refusal:
    return Refusal(cng.refusal_name(status), f"{status & 0xFFFFFFFF:08X}")


if __name__ == "__main__":
    run(Worker)
