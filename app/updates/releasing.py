"""A version into a repository: full, and as what changed since versions that schools have."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from securesystemslib.signer import CryptoSigner

from app.updates import archive
from app.updates.repository import PublishedProgram, UpdateRepository


def release_programs(
    repository: UpdateRepository,
    signer: CryptoSigner,
    programs: Mapping[str, Path],
    older: Mapping[str, Path],
    platform: str,
    critical: bool = False,
    notes: str = "",
) -> int:
    """`programs`, `older`: folders of frozen programs by version. The list's new number.

    Raises what `UpdateRepository.publish` raises, OSError.
    """
    with tempfile.TemporaryDirectory(prefix="hocba-") as room:
        made = []
        for version, folder in programs.items():
            bases = {"": None} | {each: archive.file_hashes(place) for each, place in older.items()}
            for base, hashes in bases.items():
                file = Path(room) / f"{version}-since-{base}.zip"
                archive.pack(folder, file, hashes)
                made.append(PublishedProgram(file, version, platform, critical, notes, base))
        return repository.publish(signer, made)
