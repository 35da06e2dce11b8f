"""One update from beginning to end: look, decide, save the workspace, fetch, unpack, take in."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from app.errors import DiskFull, UpdateDamaged
from app.updates.archive import unpack
from app.updates.client import UpdateClient, UpdateOffer, best
from app.updates.versions import Versions

BEFORE_DEADLINE = timedelta(days=14)
"""In these days a school has other worries; a critical update comes all the same."""
_ROOM = 3
"""Times the archive's size that must be free: the archive, the program, and as much again."""


@dataclass(frozen=True, slots=True)
class Updated:
    """What came of it. `version` is '' where nothing newer is offered."""

    version: str = ""
    notes: str = ""
    put_off_until: date | None = None
    """The day after the deadline, where the update can wait until then."""


def update(
    client: UpdateClient,
    versions: Versions,
    today: date,
    deadline: date | None = None,
    program: Path | None = None,
) -> Updated:
    """Take the newest program in beside this one; the window tries it at its next start.

    `deadline`: by which the school must have delivered. `program`: folder of the running program,
    which a delta can build on. Nothing that runs is touched. Raises what `UpdateClient` raises,
    UpdateDamaged, DiskFull, OSError.
    """
    bases = _bases(versions, program)
    client.refresh()
    offer = best(client.offers(), versions.newest(), bases)
    if offer is None:
        return Updated()
    if deadline is not None and not offer.critical and today <= deadline <= today + BEFORE_DEADLINE:
        return Updated(offer.version, offer.notes, deadline + timedelta(days=1))
    _take_in(client, versions, offer, bases.get(offer.base))
    return Updated(offer.version, offer.notes)


def _take_in(
    client: UpdateClient, versions: Versions, offer: UpdateOffer, base: Path | None
) -> None:
    versions.folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(versions.folder).free < _ROOM * offer.bytes:
        raise DiskFull("update")
    archive = client.fetch(offer)
    beside = versions.folder / "unpacking"
    shutil.rmtree(beside, ignore_errors=True)
    try:
        unpack(archive, beside, base)
        if not (beside / versions.program("", "hocba").name).is_file():
            shutil.rmtree(beside)
            raise UpdateDamaged("no program in it")
        versions.add(offer.version, beside)
    finally:
        archive.unlink(missing_ok=True)


def _bases(versions: Versions, program: Path | None) -> dict[str, Path]:
    there = {} if program is None else {versions.own: program}
    for version in (versions.state().version, versions.state().previous):
        if version and (versions.folder / version).is_dir():
            there[version] = versions.folder / version
    return there


def running_program() -> Path | None:
    """Its folder; None where it runs from its source."""
    return Path(sys.executable).parent if getattr(sys, "frozen", False) else None
