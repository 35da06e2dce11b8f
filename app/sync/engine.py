"""Empties the outbox and brings back what the station says."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.errors import AppError, Cancelled, DeliveryError, ItemRefused, ReceiptInvalid
from app.model.delivery import OutboxState, Receipt, RecordKey
from app.outbox import DueParcel, Outbox
from app.parcel import limits
from app.parcel.receipts import accept
from app.sync.client import StationClient
from app.sync.concurrency import ParallelSender
from app.work import WorkContext

_OVERLAP = timedelta(minutes=10)
_POLL_SECONDS = (0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0)


@dataclass(slots=True)
class SyncReport:
    """Records, by what became of them in this run."""

    sent: int = 0
    """Records in parcels that were handed over whole."""
    received: int = 0
    verified: int = 0
    returned: int = 0
    set_aside: int = 0
    published: int = 0
    """Of what the department has for the school: how much came whole."""
    bytes_sent: int = 0
    stopped_by: AppError | None = None

    @property
    def complete(self) -> bool:
        """Nothing stopped the run and nothing was set aside."""
        return self.stopped_by is None and self.set_aside == 0


class SyncEngine:
    """`patience`: seconds to wait, at the end, for the station's full check."""

    def __init__(
        self,
        outbox: Outbox,
        client: StationClient,
        receipt_key: Ed25519PublicKey,
        patience: float = 20.0,
    ) -> None:
        self.outbox = outbox
        self._client = client
        self._receipt_key = receipt_key
        self._patience = patience
        self._doubt: ReceiptInvalid | None = None

    def run(self, context: WorkContext) -> SyncReport:
        """One pass. What goes wrong on the way is in the report; only Cancelled is raised."""
        report = SyncReport()
        self._doubt = None
        self.outbox.start_run()
        before = self.outbox.counts()
        start = self._client.bytes_sent
        try:
            self._pull(context)
            self._send_due(context, report)
            self._wait_for_word(context)
            report.stopped_by = self._doubt
        except DeliveryError as error:
            report.stopped_by = error
        finally:
            report.bytes_sent = self._client.bytes_sent - start
        self._tally(report, before)
        return report

    def take_news(self, after: str) -> str:
        """Follow what the station has said since `after`; where to go on the next time.

        An official may return a record months after it was verified. Raises DeliveryError.
        """
        keys = {item.key for item in self.outbox.items()}
        newest = ""
        while True:
            tokens = self._client.news(newest or after)
            receipts = self._accepted(tokens, keys)
            self.outbox.acknowledge(receipts)
            newest = max([newest, *(receipt.issued_at for receipt in receipts)])
            if len(tokens) < limits.NEWS or not receipts:
                break
        if not newest:
            return after
        # Two workers of the station may commit out of order: look back a little each time.
        return max(after, (datetime.fromisoformat(newest) - _OVERLAP).isoformat())

    def _send_due(self, context: WorkContext, report: SyncReport) -> None:
        waiting = deque(self.outbox.due())
        lanes = ParallelSender(self._client, context, sum(parcel.size for parcel in waiting))
        stopped: AppError | None = None
        try:
            while waiting or lanes.busy:
                while waiting and lanes.have_room:
                    context.cancel.raise_if_cancelled()
                    self._send(waiting.popleft(), lanes)
                for parcel, outcome in lanes.arrivals():
                    try:
                        self._settle(parcel, outcome, report)
                    except (DeliveryError, Cancelled) as error:  # what is under way may arrive yet
                        stopped = stopped or error
                        waiting.clear()
        finally:
            for parcel in lanes.close():
                self.outbox.try_later(parcel)
        if stopped is not None:
            raise stopped

    def _send(self, parcel: DueParcel, lanes: ParallelSender) -> None:
        payload = self.outbox.payload(parcel.sha256)
        self.outbox.sending(parcel)
        lanes.carry(parcel, payload)

    def _settle(self, parcel: DueParcel, outcome: Future[list[str]], report: SyncReport) -> None:
        try:
            receipts = self._accepted(outcome.result(), parcel.keys)
            self.outbox.acknowledge(receipts)
        except ItemRefused as error:  # this one is wrong; the rest may go
            self.outbox.set_aside(parcel, str(error.params.get("reason", error.code)))
            report.set_aside += len(parcel.keys)
        except BaseException:  # the network, the station or the user: stop, try later
            self.outbox.try_later(parcel)
            raise
        else:
            missing = len(set(parcel.keys) - {receipt.key for receipt in receipts})
            if missing:  # records without a receipt; the others have theirs
                self.outbox.set_aside(parcel, ReceiptInvalid.code)
            report.sent += len(parcel.keys) - missing
            report.set_aside += missing

    def _pull(self, context: WorkContext) -> bool:
        """Ask after what the station holds; whether all of it is settled now."""
        waiting = self.outbox.waiting_for_word()
        for sha256, keys in waiting:
            context.cancel.raise_if_cancelled()
            tokens = self._client.receipts(sha256)
            if tokens is None:
                self.outbox.lost(sha256)
                continue
            self.outbox.acknowledge(self._accepted(tokens, keys))
        return not (waiting and self.outbox.waiting_for_word())

    def _wait_for_word(self, context: WorkContext) -> None:
        """The full check takes the station a moment: do not leave without its word."""
        deadline = time.monotonic() + self._patience
        for pause in [*_POLL_SECONDS, *([_POLL_SECONDS[-1]] * 100)]:
            if self._pull(context) or time.monotonic() + pause > deadline:
                return
            context.cancel.wait(pause)

    def _accepted(self, tokens: list[str], keys: Collection[RecordKey]) -> list[Receipt]:
        """The station's words about these records; any other is remembered and left out."""
        receipts = []
        for token in tokens:
            try:
                receipts.append(accept(token, self._receipt_key, keys))
            except ReceiptInvalid as error:
                self._doubt = error
        return receipts

    def _tally(self, report: SyncReport, before: dict[OutboxState, int]) -> None:
        after = self.outbox.counts()
        report.verified = after[OutboxState.VERIFIED] - before[OutboxState.VERIFIED]
        report.returned = after[OutboxState.RETURNED] - before[OutboxState.RETURNED]
        report.received = after[OutboxState.RECEIVED]
