"""What lies inside one sealed block: its binding, and zstd of framed items.

The binding is 16 bytes parcel, 16 bytes device, 4 bytes place in the parcel (big endian). It keeps
a block from being moved into another sender's parcel, and stands before the compression, which
leans on the first block: there a binding could be borrowed from it.

An item is lengths of label and record (4 bytes each), SHA-256 of the record, label (JSON), record.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Sequence

from app.errors import ParcelTampered, ParcelTooLarge
from app.model.delivery import Event, ParcelItem, RecordKey
from app.parcel import limits

_BINDING = struct.Struct(">16s16sI")
_ITEM = struct.Struct(">II32s")
_RECORD_ID = re.compile(r"[0-9A-Za-z._:-]{1,64}")


def binding(parcel_id: str, device_id: str, place: int) -> bytes:
    """`place`: from 0."""
    return _BINDING.pack(bytes.fromhex(parcel_id), bytes.fromhex(device_id), place)


def bound(content: bytes, parcel_id: str, device_id: str, place: int) -> bytes:
    """What follows the binding. Raises ParcelTampered when it is not this one."""
    expected = binding(parcel_id, device_id, place)
    if not content.startswith(expected):
        raise ParcelTampered("block of another parcel or place")
    return content[len(expected) :]


def pack(items: Sequence[ParcelItem]) -> bytes:
    """Raises ParcelTooLarge, ParcelTampered (an item's hash is not its own)."""
    if len(items) > limits.ITEMS_PER_BLOCK:
        raise ParcelTooLarge("items in a block")
    plain = b"".join(part for item in items for part in _packed(item))
    if len(plain) > limits.BLOCK_PLAIN:
        raise ParcelTooLarge("block")
    return plain


def unpack(plain: bytes) -> list[ParcelItem]:
    """The items, each with its hash checked. Raises ParcelTampered, ParcelTooLarge."""
    items, at = [], 0
    try:
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


def _json(content: dict[str, object]) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
