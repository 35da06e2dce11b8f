"""What killed stations left is removed when a station starts."""

from __future__ import annotations

import time

from sqlalchemy import select, union

from app.department.store.archive import Archive
from app.department.store.tables import quarantine, record

_LEFT_SECONDS = 3600.0
"""What nobody finished in so long, nobody is at work on any more."""


def sweep(archive: Archive) -> int:
    """Remove half-written objects and those that no row names; how many. Raises StationBusy."""

    def named() -> list[str]:
        with archive.reads.connect() as db:
            names = [select(table.c.object) for table in (record, quarantine)]
            return list(db.scalars(union(*names)))

    return archive.bytes.objects.sweep(named, time.time() - _LEFT_SECONDS)
