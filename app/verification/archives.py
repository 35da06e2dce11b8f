"""A zip of records, such as an extract (`app/handover/extract.py`): each record in it is judged.

What a zip raises is no list of classes: torn, locked and odd entries fail in every way there is.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self

from app.model.signing import FileReport
from app.signing.file_verification import read_bounded, refused, verify_bytes
from app.signing.pdf.verification import SIZE_LIMIT
from app.signing.trust.trust_store import TrustStore

MAGIC = b"PK\x03\x04"
_MOST = 2000
_MOST_LISTED = 20_000
_ENTRY = b"PK\x01\x02"
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Others may ask for gigabytes of memory before they give one byte."""
_ALL = 512 * 1024 * 1024
"""Bytes, unpacked."""
_KINDS = (".xml", ".pdf")


class RecordArchive:
    """The records and views in a zip. `refusal`: why none of them can be looked at."""

    def __init__(self, file: str, data: bytes) -> None:
        self._file = file
        self._entries: list[zipfile.ZipInfo] = []
        self._zip: zipfile.ZipFile | None = None
        digest = hashlib.sha256(data).hexdigest()
        problem = self._open(data)
        self.refusal = replace(refused(file, problem), sha256=digest) if problem else None

    @classmethod
    def at(cls, file: Path) -> Self:
        """Raises what `read_bounded` raises."""
        return cls(str(file), read_bounded(file, SIZE_LIMIT))

    def __len__(self) -> int:
        return len(self._entries)

    def verify(self, number: int, trust: TrustStore, now: datetime) -> FileReport:
        """What can be said of one entry, or why it cannot be read. Never raises."""
        assert self._zip is not None
        entry = self._entries[number]
        name = Path(f"{self._file} › {Path(entry.filename).name}")
        try:
            content = _content(self._zip, entry)
        except Exception:  # noqa: BLE001 - zipfile raises all sorts on hostile entries
            return refused(name, "archive.unreadable")
        return verify_bytes(content, name, trust, now)

    def _open(self, data: bytes) -> str:
        """The code of what is wrong; '' when it can be looked into."""
        if data.count(_ENTRY) > _MOST_LISTED:
            return "file.too_large"
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            found = [entry for entry in self._zip.infolist() if _wanted(entry)]
        except Exception:  # noqa: BLE001 - zipfile raises all sorts on hostile files
            return "archive.unreadable"
        if len(found) > _MOST or sum(entry.file_size for entry in found) > _ALL:
            return "file.too_large"
        self._entries = found
        return "" if found else "file.unknown_kind"


def _wanted(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename
    if not name:
        raise ValueError("an entry without a name")
    return not name.endswith("/") and name.lower().endswith(_KINDS)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """What an entry claims of its size is not believed: reading stops behind the limit."""
    if entry.compress_type not in _PACKED:
        raise ValueError(f"entry packed by method {entry.compress_type}")
    with archive.open(entry) as stream:
        content = stream.read(SIZE_LIMIT + 1)
    if len(content) > SIZE_LIMIT:
        raise ValueError("entry over the limit")
    return content
