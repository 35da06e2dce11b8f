"""Parcels that come in pieces: kept byte for byte across cut connections and restarts."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from app.department.store.objects import disk_error
from app.errors import ParcelTooLarge
from app.parcel import limits

_SHA256 = re.compile(r"[0-9a-f]{64}")
_OPEN_PER_DEVICE = 64


class OffsetWrong(Exception):
    """The sender is elsewhere than we are; no user ever sees this."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Uploads:
    """`folder/device/sha256.part`. Each device has its own, so nobody spoils another's."""

    folder: Path

    def offset(self, device_id: str, sha256: str) -> int | None:
        """Bytes held, None when nothing has come yet."""
        try:
            return self._place(device_id, sha256).stat().st_size
        except FileNotFoundError:
            return None

    async def append(
        self, device_id: str, sha256: str, offset: int, length: int, body: AsyncIterable[bytes]
    ) -> int:
        """Write what comes until the body ends or the connection is cut; bytes held afterwards.

        Two connections may carry the same parcel at once (one of them dead without knowing):
        each writes the same bytes to the same places, so neither needs to lock out the other.
        Raises OffsetWrong, ParcelTooLarge, StationBusy (disk full).
        """
        if not 0 < length <= limits.PARCEL:
            raise ParcelTooLarge("upload")
        place = self._place(device_id, sha256)
        held = self.offset(device_id, sha256) or 0
        if offset > held:
            raise OffsetWrong(held)
        try:
            self._require_room(place)
            with place.open("r+b", buffering=0) as part:
                part.seek(offset)
                try:
                    await _append(part, length - offset, body)
                finally:
                    await run_in_threadpool(os.fsync, part.fileno())
        except FileNotFoundError as error:  # another connection has just dealt with it
            raise OffsetWrong(0) from error
        except OSError as error:
            raise disk_error(error) from error
        return self.offset(device_id, sha256) or 0

    def read(self, device_id: str, sha256: str) -> bytes:
        """b'' when another connection that carried the same was quicker and has dealt with it."""
        try:
            return self._place(device_id, sha256).read_bytes()
        except FileNotFoundError:
            return b""

    def forget(self, device_id: str, sha256: str) -> None:
        self._place(device_id, sha256).unlink(missing_ok=True)

    def _place(self, device_id: str, sha256: str) -> Path:
        assert _SHA256.fullmatch(sha256)
        return self.folder / device_id / f"{sha256}.part"

    def _require_room(self, place: Path) -> None:
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        others = sorted(place.parent.glob("*.part"), key=_last_written)
        for oldest in others[: max(0, len(others) - _OPEN_PER_DEVICE)]:
            oldest.unlink(missing_ok=True)


def _last_written(part: Path) -> float:
    """Seconds since 1970; 0 for one that another connection has just dealt with."""
    try:
        return part.stat().st_mtime
    except FileNotFoundError:
        return 0.0


async def _append(part: FileIO, room: int, body: AsyncIterable[bytes]) -> None:
    async for chunk in body:
        room -= len(chunk)
        if room < 0:
            raise ParcelTooLarge("more than announced")
        view = memoryview(chunk)
        while view:
            view = view[part.write(view) :]
