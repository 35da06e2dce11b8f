"""A record's XML: one object for what came in one parcel, and each record's place in it."""

from __future__ import annotations

import hashlib
import itertools
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import zstandard
from sqlalchemy import Row

from app.department.store.objects import Objects
from app.errors import ObjectMissing, RecordDamaged
from app.model.delivery import Event, ParcelItem, RecordKey

log = logging.getLogger("hocba.station")


@dataclass(frozen=True, slots=True)
class ObjectSpan:
    """A zstd frame of `size` bytes at `at` in the object of this name."""

    name: str
    at: int
    size: int


@dataclass(frozen=True, slots=True)
class RecordBytes:
    objects: Objects

    def keep(self, items: Sequence[ParcelItem]) -> dict[RecordKey, ObjectSpan]:
        """Durable on return. Raises StationBusy."""
        packer = zstandard.ZstdCompressor(level=3)
        frames = [packer.compress(item.xml) for item in items]
        if not frames:
            return {}
        name = self.objects.keep(b"".join(frames))
        places, at = {}, 0
        for item, frame in zip(items, frames, strict=True):
            places[item.key] = ObjectSpan(name, at, len(frame))
            at += len(frame)
        return places

    def item(self, row: Row[Any]) -> ParcelItem:
        """A row of `record`. Raises RecordDamaged, StationBusy."""
        return _item(row, row.xml or self._read(row.object, row.object_at, row.object_size))

    def items(self, rows: Sequence[Row[Any]]) -> Iterable[tuple[Row[Any], ParcelItem | None]]:
        """As `item` for many; None for a damaged one. One read for what lies in one object."""
        by_object = itertools.groupby(sorted(rows, key=_object), key=_object)
        for name, group in by_object:
            together = list(group)
            first = min(row.object_at for row in together)
            end = max(row.object_at + row.object_size for row in together)
            try:
                data = self._read(name, first, end - first) if name else b""
            except RecordDamaged:
                data = b""
            for row in together:
                at = row.object_at - first
                yield row, _item_or_none(row, row.xml or data[at : at + row.object_size])

    def _read(self, name: str, at: int, size: int) -> bytes:
        try:
            return self.objects.read(name, at, size)
        except ObjectMissing as error:
            raise RecordDamaged(error.detail) from error


def key_of(row: Row[Any]) -> RecordKey:
    """Of a row of `record`."""
    return RecordKey(row.record_id, row.version, row.sha256)


def _object(row: Row[Any]) -> str:
    return str(row.object)


def _item_or_none(row: Row[Any], frame: bytes) -> ParcelItem | None:
    try:
        return _item(row, frame)
    except RecordDamaged:
        log.exception("record damaged", extra={"record": row.record_id})
        return None


def _item(row: Row[Any], frame: bytes) -> ParcelItem:
    try:
        xml = zstandard.ZstdDecompressor().decompress(frame)
    except zstandard.ZstdError as error:
        raise RecordDamaged("frame") from error
    if hashlib.sha256(xml).hexdigest() != row.sha256:
        raise RecordDamaged("digest")
    return ParcelItem(
        key=key_of(row),
        event=Event(row.event),
        xml=xml,
        school_code=row.school_code,
        school_year=row.school_year,
        section=row.section,
    )
