"""A parcel back into items, the sender first."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.errors import ParcelError, ParcelNotForUs, ParcelTampered, ParcelTooLarge, ParcelTorn
from app.model.delivery import ParcelItem
from app.parcel import block, compression, envelope, limits
from app.parcel.device import device_id_of, signed_by
from app.parcel.envelope import DecryptionKey
from app.parcel.format import (
    SIGNATURE_BYTES,
    BlockEntry,
    ParcelHeader,
    SignedHeader,
    block_places,
    frame_block,
    read_front,
    signed_bytes,
    whole_size,
)
from app.parcel.sealing import key_id


@dataclass(frozen=True, slots=True)
class RecoveredItems:
    """What a damaged parcel still gives: whole, vouched-for items, and what is missing."""

    header: ParcelHeader
    items: tuple[ParcelItem, ...]
    missing_items: int


def inspect(data: bytes, sender: Ed25519PublicKey) -> ParcelHeader:
    """The header of a parcel (or of its beginning) that this sender's device signed.

    Raises ParcelTampered, ParcelTorn, ParcelTooLarge. Nothing is decrypted.
    """
    return _trusted_front(data, sender).header


def open_parcel(data: bytes, key: DecryptionKey, sender: Ed25519PublicKey) -> list[ParcelItem]:
    """All items of a whole parcel, in the order in which they were sealed.

    Raises ParcelTorn, ParcelTampered, ParcelNotForUs, ParcelTooLarge.
    """
    front = _trusted_front(data, sender)
    _require_receiver(front, key)
    size = whole_size(front)
    if size > limits.PARCEL:
        raise ParcelTooLarge("parcel")
    if len(data) < size:
        raise ParcelTorn("blocks are missing")
    if len(data) > size:
        raise ParcelTampered("bytes behind the end")
    blocks, items = _Blocks(data, front.header, key), []
    for place, (at, entry) in enumerate(block_places(front)):
        items.extend(blocks.opened(at, entry, place))
    return items


def salvage(data: bytes, key: DecryptionKey, sender: Ed25519PublicKey) -> RecoveredItems:
    """Whole blocks of a torn or damaged parcel.

    The front (manifest and signature) must be whole: without it nobody vouches for anything. So
    must the first block: the others lean on it.
    Raises what `inspect` raises, and ParcelNotForUs.
    """
    front = _trusted_front(data, sender)
    _require_receiver(front, key)
    blocks, items = _Blocks(data, front.header, key), []
    for place, (at, entry) in enumerate(block_places(front)):
        try:
            items.extend(blocks.opened(at, entry, place))
        except ParcelError:
            continue
    return RecoveredItems(front.header, tuple(items), front.header.items - len(items))


def _trusted_front(data: bytes, sender: Ed25519PublicKey) -> SignedHeader:
    front = read_front(data)
    if front.header.device_id != device_id_of(sender):
        raise ParcelTampered("sent by another device")
    is_signed = len(front.signature) == SIGNATURE_BYTES and signed_by(
        sender, front.signature, signed_bytes(front.manifest)
    )
    if not is_signed:
        raise ParcelTampered("sender's signature")
    return front


def _require_receiver(front: SignedHeader, key: DecryptionKey) -> None:
    if key_id(key.public_key()) not in front.header.receivers:
        raise ParcelNotForUs("sealed for other receivers")


class _Blocks:
    """Opens them one after the other, in their order."""

    def __init__(self, data: bytes, header: ParcelHeader, key: DecryptionKey) -> None:
        self._data = data
        self._header = header
        self._key = key
        self._dictionary = b""
        self._room = limits.PARCEL_PLAIN

    def opened(self, at: int, entry: BlockEntry, place: int) -> list[ParcelItem]:
        """Raises ParcelTorn, ParcelTampered, ParcelTooLarge, ParcelNotForUs."""
        sealed = frame_block(self._data, at, entry)
        if place and not self._dictionary:
            raise ParcelTampered("the first block is damaged")
        content = envelope.decrypt(sealed, self._key)
        compressed = block.bound(content, self._header.parcel_id, self._header.device_id, place)
        plain = compression.decompress(compressed, self._dictionary, self._room)
        self._room -= len(plain)
        items = block.unpack(plain)
        if len(items) != entry.items:
            raise ParcelTampered("number of items")
        self._dictionary = self._dictionary or compression.dictionary_of(plain)
        return items
