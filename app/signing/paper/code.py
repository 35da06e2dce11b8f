"""The code on a printed record: what the school says of the paper, signed, to be read by a camera.

Two QR codes, each Base45 text (RFC 9285) in QR's alphanumeric mode:

    HOCBA1:  statement and signature
    HOCBA1C: zlib of the signer's certificate and, where they are small enough, its issuers' (each
             with its length in 2 bytes), so that a photograph and a trusted root are enough

Statement, big endian: format 2 (1 byte), record UUID (16), version (4), SHA-256 of the signed XML
(32), moment of signing in seconds since 1970 (8), first 16 bytes of the certificate's SHA-256,
scheme (1), length of the text (2), text (UTF-8: the school's tax code, its name, then the pupil's
name, birth, class and year, result; a line each). Format 1 had no school in its text: whose word
it is, such a code does not say. The signature is over `CONTEXT` and the statement, so that it
cannot be taken for one over a record.

Why a signature of its own, and not that of KY_PHAT_HANH: the record's signature covers digests of
parts that no paper can show, while this one covers the very words that a forger would change.
"""

from __future__ import annotations

import struct
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.errors import PaperCodeInvalid
from app.signing.keys.keys import Scheme, SigningKey, begin_checked, verify
from app.signing.trust.certificates import fingerprint, load_certificate

STATEMENT, CERTIFICATE = "HOCBA1:", "HOCBA1C:"
CONTEXT = b"hocba paper code 1\0"
LARGEST = 4296
"""Characters in the largest QR code."""
_LARGEST_CERTIFICATES = 16 * 1024
_WITH_ISSUERS = 1200
"""Bytes, compressed: a code of 26 or less."""
_HEAD = struct.Struct(">B16sI32sQ16sBH")
_SCHEMES = {Scheme.PSS: 1, Scheme.PKCS1: 2, Scheme.ECDSA: 3}
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}


@dataclass(frozen=True, slots=True)
class PaperStatement:
    """What the code says. `text`: lines for a person to compare with the paper."""

    record_id: str
    version: int
    sha256: str
    """Of the signed XML, hex."""
    signed_at: datetime
    text: str
    school: str = ""
    """Name of the school whose word it is; '' in codes of format 1."""
    tax_code: str = ""


@dataclass(frozen=True, slots=True)
class PaperCode:
    """A code that was read; nothing of it is proven before `holds`."""

    statement: PaperStatement
    certificate_id: bytes
    scheme: Scheme
    signed: bytes
    signature: bytes

    def is_of(self, certificate: x509.Certificate) -> bool:
        """Whether the code names this certificate, by the first 16 bytes of its SHA-256."""
        return bytes.fromhex(fingerprint(certificate))[:16] == self.certificate_id

    def holds(self, certificate: x509.Certificate) -> bool:
        """Whether the certificate is the one named, and its key made the signature."""
        return self.is_of(certificate) and verify(
            certificate, self.scheme, self.signature, self.signed
        )


def write_code(statement: PaperStatement, key: SigningKey) -> tuple[str, str]:
    """Texts of both codes. Raises what the key raises."""
    return begin_code(statement, key)()


def begin_code(statement: PaperStatement, key: SigningKey) -> Callable[[], tuple[str, str]]:
    """As `write_code`; the signature is asked for, the call that comes back waits for it."""
    text = "\n".join((statement.tax_code, statement.school, statement.text)).encode()
    packed = _HEAD.pack(
        2,
        uuid.UUID(statement.record_id).bytes,
        statement.version,
        bytes.fromhex(statement.sha256),
        int(statement.signed_at.timestamp()),
        bytes.fromhex(fingerprint(key.certificate))[:16],
        _SCHEMES[key.scheme],
        len(text),
    )
    pending = begin_checked(key, CONTEXT + packed + text)
    return lambda: (
        STATEMENT + to_base45(packed + text + pending()),
        CERTIFICATE + to_base45(_certificates(key)),
    )


def _certificates(key: SigningKey) -> bytes:
    """With the issuers where that still makes a code that a telephone reads from paper."""
    ders = [c.public_bytes(Encoding.DER) for c in (key.certificate, *key.chain)]
    framed = [struct.pack(">H", len(der)) + der for der in ders]
    whole = zlib.compress(b"".join(framed), 9)
    return whole if len(whole) <= _WITH_ISSUERS else zlib.compress(framed[0], 9)


def read_code(text: str) -> PaperCode:
    """Raises PaperCodeInvalid for anything that is not whole."""
    data = _data(text, STATEMENT)
    try:
        kind, record, version, digest, moment, certificate, scheme, length = _HEAD.unpack_from(data)
        end = _HEAD.size + length
        if kind not in (1, 2) or end >= len(data):
            raise PaperCodeInvalid("unknown format or cut")
        text = data[_HEAD.size : end].decode()
        number, school, text = text.split("\n", 2) if kind == 2 else ("", "", text)
        statement = PaperStatement(
            str(uuid.UUID(bytes=record)),
            version,
            digest.hex(),
            datetime.fromtimestamp(moment, UTC),
            text,
            school,
            number,
        )
        found = next(name for name, number in _SCHEMES.items() if number == scheme)
    except (struct.error, ValueError, OverflowError, OSError, StopIteration) as error:
        raise PaperCodeInvalid(type(error).__name__) from error
    return PaperCode(statement, certificate, found, CONTEXT + data[:end], data[end:])


def read_certificates(text: str) -> list[x509.Certificate]:
    """The signer's first. Raises PaperCodeInvalid."""
    try:
        unpacker = zlib.decompressobj()
        framed = unpacker.decompress(_data(text, CERTIFICATE), _LARGEST_CERTIFICATES)
        if not unpacker.eof:
            raise PaperCodeInvalid("certificates too large or cut")
        found, at = [], 0
        while at < len(framed):
            (length,) = struct.unpack_from(">H", framed, at)
            der = framed[at + 2 : at + 2 + length]
            found.append(load_certificate(der))
            at += 2 + length
    except (zlib.error, struct.error, ValueError) as error:
        raise PaperCodeInvalid(type(error).__name__) from error
    return found


def _data(text: str, prefix: str) -> bytes:
    if not text.startswith(prefix) or len(text) > LARGEST:
        raise PaperCodeInvalid("not a code of ours")
    return from_base45(text[len(prefix) :])


def to_base45(data: bytes) -> str:
    """The bytes as Base45 text (RFC 9285)."""
    letters = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, letter = divmod(value, 45)
            letters.append(_ALPHABET[letter])
    return "".join(letters)


def from_base45(text: str) -> bytes:
    """Raises PaperCodeInvalid."""
    parts = []
    for at in range(0, len(text), 3):
        group = text[at : at + 3]
        if len(group) == 1 or any(letter not in _VALUES for letter in group):
            raise PaperCodeInvalid("not Base45")
        value = sum(_VALUES[letter] * 45**place for place, letter in enumerate(group))
        if value >= 256 ** (len(group) - 1):
            raise PaperCodeInvalid("not Base45")
        parts.append(value.to_bytes(len(group) - 1, "big"))
    return b"".join(parts)
