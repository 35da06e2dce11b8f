"""What Windows' certificate store and CNG (crypt32, ncrypt) speak: constants, layouts, statuses.

A second way to a token, behind the same `SigningKey`. Several vendors ship their PKCS#11 driver as
a 32-bit library only, which a 64-bit program cannot load, and there is no 32-bit build of what we
stand on; Windows reaches the same token through the vendor's minidriver, or through the older kind
of provider (CSP) that nearly every token sold in Vietnam brings, and shows it in the certificate
store. Nothing here calls Windows: `cng_keys.py` does, in the process of `cng_worker.py`.

Sources: wincrypt.h, ncrypt.h, bcrypt.h, winerror.h of the Windows SDK.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from app.signing.keys.keys import Scheme
from app.signing.keys.token_process import CNG, TokenDriver

CERT_STORE_PROV_SYSTEM_W = 10
CERT_SYSTEM_STORE_CURRENT_USER = 1 << 16
CERT_STORE_OPEN_EXISTING_FLAG = 0x4000
CERT_STORE_READONLY_FLAG = 0x8000
CERT_KEY_PROV_INFO_PROP_ID = 2
CERT_NCRYPT_KEY_SPEC = 0xFFFFFFFF
CRYPT_ACQUIRE_SILENT_FLAG = 0x40
CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG = 0x20000
NCRYPT_PAD_PKCS1_FLAG = 0x2
NCRYPT_PAD_PSS_FLAG = 0x8
NCRYPT_SILENT_FLAG = 0x40
NCRYPT_PIN_PROPERTY = "SmartCardPin"
NCRYPT_WINDOW_HANDLE_PROPERTY = "HWND Handle"
BCRYPT_SHA256_ALGORITHM = "SHA256"
AT_SIGNATURE = 2
PP_KEYEXCHANGE_PIN = 32
PP_SIGNATURE_PIN = 33
CALG_SHA_256 = 0x800C
HP_HASHVAL = 2

_SALT_BYTES = 32
_REFUSALS: Mapping[int, str] = MappingProxyType(
    {
        0x8010006B: "PinIncorrect",  # SCARD_W_WRONG_CHV
        0x8010002A: "PinIncorrect",  # SCARD_E_INVALID_CHV
        0x80090033: "PinIncorrect",  # NTE_INCORRECT_PASSWORD
        0x8010006C: "PinLocked",  # SCARD_W_CHV_BLOCKED
        0x8010000C: "TokenRemoved",  # SCARD_E_NO_SMARTCARD
        0x80100009: "TokenRemoved",  # SCARD_E_UNKNOWN_READER
        0x80100017: "TokenRemoved",  # SCARD_E_READER_UNAVAILABLE
        0x8010002E: "TokenRemoved",  # SCARD_E_NO_READERS_AVAILABLE
        0x80100066: "TokenRemoved",  # SCARD_W_UNRESPONSIVE_CARD
        0x80100067: "TokenRemoved",  # SCARD_W_UNPOWERED_CARD
        0x80100068: "TokenRemoved",  # SCARD_W_RESET_CARD
        0x80100069: "TokenRemoved",  # SCARD_W_REMOVED_CARD
        0x80090030: "TokenRemoved",  # NTE_DEVICE_NOT_READY
        0x80090035: "TokenRemoved",  # NTE_DEVICE_NOT_FOUND
        0x8010006E: "TokenDeclined",  # SCARD_W_CANCELLED_BY_USER
        0x80100002: "TokenDeclined",  # SCARD_E_CANCELLED
        0x80090036: "TokenDeclined",  # NTE_USER_CANCELLED
        0x800704C7: "TokenDeclined",  # HRESULT_FROM_WIN32(ERROR_CANCELLED)
        0x000004C7: "TokenDeclined",  # ERROR_CANCELLED
        0x8009000D: "KeyMissing",  # NTE_NO_KEY
        0x80090011: "KeyMissing",  # NTE_NOT_FOUND
        0x80090016: "KeyMissing",  # NTE_BAD_KEYSET
        0x80090019: "KeyMissing",  # NTE_KEYSET_NOT_DEF
        0x8009200B: "KeyMissing",  # CRYPT_E_NO_KEY_PROPERTY
        0x80100030: "KeyMissing",  # SCARD_E_NO_KEY_CONTAINER
    }
)
_UNKNOWN_TO_PROVIDER = frozenset(
    {
        0x80090008,  # NTE_BAD_ALGID
        0x80090009,  # NTE_BAD_FLAGS
        0x8009000A,  # NTE_BAD_TYPE
        0x80090027,  # NTE_INVALID_PARAMETER
        0x80090029,  # NTE_NOT_SUPPORTED
        0x80100022,  # SCARD_E_UNSUPPORTED_FEATURE
    }
)


class CertContext(ctypes.Structure):
    """CERT_CONTEXT."""

    _fields_ = (
        ("dwCertEncodingType", ctypes.c_uint32),
        ("pbCertEncoded", ctypes.POINTER(ctypes.c_ubyte)),
        ("cbCertEncoded", ctypes.c_uint32),
        ("pCertInfo", ctypes.c_void_p),
        ("hCertStore", ctypes.c_void_p),
    )


class KeyProviderInfo(ctypes.Structure):
    """CRYPT_KEY_PROV_INFO: which provider keeps a certificate's key."""

    _fields_ = (
        ("pwszContainerName", ctypes.c_void_p),
        ("pwszProvName", ctypes.c_void_p),
        ("dwProvType", ctypes.c_uint32),
        ("dwFlags", ctypes.c_uint32),
        ("cProvParam", ctypes.c_uint32),
        ("rgProvParam", ctypes.c_void_p),
        ("dwKeySpec", ctypes.c_uint32),
    )


class Pkcs1Padding(ctypes.Structure):
    """BCRYPT_PKCS1_PADDING_INFO."""

    _fields_ = (("pszAlgId", ctypes.c_void_p),)


class PssPadding(ctypes.Structure):
    """BCRYPT_PSS_PADDING_INFO; `cbSalt` in bytes."""

    _fields_ = (("pszAlgId", ctypes.c_void_p), ("cbSalt", ctypes.c_uint32))


def wide(text: str) -> ctypes.Array[ctypes.c_char]:
    """A string as Windows takes it: UTF-16LE with a closing zero, here on every system."""
    content = text.encode("utf-16-le") + b"\0\0"
    return ctypes.create_string_buffer(content, len(content))


def read_wide(address: int | None, longest: int = 512) -> str:
    """The string at an address; empty for NULL. `longest`: characters."""
    if not address:
        return ""
    units = ctypes.cast(address, ctypes.POINTER(ctypes.c_uint16))
    found = bytearray()
    for place in range(longest):
        if not units[place]:
            break
        found += int(units[place]).to_bytes(2, "little")
    return found.decode("utf-16-le", "replace")


class Padding:
    """What NCryptSignHash wants besides the digest: a structure (None for ECDSA) and a flag.

    Owns the strings that the structure points to: keep it while the call lasts.
    """

    def __init__(self, scheme: Scheme) -> None:
        self._algorithm = wide(BCRYPT_SHA256_ALGORITHM)
        name = ctypes.addressof(self._algorithm)
        self.info: ctypes.Structure | None = None
        self.flag = 0
        if scheme is Scheme.PSS:
            self.info, self.flag = PssPadding(name, _SALT_BYTES), NCRYPT_PAD_PSS_FLAG
        elif scheme is Scheme.PKCS1:
            self.info, self.flag = Pkcs1Padding(name), NCRYPT_PAD_PKCS1_FLAG


def refusal_name(status: int) -> str:
    """Which of our errors a status (SECURITY_STATUS or GetLastError) means."""
    return _REFUSALS.get(status & 0xFFFFFFFF, "TokenError")


def unknown_to_provider(status: int) -> bool:
    """Whether a provider says that it does not know what it was asked for."""
    return status & 0xFFFFFFFF in _UNKNOWN_TO_PROVIDER


def windows_store(platform: str = sys.platform) -> TokenDriver | None:
    """The certificate store as a driver among others; None where there is no Windows."""
    return TokenDriver(Path("ncrypt.dll"), worker=CNG) if platform == "win32" else None
