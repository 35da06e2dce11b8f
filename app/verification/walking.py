"""From what somebody drops to the files worth a look."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.signing.batch.register import SUFFIX as REGISTER
from app.work import WorkContext

KINDS = (".xml", ".pdf", ".hbx", ".hbr", ".hocba-hs", ".zip")
"""In folders; a file that was named itself is looked at whatever it is called."""
MOST_FILES = 50_000
_BETWEEN = 200


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """What was found to check: batch registers, and all other files of a kind we know."""

    files: tuple[Path, ...]
    registers: tuple[Path, ...]
    unreadable: tuple[Path, ...] = ()
    """Folders that could not be read, or not to their end."""


def look_for(paths: Sequence[Path], context: WorkContext) -> FoundFiles:
    """The files themselves and what lies in folders, sorted; links are not followed.

    Raises Cancelled.
    """
    files: list[Path] = []
    unreadable: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        for file in _below(path, unreadable, context):
            if len(files) >= MOST_FILES:
                unreadable.append(path)
                break
            files.append(file)
    registers = tuple(file for file in files if file.suffix.lower() == REGISTER)
    others = tuple(file for file in files if file.suffix.lower() != REGISTER)
    return FoundFiles(others, registers, tuple(dict.fromkeys(unreadable)))


def _below(folder: Path, unreadable: list[Path], context: WorkContext) -> Iterator[Path]:
    def missed(error: OSError) -> None:
        unreadable.append(Path(error.filename or folder))

    seen = 0
    for where, folders, names in os.walk(folder, onerror=missed):
        folders.sort()
        for name in sorted(names):
            seen += 1
            if seen % _BETWEEN == 0:
                context.step(0, 0, "Đang tìm tệp")
            if name.lower().endswith((*KINDS, REGISTER)):
                yield Path(where, name)
