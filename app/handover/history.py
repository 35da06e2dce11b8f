"""The history file: files and a manifest, compressed, and sealed for one receiver."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import zstandard
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from app.errors import HistoryError, HistoryLocked, ParcelError, ParcelNotForUs, PassphraseTooWeak
from app.parcel import envelope
from app.parcel.envelope import DecryptionKey

MAGIC = b"HOCBA-HS1\n"
FORMAT = "hocba-history/1"
RECORD, RESULTS, RESULTS_PDF = "record", "results", "results_pdf"
LARGEST = 32 * 1024 * 1024
_LARGEST_PLAIN = 64 * 1024 * 1024
_LARGEST_FILE = 8 * 1024 * 1024
_MOST_FILES = 500
_HEADER, _MANIFEST = 4096, 256 * 1024
_SHORTEST = 8
_MEMORY_KIB, _PASSES, _LANES = 64 * 1024, 3, 1
_MOST_MEMORY_KIB, _MOST_PASSES, _MOST_LANES = 256 * 1024, 10, 4
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """One file of a history. `kind`: 'record', 'results' or 'results_pdf'."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class HistoryPaper:
    """Who sends the history of whom. `pupil`: the fields of `Student` as JSON values."""

    school_code: str
    school_name: str
    made_at: str
    pupil: dict[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    paper: HistoryPaper
    files: tuple[HistoryFile, ...]

    def of(self, kind: str) -> tuple[HistoryFile, ...]:
        return tuple(file for file in self.files if file.kind == kind)


def seal_for(history: History, receiver: x509.Certificate) -> bytes:
    """Only the receiver's key opens it. Raises HistoryError for a certificate of another kind."""
    try:
        body = envelope.encrypt(_pack(history), [receiver])
    except ParcelNotForUs as error:
        raise _refused(error.detail, "chứng thư nhận của trường kia không dùng được") from error
    return _with_header({"protection": "certificate"}) + body


def seal_with(history: History, passphrase: str) -> bytes:
    """Whoever knows the passphrase opens it. Raises PassphraseTooWeak below 8 characters."""
    if len(passphrase) < _SHORTEST:
        raise PassphraseTooWeak(shortest=_SHORTEST)
    salt, nonce = os.urandom(16), os.urandom(12)
    header = {
        "protection": "passphrase",
        "memory_kib": _MEMORY_KIB,
        "passes": _PASSES,
        "lanes": _LANES,
        "salt": salt.hex(),
        "nonce": nonce.hex(),
    }
    head = _with_header(header)
    key = _derived(passphrase, salt, _MEMORY_KIB, _PASSES, _LANES)
    return head + AESGCM(key).encrypt(nonce, _pack(history), head)


def needs_passphrase(data: bytes) -> bool:
    """Raises HistoryError when it is no history file."""
    header, _ = _header(data)
    return header.get("protection") == "passphrase"


def open_history(data: bytes, *, key: DecryptionKey | None = None, passphrase: str = "") -> History:
    """The files, each with its digest checked.

    Raises HistoryLocked (wrong passphrase, or sealed for another), HistoryError (torn, altered, not
    a history, over a limit).
    """
    header, at = _header(data)
    if header.get("protection") == "passphrase":
        return _unpack(_with_passphrase(header, data[:at], data[at:], passphrase))
    if header.get("protection") != "certificate":
        raise _refused("protection", "cách bảo vệ của tệp chưa được hỗ trợ")
    if key is None:
        raise HistoryLocked("no key")
    try:
        return _unpack(envelope.decrypt(data[at:], key))
    except ParcelNotForUs as error:
        raise HistoryLocked("for another") from error
    except ParcelError as error:
        raise _refused(error.code, "tệp bị hỏng hoặc bị sửa") from error


def _with_passphrase(header: dict[str, Any], head: bytes, body: bytes, passphrase: str) -> bytes:
    try:
        costs = [int(header[name]) for name in ("memory_kib", "passes", "lanes")]
        salt, nonce = bytes.fromhex(header["salt"]), bytes.fromhex(header["nonce"])
        limits = (_MOST_MEMORY_KIB, _MOST_PASSES, _MOST_LANES)
        fit = all(0 < cost <= limit for cost, limit in zip(costs, limits, strict=True))
        if not fit or len(salt) != 16 or len(nonce) != 12:
            raise _refused("costs", "tệp bị hỏng hoặc bị sửa")
        derived = _derived(passphrase, salt, *costs)
    except (KeyError, ValueError, TypeError) as error:
        raise _refused("header", "tệp bị hỏng hoặc bị sửa") from error
    try:
        return AESGCM(derived).decrypt(nonce, body, head)
    except (InvalidTag, ValueError) as error:
        raise HistoryLocked("passphrase") from error


def _derived(passphrase: str, salt: bytes, memory_kib: int, passes: int, lanes: int) -> bytes:
    text = unicodedata.normalize("NFC", passphrase).encode()
    kdf = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory_kib)
    return kdf.derive(text)


def _with_header(header: dict[str, Any]) -> bytes:
    text = json.dumps(header, separators=(",", ":")).encode()
    return MAGIC + _LENGTH.pack(len(text)) + text


def _header(data: bytes) -> tuple[dict[str, Any], int]:
    """(header, where the body begins)."""
    if len(data) > LARGEST:
        raise _refused("size", "tệp lớn hơn mức cho phép")
    if not data.startswith(MAGIC):
        raise _refused("magic", "tệp không phải là hồ sơ chuyển trường")
    try:
        (length,) = _LENGTH.unpack_from(data, len(MAGIC))
        at = len(MAGIC) + _LENGTH.size
        if length > _HEADER:
            raise _refused("header", "tệp bị hỏng hoặc bị sửa")
        header = json.loads(data[at : at + length])
        if not isinstance(header, dict):
            raise _refused("header", "tệp bị hỏng hoặc bị sửa")
    except (struct.error, ValueError, RecursionError) as error:
        raise _refused("header", "tệp bị hỏng hoặc bị cắt ngang") from error
    return header, at + length


def _pack(history: History) -> bytes:
    manifest = {
        "format": FORMAT,
        **asdict(history.paper),
        "files": [
            {
                "name": file.name,
                "kind": file.kind,
                "size": len(file.content),
                "sha256": hashlib.sha256(file.content).hexdigest(),
            }
            for file in history.files
        ],
    }
    text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode()
    plain = b"".join([_LENGTH.pack(len(text)), text, *(file.content for file in history.files)])
    if len(plain) > _LARGEST_PLAIN or len(text) > _MANIFEST:
        raise _refused("size", "hồ sơ lớn hơn mức cho phép")
    return zstandard.ZstdCompressor(level=12, write_content_size=True).compress(plain)


def _unpack(packed: bytes) -> History:
    plain = _decompressed(packed)
    try:
        (length,) = _LENGTH.unpack_from(plain)
        at = _LENGTH.size + length
        if length > _MANIFEST or at > len(plain):
            raise _refused("manifest", "tệp bị hỏng")
        manifest = json.loads(plain[_LENGTH.size : at])
        if manifest["format"] != FORMAT:
            raise _refused("format", "phiên bản hồ sơ chưa được hỗ trợ, hãy cập nhật Hocba")
        entries = manifest["files"]
        paper = HistoryPaper(
            str(manifest["school_code"]),
            str(manifest["school_name"]),
            str(manifest["made_at"]),
            dict(manifest["pupil"]),
        )
        return History(paper, tuple(_files(entries, plain, at)))
    except (struct.error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise _refused(type(error).__name__, "tệp bị hỏng") from error


def _files(entries: Sequence[dict[str, Any]], plain: bytes, at: int) -> list[HistoryFile]:
    found = []
    if len(entries) > _MOST_FILES:
        raise _refused("files", "hồ sơ có quá nhiều tệp")
    for entry in entries:
        size = int(entry["size"])
        if not 0 <= size <= _LARGEST_FILE:
            raise _refused("size", "hồ sơ có tệp lớn hơn mức cho phép")
        content = plain[at : at + size]
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise _refused("digest", "có tệp trong hồ sơ không khớp với bảng kê")
        found.append(HistoryFile(str(entry["name"]), str(entry["kind"]), content))
        at += size
    if at != len(plain):
        raise _refused("trailing bytes", "hồ sơ có phần thừa ngoài bảng kê")
    return found


def _decompressed(packed: bytes) -> bytes:
    try:
        size = zstandard.frame_content_size(packed)
        if not 0 <= size <= _LARGEST_PLAIN:
            raise _refused("plain size", "hồ sơ lớn hơn mức cho phép")
        plain = zstandard.ZstdDecompressor().decompress(packed, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise _refused("compression", "tệp bị hỏng") from error
    if len(plain) != size:
        raise _refused("plain size", "tệp bị hỏng")
    return plain


def _refused(detail: str, reason: str) -> HistoryError:
    return HistoryError(detail, reason=reason)
