"""Windows' own functions, and the two kinds of key that they open for us."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

from app.signing.keys import cng
from app.signing.keys.keys import Scheme
from app.signing.keys.token_wire import TokenRefusal

_LARGEST_SIGNATURE = 1024
_SYSTEM32_ONLY = 0x800  # LOAD_LIBRARY_SEARCH_SYSTEM32: no library of that name lying elsewhere


class WindowsApi:
    """The few calls we make, with their types (wincrypt.h, ncrypt.h, winuser.h)."""

    def __init__(self, library: str) -> None:
        if sys.platform == "win32":
            crypt32, ncrypt, advapi32, user32 = (
                ctypes.CDLL(name, use_last_error=True, winmode=_SYSTEM32_ONLY)
                for name in ("crypt32.dll", "ncrypt.dll", "advapi32.dll", "user32.dll")
            )
        else:
            crypt32 = ncrypt = advapi32 = user32 = ctypes.CDLL(library)
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
        done = ctypes.c_int
        self.set_provider = _call(advapi32.CryptSetProvParam, done, handle, word, out, word)
        self.create_hash = _call(advapi32.CryptCreateHash, done, handle, word, handle, word, out)
        self.set_hash = _call(advapi32.CryptSetHashParam, done, handle, word, out, word)
        self.sign_made_hash = _call(
            advapi32.CryptSignHashW, done, handle, word, out, word, out, out
        )
        self.destroy_hash = _call(advapi32.CryptDestroyHash, done, handle)
        self.release = _call(advapi32.CryptReleaseContext, done, handle, word)
        self.foreground_window = _call(user32.GetForegroundWindow, out)

    def last_error(self) -> int:
        """Of the call before; those of ncrypt answer with their status instead."""
        if sys.platform == "win32":
            return ctypes.get_last_error()
        else:  # noqa: RET505 - type checkers read it as the other system
            return int(self._crypt32.GetLastError())


def _call(function: Any, result: Any, *arguments: Any) -> Any:
    function.restype, function.argtypes = result, arguments
    return function


class CngKey(Protocol):
    """A private key that Windows has opened for us."""

    @property
    def mechanisms(self) -> Mapping[str, tuple[str, ...]]:
        """PKCS#11 names of what it may be able to, by the kind of key ('rsa', 'ec')."""

    def use_pin(self, pin: str) -> None:
        """Raises Refusal where the PIN is refused at once; some providers do so when signing."""

    def sign(self, digest: bytes, scheme: Scheme) -> bytes:
        """ECDSA as r and s, one behind the other. Raises Refusal, Unsupported."""

    def close(self) -> None:
        """Give back what Windows handed out; a second call does nothing."""


class NcryptKey:
    """Of a key storage provider (CNG)."""

    mechanisms: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType(
        {"rsa": ("RSA_PKCS", "RSA_PKCS_PSS"), "ec": ("ECDSA",)}
    )

    def __init__(self, windows: WindowsApi, handle: int, owned: bool) -> None:
        self._windows, self._handle, self._owned = windows, handle, owned
        self._silent = cng.NCRYPT_SILENT_FLAG

    def use_pin(self, pin: str) -> None:
        """Hand the PIN to the provider; one that takes none will ask in a window of its own.

        Raises TokenRefusal.
        """
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
            raise refusal_of(status)

    def sign(self, digest: bytes, scheme: Scheme) -> bytes:
        """Signature over a SHA-256 digest by NCryptSignHash; ECDSA as r, then s.

        Raises TokenRefusal, CngUnsupported.
        """
        padding = cng.Padding(scheme)
        info = ctypes.byref(padding.info) if padding.info is not None else None
        made, size = ctypes.create_string_buffer(_LARGEST_SIGNATURE), ctypes.c_uint32()
        status = self._windows.sign_hash(
            self._handle, info, digest, len(digest), made, len(made), ctypes.byref(size),
            padding.flag | self._silent,
        )  # fmt: skip
        if cng.unknown_to_provider(status):
            raise CngUnsupported(scheme)
        if status:
            raise refusal_of(status)
        return made.raw[: size.value]

    def _set(self, name: str, value: Any, flags: int) -> int:
        size = ctypes.sizeof(value)
        status = self._windows.set_property(
            self._handle, cng.wide(name), ctypes.byref(value), size, flags
        )
        return int(status)

    def close(self) -> None:
        """Free the handle, where it is ours to free."""
        if self._owned:
            self._windows.free(self._handle)
        self._owned = False


class CspKey:
    """Of a cryptographic service provider, the kind that was before CNG: PKCS#1 v1.5 only."""

    mechanisms: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({"rsa": ("RSA_PKCS",)})

    def __init__(self, windows: WindowsApi, handle: int, spec: int, owned: bool) -> None:
        self._windows, self._handle, self._spec, self._owned = windows, handle, spec, owned

    def use_pin(self, pin: str) -> None:
        """Hand the PIN to the provider; nothing happens where no PIN guards the key.

        Raises TokenRefusal.
        """
        signs = self._spec == cng.AT_SIGNATURE
        which = cng.PP_SIGNATURE_PIN if signs else cng.PP_KEYEXCHANGE_PIN
        content = ctypes.create_string_buffer(pin.encode())
        try:
            done = self._windows.set_provider(self._handle, which, content, 0)
        finally:
            ctypes.memset(content, 0, len(content))
        if not done and cng.unknown_to_provider(self._windows.last_error()):
            return  # a key of this account, which no PIN guards
        self._check(done)

    def sign(self, digest: bytes, scheme: Scheme) -> bytes:
        """A PKCS#1 v1.5 signature over a SHA-256 digest by CryptSignHash.

        Raises CngUnsupported for any other scheme or without SHA-256, TokenRefusal.
        """
        if scheme is not Scheme.PKCS1:
            raise CngUnsupported(scheme)
        windows, made = self._windows, ctypes.create_string_buffer(_LARGEST_SIGNATURE)
        hashed, size = ctypes.c_size_t(), ctypes.c_uint32(len(made))
        started = windows.create_hash(self._handle, cng.CALG_SHA_256, 0, 0, ctypes.byref(hashed))
        if not started and cng.unknown_to_provider(windows.last_error()):
            raise CngUnsupported(scheme)
        self._check(started)
        try:
            self._check(windows.set_hash(hashed, cng.HP_HASHVAL, digest, 0))
            self._check(
                windows.sign_made_hash(hashed, self._spec, None, 0, made, ctypes.byref(size))
            )
        finally:
            windows.destroy_hash(hashed)
        return made.raw[: size.value][::-1]  # least significant byte first

    def _check(self, done: int) -> None:
        if not done:
            raise refusal_of(self._windows.last_error())

    def close(self) -> None:
        """Release the provider's context, where it is ours to release."""
        if self._owned:
            self._windows.release(self._handle, 0)
        self._owned = False


class CngUnsupported(Exception):
    """The provider cannot sign in this way."""


def refusal_of(status: int) -> TokenRefusal:
    """The refusal that a status or error code of Windows stands for; detail: the code in hex."""
    return TokenRefusal(cng.refusal_name(status), f"{status & 0xFFFFFFFF:08X}")
