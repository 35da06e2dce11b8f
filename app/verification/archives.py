"""A zip of records, such as an extract (`app/handover/extract.py`): each record in it is judged."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from app.model.signing import FileReport
from app.signing.file_verification import refused, verify_bytes
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
_TORN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)
"""What zipfile raises for torn, encrypted and odd entries."""


def verify_archive(data: bytes, trust: TrustStore, now: datetime, file: str) -> list[FileReport]:
    """A report for each record or view in the zip, or one that says why not. Never raises."""
    digest = hashlib.sha256(data).hexdigest()
    if data.count(_ENTRY) > _MOST_LISTED:
        return [replace(refused(file, "file.too_large"), sha256=digest)]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [entry for entry in archive.infolist() if _wanted(entry)]
            if len(names) > _MOST or sum(entry.file_size for entry in names) > _ALL:
                return [replace(refused(file, "file.too_large"), sha256=digest)]
            found = [
                verify_bytes(content, Path(f"{file} › {name}"), trust, now)
                for name, content in _contents(archive, names)
            ]
    except _TORN:
        return [replace(refused(file, "archive.unreadable"), sha256=digest)]
    return found or [refused(file, "file.unknown_kind")]


def _wanted(entry: zipfile.ZipInfo) -> bool:
    return not entry.is_dir() and entry.filename.lower().endswith(_KINDS)


def _contents(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]
) -> Iterator[tuple[str, bytes]]:
    """What an entry claims of its size is not believed: reading stops behind the limit."""
    for entry in entries:
        if entry.compress_type not in _PACKED:
            raise ValueError(f"entry packed by method {entry.compress_type}")
        with archive.open(entry) as stream:
            content = stream.read(SIZE_LIMIT + 1)
        if len(content) > SIZE_LIMIT:
            raise ValueError("entry over the limit")
        yield Path(entry.filename).name, content
