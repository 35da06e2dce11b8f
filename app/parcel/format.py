"""The bytes of a parcel: magic, manifest, the sender's signature, sealed blocks.

Every frame is type (4 ASCII letters), length (4 bytes, big endian), SHA-256 of the bytes, bytes.
The manifest lists the blocks' hashes and comes first, so that a receiver refuses an unknown
sender before it takes the rest, and so that whole blocks of a torn parcel are still vouched for.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from app.errors import ParcelTampered, ParcelTooLarge, ParcelTorn
from app.parcel import limits

MAGIC = b"HOCBA-PARCEL\r\n\x1a\x01"
"""The line ending and Ctrl-Z show a transfer in text mode; the last byte is the version."""

MANIFEST = b"MANI"
SIGNATURE = b"SIGN"
BLOCK = b"BLCK"
SIGNATURE_BYTES = 64
_FRAME = struct.Struct(">4sI32s")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_HEX32 = re.compile(r"[0-9a-f]{32}")
_SCHOOL = re.compile(r"[0-9A-Za-z._-]{1,32}")


@dataclass(frozen=True, slots=True)
class BlockEntry:
    """One line of the manifest: a sealed block's SHA-256 (hex), size, and number of items."""

    sha256: str
    size: int
    """Bytes of the sealed block."""
    items: int


@dataclass(frozen=True, slots=True)
class ParcelHeader:
    """What a carrier may see: who sends to whom, how many items in how many blocks."""

    parcel_id: str
    """32 hex digits, random."""
    device_id: str
    school_code: str
    receivers: tuple[str, ...]
    """SHA-256 of each receiver's public key (SubjectPublicKeyInfo), hex."""
    created_at: str
    """What the sender's clock said; never trusted."""
    counter: int
    """Rises with each parcel of a device."""
    blocks: tuple[BlockEntry, ...]

    @property
    def items(self) -> int:
        """How many items all blocks hold together."""
        return sum(block.items for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Parcel:
    """`sha256` of all bytes is the parcel's address and idempotency key."""

    bytes: bytes
    sha256: str
    header: ParcelHeader

    @property
    def counts(self) -> tuple[int, int]:
        """(items, blocks)."""
        return self.header.items, len(self.header.blocks)


@dataclass(frozen=True, slots=True)
class SignedHeader:
    """The signed part of a parcel; `blocks_at` is the offset of the first block frame."""

    header: ParcelHeader
    manifest: bytes
    signature: bytes
    blocks_at: int


def frame(kind: bytes, payload: bytes) -> bytes:
    """One frame around `payload`; `kind` is its type, 4 ASCII letters."""
    return _FRAME.pack(kind, len(payload), hashlib.sha256(payload).digest()) + payload


def take_frame(data: bytes, at: int, kind: bytes, limit: int) -> tuple[bytes, int]:
    """(payload, offset behind the frame). Raises ParcelTorn, ParcelTampered, ParcelTooLarge."""
    if len(data) < at + _FRAME.size:
        raise ParcelTorn("ends within a frame's head")
    found, length, digest = _FRAME.unpack_from(data, at)
    if found != kind:
        raise ParcelTampered("unexpected frame")
    if length > limit:
        raise ParcelTooLarge("frame")
    start = at + _FRAME.size
    payload = data[start : start + length]
    if len(payload) < length:
        raise ParcelTorn("ends within a frame")
    if hashlib.sha256(payload).digest() != digest:
        raise ParcelTampered("frame hash")
    return payload, start + length


def signed_bytes(manifest: bytes) -> bytes:
    """What the device signs. The magic keeps the signature from meaning anything elsewhere."""
    return MAGIC + manifest


def manifest_of(header: ParcelHeader) -> bytes:
    """The header as the manifest's bytes: compact JSON with sorted keys."""
    content = {
        "id": header.parcel_id,
        "device": header.device_id,
        "school": header.school_code,
        "receivers": list(header.receivers),
        "created": header.created_at,
        "counter": header.counter,
        "blocks": [[block.sha256, block.size, block.items] for block in header.blocks],
    }
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()


def read_front(data: bytes) -> SignedHeader:
    """The manifest and its signature, not yet checked against any key.

    Raises ParcelTorn, ParcelTampered, ParcelTooLarge.
    """
    if len(data) > limits.PARCEL:
        raise ParcelTooLarge("parcel")
    if data[: len(MAGIC)] != MAGIC[: len(data)]:
        raise ParcelTampered("not a parcel")
    manifest, at = take_frame(data, len(MAGIC), MANIFEST, limits.MANIFEST)
    signature, at = take_frame(data, at, SIGNATURE, SIGNATURE_BYTES)
    return SignedHeader(_header(manifest), manifest, signature, at)


def read_header(data: bytes) -> ParcelHeader:
    """The header as it claims to be; use `inspect` where the sender's key is known."""
    return read_front(data).header


def whole_size(front: SignedHeader) -> int:
    """Bytes that the complete parcel has."""
    return front.blocks_at + sum(_FRAME.size + block.size for block in front.header.blocks)


def frame_block(data: bytes, at: int, entry: BlockEntry) -> bytes:
    """The sealed bytes of one block, which must be those of the manifest."""
    sealed, _ = take_frame(data, at, BLOCK, limits.BLOCK_SEALED)
    if hashlib.sha256(sealed).hexdigest() != entry.sha256:
        raise ParcelTampered("block is not the manifest's")
    return sealed


def block_places(front: SignedHeader) -> Iterator[tuple[int, BlockEntry]]:
    """(offset of the frame, entry); places come from the signed manifest, not from the bytes."""
    at = front.blocks_at
    for entry in front.header.blocks:
        yield at, entry
        at += _FRAME.size + entry.size


def _header(manifest: bytes) -> ParcelHeader:
    try:
        content = json.loads(manifest)
        header = ParcelHeader(
            parcel_id=_match(_HEX32, content["id"]),
            device_id=_match(_HEX32, content["device"]),
            school_code=_match(_SCHOOL, content["school"]),
            receivers=tuple(_match(_HEX64, receiver) for receiver in content["receivers"]),
            created_at=str(content["created"])[:40],
            counter=_whole(content["counter"], 2**53),
            blocks=tuple(_entry(*block) for block in content["blocks"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ParcelTampered("manifest") from error
    if not 1 <= len(header.receivers) <= limits.RECEIVERS:
        raise ParcelTampered("receivers")
    if not 1 <= len(header.blocks) <= limits.BLOCKS:
        raise ParcelTampered("blocks")
    return header


def _entry(sha256: object, size: object, items: object) -> BlockEntry:
    return BlockEntry(
        _match(_HEX64, sha256),
        _whole(size, limits.BLOCK_SEALED),
        _whole(items, limits.ITEMS_PER_BLOCK),
    )


def _match(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("pattern")
    return value


def _whole(value: object, highest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= highest:
        raise ValueError("number")
    return value
