"""What lies inside one sealed block: zstd of a binding and of framed items.

Plain bytes: length of the binding (4 bytes), binding (JSON: parcel, device, place in the parcel),
then for each item lengths of label and record (4 bytes each), SHA-256 of the record, label (JSON),
record. The binding keeps a block from being moved into another sender's parcel.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Sequence

import zstandard

from app.errors import ParcelTampered, ParcelTooLarge
from app.model.delivery import Event, ParcelItem, RecordKey
from app.parcel import limits

_LENGTH = struct.Struct(">I")
_ITEM = struct.Struct(">II32s")
_LEVEL = 19
_RECORD_ID = re.compile(r"[0-9A-Za-z._:-]{1,64}")


def pack(parcel_id: str, device_id: str, place: int, items: Sequence[ParcelItem]) -> bytes:
    """Compressed plain bytes of one block. Raises ParcelTooLarge, ParcelTampered (wrong hash)."""
    if len(items) > limits.ITEMS_PER_BLOCK:
        raise ParcelTooLarge("items in a block")
    binding = _json({"parcel": parcel_id, "device": device_id, "place": place})
    parts = [_LENGTH.pack(len(binding)), binding]
    for item in items:
        parts.extend(_packed(item))
    plain = b"".join(parts)
    if len(plain) > limits.BLOCK_PLAIN:
        raise ParcelTooLarge("block")
    # The size in the frame lets the reader refuse a bomb before it decompresses a byte.
    return zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(plain)


def unpack(compressed: bytes, parcel_id: str, device_id: str, place: int) -> list[ParcelItem]:
    """The items, each with its hash checked.

    Raises ParcelTampered, ParcelTooLarge.
    """
    plain = _decompress(compressed)
    try:
        (length,) = _LENGTH.unpack_from(plain)
        at = _LENGTH.size + length
        if json.loads(plain[_LENGTH.size : at]) != {
            "parcel": parcel_id,
            "device": device_id,
            "place": place,
        }:
            raise ParcelTampered("block of another parcel")
        items = []
        while at < len(plain):
            item, at = _item(plain, at)
            items.append(item)
    except (struct.error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ParcelTampered("block content") from error
    return items


def _packed(item: ParcelItem) -> tuple[bytes, bytes, bytes]:
    digest = hashlib.sha256(item.xml).digest()
    if digest.hex() != item.key.sha256:
        raise ParcelTampered("record does not have the hash it is filed under")
    label = _json(
        {
            "id": item.key.record_id,
            "version": item.key.version,
            "event": item.event.value,
            "school": item.school_code,
            "year": item.school_year,
            "class": item.section,
        }
    )
    if len(item.xml) > limits.ITEM or len(label) > limits.ITEM_LABEL:
        raise ParcelTooLarge("item")
    return _ITEM.pack(len(label), len(item.xml), digest), label, item.xml


def _item(plain: bytes, at: int) -> tuple[ParcelItem, int]:
    label_length, xml_length, digest = _ITEM.unpack_from(plain, at)
    if label_length > limits.ITEM_LABEL or xml_length > limits.ITEM:
        raise ParcelTooLarge("item")
    label_at = at + _ITEM.size
    xml_at = label_at + label_length
    end = xml_at + xml_length
    if end > len(plain):
        raise ParcelTampered("item is cut")
    xml = plain[xml_at:end]
    if hashlib.sha256(xml).digest() != digest:
        raise ParcelTampered("item hash")
    return _labelled(json.loads(plain[label_at:xml_at]), digest.hex(), xml), end


def _labelled(label: dict[str, object], sha256: str, xml: bytes) -> ParcelItem:
    record_id, version = label["id"], label["version"]
    if not isinstance(record_id, str) or not _RECORD_ID.fullmatch(record_id):
        raise ValueError("record id")
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < 2**31:
        raise ValueError("version")
    return ParcelItem(
        key=RecordKey(record_id, version, sha256),
        event=Event(str(label["event"])),
        xml=xml,
        school_code=str(label["school"]),
        school_year=str(label["year"]),
        section=str(label["class"]),
    )


def _decompress(compressed: bytes) -> bytes:
    try:
        size = zstandard.frame_content_size(compressed)
        if size < 0:
            raise ParcelTampered("block without its size")
        if size > limits.BLOCK_PLAIN:
            raise ParcelTooLarge("decompressed block")
        plain = zstandard.ZstdDecompressor().decompress(compressed, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ParcelTampered("compression") from error
    if len(plain) != size:
        raise ParcelTampered("decompressed size")
    return plain


def _json(content: dict[str, object]) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
