"""A second reader of parcels, after app/parcel/FORMAT.md alone: nothing of the program is used.

So another vendor's station could read them: `openssl cms` opens the blocks, zstandard unpacks.
"""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAGIC = b"HOCBA-PARCEL\r\n\x1a\x01"
LENT = 128 * 1024


def read_parcel(
    data: bytes, sender: bytes, key: Path, certificate: Path
) -> list[tuple[dict[str, Any], bytes]]:
    """(label, record) of each item; `sender`: 32 bytes. Anything wrong is an exception."""
    assert data.startswith(MAGIC)
    manifest, at = _frame(data, len(MAGIC), b"MANI")
    signature, at = _frame(data, at, b"SIGN")
    Ed25519PublicKey.from_public_bytes(sender).verify(signature, MAGIC + manifest)
    said = json.loads(manifest)
    assert said["device"] == hashlib.sha256(sender).hexdigest()[:32]
    found, lent = [], b""
    for place, (sha256, size, count) in enumerate(said["blocks"]):
        sealed, at = _frame(data, at, b"BLCK")
        assert (hashlib.sha256(sealed).hexdigest(), len(sealed)) == (sha256, size)
        content = _opened(sealed, key, certificate)
        assert content[:36] == bytes.fromhex(said["id"] + said["device"]) + struct.pack(">I", place)
        plain = _unpacked(content[36:], lent)
        lent = lent or plain[:LENT]
        items = _items(plain)
        assert len(items) == count
        found.extend(items)
    assert at == len(data)
    return found


def _frame(data: bytes, at: int, kind: bytes) -> tuple[bytes, int]:
    found, length, digest = struct.unpack_from(">4sI32s", data, at)
    payload = data[at + 40 : at + 40 + length]
    assert (found, hashlib.sha256(payload).digest()) == (kind, digest)
    return payload, at + 40 + length


def _opened(sealed: bytes, key: Path, certificate: Path) -> bytes:
    command = ["openssl", "cms", "-decrypt", "-inform", "DER", "-binary"]
    command += ["-inkey", str(key), "-recip", str(certificate)]
    return subprocess.run(command, input=sealed, check=True, capture_output=True).stdout


def _unpacked(compressed: bytes, lent: bytes) -> bytes:
    raw = zstandard.ZstdCompressionDict(lent, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdDecompressor(dict_data=raw if lent else None).decompress(compressed)


def _items(plain: bytes) -> list[tuple[dict[str, Any], bytes]]:
    at, items = 0, []
    while at < len(plain):
        label_length, length, digest = struct.unpack_from(">II32s", plain, at)
        label = plain[at + 40 : at + 40 + label_length]
        record = plain[at + 40 + label_length : at + 40 + label_length + length]
        assert hashlib.sha256(record).digest() == digest
        items.append((json.loads(label), record))
        at += 40 + label_length + length
    return items
