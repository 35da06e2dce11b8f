"""Second step: the full check, in a thread of its own, one batch after another."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict

from app import clock
from app.department.checks.checks import Checks
from app.department.checks.verification_queue import VerificationQueue
from app.department.store.archive import Archive
from app.department.store.folder import StationFolder
from app.model.delivery import ParcelItem, Receipt, ReceiptStage
from app.parcel.receipts import issue

log = logging.getLogger("hocba.station")

_BATCH = 40
_IDLE_SECONDS = 2.0
"""Another worker may have taken what waits; a look costs one indexed read."""


class Verifying:
    """One thread of one worker; several may share the queue."""

    def __init__(
        self, folder: StationFolder, archive: Archive, checks: Checks, worker: int = 0
    ) -> None:
        self._folder = folder
        self._archive = archive
        self._checks = checks
        self.waiting = VerificationQueue(archive, worker)
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="verifying", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        """Ends after the record at hand."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        is_broken = False
        while not self._stop.is_set():
            self._wake.clear()
            try:
                if is_broken:
                    # A full disk: what was claimed could not be settled. Its lease is long.
                    self.waiting.release()
                is_more, is_broken = self.check_some(), False
            except Exception:
                log.exception("verifying stopped")
                is_more, is_broken = False, True
            if not is_more:
                self._wake.wait(_IDLE_SECONDS)

    def check_some(self) -> bool:
        """A batch of what waits, in the calling thread; False when nothing does."""
        items = self.waiting.claim(_BATCH)
        answers: dict[str, list[Receipt]] = defaultdict(list)
        for sender, item in items:
            if self._stop.is_set():
                break
            answer = self._checked(item)
            if answer is not None:
                answers[sender].append(answer)
        for sender, settled in answers.items():
            self._archive.settle(sender, settled)
        return bool(items)

    def _checked(self, item: ParcelItem) -> Receipt | None:
        try:
            reason = self._checks.full(item)
        except Exception:
            log.exception("check broke off", extra={"record": item.key.record_id})
            self.waiting.failed(item.key)
            return None
        return issue(
            item.key,
            ReceiptStage.RETURNED if reason else ReceiptStage.VERIFIED,
            station=self._folder.name,
            issued_at=clock.now().isoformat(),
            signing_key=self._folder.receipt_key,
            reason=reason,
        )
