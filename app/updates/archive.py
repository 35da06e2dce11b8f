"""A program as a file: full, or what changed since a version that is there already.

A zip with `files.json`, which names every file of the version with its SHA-256, and the files
themselves; in a delta only those that the older version has not. Whoever unpacks takes the others
from there and checks each, so that the result is the same file by file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from app.errors import UpdateDamaged

LIST = "files.json"
LARGEST = 600_000_000
"""Bytes that a version takes unpacked."""
MOST_FILES = 20_000
_PIECE = 1 << 20
_MOMENT = (2020, 1, 1, 0, 0, 0)
"""Of every entry: the same files make the same archive."""


def file_hashes(folder: Path) -> dict[str, str]:
    """By path below `folder`, with '/'."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): _sha256(file) for file in files}


def pack(folder: Path, target: Path, base: Mapping[str, str] | None = None) -> None:
    """`base`: hashes of the version that whoever unpacks has; None: of none."""
    hashes = file_hashes(folder)
    there = set((base or {}).items())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        _add(packed, LIST, json.dumps(hashes, sort_keys=True, ensure_ascii=False).encode())
        for name, digest in hashes.items():
            if (name, digest) not in there:
                _add(packed, name, (folder / name).read_bytes())


def _add(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o755 << 16
    packed.writestr(entry, content)


def unpack(archive: Path, target: Path, base: Path | None = None) -> None:
    """Into the new folder `target`, which is removed again when anything is wrong.

    `base`: folder of the version that a delta builds on. Raises UpdateDamaged, OSError.
    """
    target.mkdir(parents=True)
    try:
        with zipfile.ZipFile(archive) as packed:
            _fill(packed, target, base)
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, NotImplementedError) as error:
        shutil.rmtree(target, ignore_errors=True)
        raise UpdateDamaged(type(error).__name__) from error
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _fill(packed: zipfile.ZipFile, target: Path, base: Path | None) -> None:
    entries = {entry.filename: entry for entry in packed.infolist()}
    if len(entries) > MOST_FILES or sum(e.file_size for e in entries.values()) > LARGEST:
        raise UpdateDamaged("too large")
    hashes = json.loads(packed.read(LIST))
    if not isinstance(hashes, dict) or len(hashes) > MOST_FILES:
        raise UpdateDamaged("list")
    left = LARGEST
    for name, digest in hashes.items():
        place = target / _inside(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        if name in entries:
            _extract(packed, name, place)
        elif base is not None:
            shutil.copyfile(base / _inside(name), place)
        else:
            raise UpdateDamaged("incomplete")
        left -= place.stat().st_size
        if left < 0 or _sha256(place) != digest:
            raise UpdateDamaged("a file differs from the list")
        place.chmod(0o755)


def _extract(packed: zipfile.ZipFile, name: str, place: Path) -> None:
    with packed.open(name) as stream, place.open("wb") as file:
        shutil.copyfileobj(stream, file, _PIECE)


def _inside(name: object) -> PurePosixPath:
    """Raises UpdateDamaged for a name that leads elsewhere, on any system."""
    path = PurePosixPath(str(name))
    odd = any(part in ("", ".", "..") or ":" in part or "\\" in part for part in path.parts)
    if path.is_absolute() or odd or not path.parts:
        raise UpdateDamaged("name")
    return path


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
