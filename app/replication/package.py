"""What a hand-over parcel holds: a slip, perhaps the school's list, pieces of chains, records.

The bytes are those of any parcel (`app/parcel/FORMAT.md`): signed by the sending machine, sealed
for the receiving one. Its items are told apart by the id on their label.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from app import clock
from app.errors import ParcelTampered
from app.model.delivery import Event, ParcelItem, RecordKey
from app.parcel import DeviceIdentity, Parcel, seal
from app.parcel.limits import ITEMS_PER_BLOCK
from app.replication.segment import Segment, pack, unpack
from app.store.sharing.log import Ends
from app.store.sharing.settling import ends_from, ends_json

FORMAT = "hocba-handover/1"
SUFFIX = ".hbg"
_SLIP, _LIST, _SEGMENT = "slip", "list", "segment"


@dataclass(frozen=True, slots=True)
class Package:
    """`ends`: by stream, what the sender holds; it is the receipt for all that came before."""

    ends: Mapping[str, Ends]
    membership: int
    """Number of the list that the sender knows."""
    issued: tuple[bytes, bytes] | None = None
    """That list and its signature, for a receiver who does not have it."""
    segments: tuple[Segment, ...] = ()

    @property
    def operations(self) -> int:
        return sum(len(segment.operations) for segment in self.segments)


@dataclass(slots=True)
class _PackageParts:
    slip: dict[str, Any] | None = None
    issued: tuple[bytes, bytes] | None = None
    segments: list[Segment] = field(default_factory=list)


def seal_package(
    package: Package, to: x509.Certificate, device: DeviceIdentity, counter: int
) -> Parcel:
    """Raises ParcelTooLarge."""
    slip = {
        "format": FORMAT,
        "membership": package.membership,
        "ends": {stream: ends_json(ends) for stream, ends in sorted(package.ends.items())},
    }
    items = [_item(_SLIP, json.dumps(slip, separators=(",", ":")).encode())]
    if package.issued is not None:
        content, signature = package.issued
        items.append(_item(_LIST, signature + content))
    items += [
        _item(f"{_SEGMENT}-{number}", pack(segment))
        for number, segment in enumerate(package.segments, 1)
    ]
    return seal(
        items, to=to, device=device, counter=counter, block_size=ITEMS_PER_BLOCK, now=clock.now
    )


def _item(name: str, content: bytes) -> ParcelItem:
    key = RecordKey(name, 1, hashlib.sha256(content).hexdigest())
    return ParcelItem(key, Event.NEW, content)


def read_package(items: Sequence[ParcelItem]) -> Package:
    """Raises ParcelTampered."""
    found = _PackageParts()
    for item in items:
        _take(item, found)
    if found.slip is None:
        raise ParcelTampered("no slip")
    try:
        if found.slip["format"] != FORMAT:
            raise ValueError("format")
        ends = {str(stream): ends_from(each) for stream, each in found.slip["ends"].items()}
        number = int(found.slip["membership"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ParcelTampered("slip") from error
    return Package(ends, number, found.issued, tuple(found.segments))


def _take(item: ParcelItem, found: _PackageParts) -> None:
    name = item.key.record_id
    if name == _SLIP:
        try:
            found.slip = json.loads(item.xml)
        except (ValueError, RecursionError) as error:
            raise ParcelTampered("slip") from error
    elif name == _LIST:
        found.issued = (item.xml[64:], item.xml[:64])
    elif name.startswith(_SEGMENT):
        found.segments.append(unpack(item.xml))
    else:
        raise ParcelTampered("an item of another kind")
