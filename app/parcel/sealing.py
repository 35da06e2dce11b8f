"""Items into a parcel."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app import clock
from app.errors import ParcelError, ParcelTooLarge
from app.model.delivery import ParcelItem
from app.parcel import block, compression, envelope, limits
from app.parcel.device import DeviceIdentity
from app.parcel.format import (
    BLOCK,
    MAGIC,
    MANIFEST,
    SIGNATURE,
    BlockEntry,
    Parcel,
    ParcelHeader,
    frame,
    manifest_of,
    signed_bytes,
)

RECORDS_IN_BLOCK = 10
"""A torn parcel loses less than so many records that had come already; each block costs 0.6 KB."""


def seal(
    items: Sequence[ParcelItem],
    *,
    to: x509.Certificate | Sequence[x509.Certificate],
    device: DeviceIdentity,
    counter: int,
    block_size: int | None = None,
    now: clock.Clock = clock.now,
) -> Parcel:
    """One parcel for all `items`, readable by each of `to` only.

    `block_size` is the number of items in one block; None: few, so that a torn parcel gives back
    most of what has come. Raises ParcelError, ParcelTooLarge, ParcelNotForUs.
    """
    receivers = [to] if isinstance(to, x509.Certificate) else list(to)
    if not items or not 1 <= len(receivers) <= limits.RECEIVERS:
        raise ParcelError("a parcel needs items and between 1 and 8 receivers")
    parcel_id = secrets.token_hex(16)
    blocks, entries, dictionary, weight = [], [], b"", 0
    for place, group in enumerate(_groups(items, block_size or _usual_size(len(items)))):
        plain = block.pack(group)
        weight += len(plain)
        if weight > limits.PARCEL_PLAIN:
            raise ParcelTooLarge("plain bytes")
        binding = block.binding(parcel_id, device.device_id, place)
        compressed = compression.compress(plain, dictionary)
        dictionary = dictionary or compression.dictionary_of(plain)
        sealed = envelope.encrypt(binding + compressed, receivers)
        blocks.append(frame(BLOCK, sealed))
        entries.append(BlockEntry(hashlib.sha256(sealed).hexdigest(), len(sealed), len(group)))
    header = ParcelHeader(
        parcel_id=parcel_id,
        device_id=device.device_id,
        school_code=device.school_code,
        receivers=tuple(key_id(certificate.public_key()) for certificate in receivers),
        created_at=now().isoformat(),
        counter=counter,
        blocks=tuple(entries),
    )
    return _assembled(header, blocks, device)


def key_id(public_key: PublicKeyTypes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, hex."""
    der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _assembled(header: ParcelHeader, blocks: list[bytes], device: DeviceIdentity) -> Parcel:
    manifest = manifest_of(header)
    signature = frame(SIGNATURE, device.sign(signed_bytes(manifest)))
    data = b"".join([MAGIC, frame(MANIFEST, manifest), signature, *blocks])
    if len(data) > limits.PARCEL or len(header.blocks) > limits.BLOCKS:
        raise ParcelTooLarge("parcel")
    return Parcel(data, hashlib.sha256(data).hexdigest(), header)


def _usual_size(items: int) -> int:
    return max(RECORDS_IN_BLOCK, -(-items // limits.BLOCKS))


def _groups(items: Sequence[ParcelItem], size: int) -> Iterator[list[ParcelItem]]:
    """At most `size` items, and well below what a reader decompresses."""
    group: list[ParcelItem] = []
    weight = 0
    for item in items:
        if group and (len(group) >= size or weight + len(item.xml) > limits.BLOCK_PLAIN // 2):
            yield group
            group, weight = [], 0
        group.append(item)
        weight += len(item.xml)
    yield group
