"""An official gives a record back, with a reason that the school reads."""

from __future__ import annotations

import logging

from app import clock
from app.department.store.archive import Archive, Kept
from app.department.store.folder import StationFolder
from app.model.delivery import ReceiptStage
from app.parcel.receipts import issue

log = logging.getLogger("hocba.station")


class Returning:
    def __init__(self, folder: StationFolder, archive: Archive) -> None:
        self._folder = folder
        self._archive = archive

    def give_back(self, kept: Kept, reason: str, official: str) -> None:
        """The school's next sync brings it; the first reason stays."""
        answer = issue(
            kept.item.key,
            ReceiptStage.RETURNED,
            station=self._folder.name,
            issued_at=clock.now().isoformat(),
            signing_key=self._folder.receipt_key,
            reason=reason,
        )
        self._archive.settle(kept.sender, [answer])
        log.info(
            "returned by an official", extra={"record": kept.item.key.record_id, "by": official}
        )
