"""Sign many records with one key: one PIN, one result per record, nothing signed twice.

Each signature is durable in the journal before the next one starts, so a power cut at 137 of 210
resumes at 138. While the token works on one record, the next is read and prepared; it is not asked
for before the one at hand is kept. One bad record does not stop the others; a token that says no
stops everything.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from app import log
from app.clock import now as wall_clock
from app.errors import (
    AppError,
    Cancelled,
    CertificateUnfit,
    KeyIdle,
    SigningFailure,
    TokenError,
    WorkspaceError,
)
from app.model.signing import LONGEST_IDLE, SignerRole
from app.signing.keys.keys import SigningKey, begin_checked
from app.signing.record.signing import PreparedSignature, prepare_signature
from app.signing.record.signing_profile import SigningProfile
from app.signing.record.slots import RecordTree, SignatureSlot, SlotPlace
from app.signing.trust.identity import fits_signer, match_signer
from app.work import WorkContext

STOPPING = (TokenError, CertificateUnfit, WorkspaceError)
"""What makes every further attempt pointless (a full disk), or dangerous for the PIN."""
_STALE = timedelta(seconds=30)
"""A signing time older than this is stated anew."""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One record to sign, as it stands now."""

    record_id: str
    version: int
    xml: bytes


@dataclass(frozen=True, slots=True)
class SignedSlot:
    """A record with one signature more than `sha256_before`, hex, stands for."""

    record_id: str
    version: int
    slot: str
    """The slot's name ('GVCN', 'gv_15_1', …)."""
    xml: bytes
    sha256_before: str
    reached: SignerRole | None
    """The last role up to which every slot is filled now."""


class Journal(Protocol):
    """Keeps what was signed."""

    def done(self, record_id: str, version: int, slot: str) -> bool:
        """Whether this slot of this version was signed before."""

    def save(self, signed: SignedSlot) -> None:
        """Keep a record with its new signature; on the disk when this returns."""


class Pause:
    """Set by the user between two signatures; the batch waits, and still hears a cancel.

    An open key that has not signed for `longest` seconds, for whatever reason (a pause, a lid
    that was shut, a queue), is closed: a PIN that was typed once must not sign for whoever sits
    down later.
    """

    def __init__(self, longest: float = LONGEST_IDLE) -> None:
        self.longest = longest
        self.held_seconds = 0.0
        """What pauses have taken so far."""
        self._go = threading.Event()
        self._go.set()
        self._used = _clocks()

    def hold(self) -> None:
        """Let the batch wait before its next signature; may be called from any thread."""
        self._go.clear()

    def go_on(self) -> None:
        """Let a waiting batch continue; may be called from any thread."""
        self._go.set()

    @property
    def seconds_left(self) -> float:
        """Until the key is closed, if nothing is signed."""
        return max(0.0, self.longest - self._idle())

    def wait(self, context: WorkContext) -> None:
        """Between two signatures. Raises Cancelled, KeyIdle."""
        begin = time.monotonic()
        while self._require_fresh() and not self._go.wait(0.1):
            context.cancel.raise_if_cancelled()
        self.held_seconds += time.monotonic() - begin
        self._used = _clocks()

    def _idle(self) -> float:
        return max(now - used for now, used in zip(_clocks(), self._used, strict=True))

    def _require_fresh(self) -> bool:
        if self._idle() > self.longest:
            raise KeyIdle("the open key was left alone")
        return True


def _clocks() -> tuple[float, float]:
    """The first stands still while the machine sleeps, the second does not."""
    return time.monotonic(), time.time()


@dataclass(frozen=True, slots=True)
class ItemResult:
    """`error` None: signed, or found signed before (`skipped`)."""

    record_id: str
    version: int
    slot: str = ""
    skipped: bool = False
    error: AppError | None = None


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What became of a batch: one result for each record tried, out of `total`.

    `seconds`: how long it took.
    """

    results: tuple[ItemResult, ...]
    total: int
    seconds: float
    stopped_by: AppError | None = None
    """Token trouble, or Cancelled; the rest of the batch was not tried."""

    @property
    def signed(self) -> int:
        """How many records this batch signed; those signed before do not count."""
        return sum(1 for r in self.results if r.error is None and not r.skipped)

    @property
    def failed(self) -> tuple[ItemResult, ...]:
        """Results of the records that could not be signed."""
        return tuple(r for r in self.results if r.error is not None)

    @property
    def not_tried(self) -> int:
        """How many records were left when the batch stopped."""
        return self.total - len(self.results)


@dataclass(frozen=True, slots=True)
class BatchSetup:
    """What is the same for every record of a batch."""

    key: SigningKey
    role: SignerRole
    journal: Journal
    profile: SigningProfile | None = None
    tax_code: str = ""
    clock: Callable[[], datetime] = wall_clock
    pause: Pause = field(default_factory=Pause)


def sign_batch(
    items: Sequence[BatchItem], setup: BatchSetup, context: WorkContext | None = None
) -> BatchReport:
    """Sign every item in the role's slot. Never raises for a record or a token: see the report.

    A cancel is heard between two signatures.
    """
    return _Batch(items, setup, context or WorkContext()).run()


class _Ready:
    """An item that was looked at: what was signed before, and its next signature, prepared."""

    def __init__(self, items: Sequence[BatchItem], number: int, setup: BatchSetup) -> None:
        self.skipped: list[ItemResult] = []
        self.error: AppError | None = None
        self.waiting: list[SignatureSlot] = []
        self.prepared: PreparedSignature | None = None
        self._setup = setup
        self.item = items[number]
        try:
            self._look()
        except AppError as error:
            self.error = error

    def _look(self) -> None:
        """Find the slots that are this key holder's: a teacher may have two subjects."""
        item, stale = self.item, False
        record = _record(item, self._setup)
        for place in _own_places(record, self._setup):
            done = self._setup.journal.done(item.record_id, item.version, place.slot.name)
            if not place.signed and not done:
                self.waiting.append(place.slot)
                continue
            stale = stale or not place.signed
            self.skipped.append(_result(item, place.slot, skipped=True))
        if stale and self.waiting:
            raise SigningFailure("an old copy of the record: saving it would lose a signature")
        if self.waiting:
            self._prepare(self.waiting.pop(0), record)

    def _prepare(self, slot: SignatureSlot, record: RecordTree | None = None) -> None:
        record = record or _record(self.item, self._setup)
        now = self._setup.clock()
        self.prepared = prepare_signature(record, self.item.xml, slot, self._setup.key, now)

    def fresh(self) -> PreparedSignature | None:
        """What to sign now; made again when it was prepared long before (a pause).

        Raises what preparing raised.
        """
        if self.error is not None:
            raise self.error
        if self.prepared is None and self.waiting:
            self._prepare(self.waiting.pop(0))
        elif self.prepared and self._setup.clock() - self.prepared.moment > _STALE:
            self._prepare(self.prepared.slot)
        return self.prepared

    def keep(self, prepared: PreparedSignature, value: bytes) -> ItemResult:
        """Journal the signature; the holder's next one in this record builds on it."""
        item, xml, slot = self.item, prepared.complete(value), prepared.slot
        before = hashlib.sha256(item.xml).hexdigest()
        self._setup.journal.save(
            SignedSlot(item.record_id, item.version, slot.name, xml, before, prepared.reached)
        )
        self.prepared, self.item = None, BatchItem(item.record_id, item.version, xml)
        return _result(item, slot)


class _Batch:
    """One run over the items."""

    def __init__(self, items: Sequence[BatchItem], setup: BatchSetup, context: WorkContext) -> None:
        self._items, self._setup, self._context = items, setup, context
        self._begin = time.monotonic()
        self._results: list[ItemResult] = []
        self._ahead: _Ready | None = None

    def run(self) -> BatchReport:
        items, stopped = self._items, None
        for number in range(len(items)):
            try:
                self._context.step(number, len(items))
                self._setup.pause.wait(self._context)
                self._sign(number)
            except (Cancelled, *STOPPING) as error:
                stopped = error
                break
        else:
            self._context.report_done(len(items))
        seconds = time.monotonic() - self._begin
        report = BatchReport(tuple(self._results), len(items), seconds, stopped)
        _note(report, self._setup.role)
        return report

    def _sign(self, number: int) -> None:
        ready, self._ahead = self._ahead or self._ready(number), None
        self._results += ready.skipped
        try:
            while prepared := ready.fresh():
                pending = begin_checked(self._setup.key, prepared.unsigned.to_sign)
                try:
                    self._look_ahead(ready, number + 1)
                finally:
                    value = pending()
                self._results.append(ready.keep(prepared, value))
        except (Cancelled, *STOPPING):
            raise
        except AppError as error:  # this one is bad: say so and go on
            item = ready.item
            self._results.append(ItemResult(item.record_id, item.version, error=error))

    def _look_ahead(self, now: _Ready, number: int) -> None:
        """Prepare the next item, unless it is the same record: that one is about to change."""
        if self._ahead is None and not now.waiting and number < len(self._items):
            ahead = self._ready(number)
            same = ahead.item.record_id == now.item.record_id
            self._ahead = None if same else ahead

    def _ready(self, number: int) -> _Ready:
        return _Ready(self._items, number, self._setup)


def _note(report: BatchReport, role: SignerRole) -> None:
    """How it went, without saying whose record."""
    counts = {"total": report.total, "signed": report.signed, "failed": len(report.failed)}
    log.event("signing.batch", role=role, ms=round(report.seconds * 1000), **counts)
    errors = [report.stopped_by, *(result.error for result in report.failed)]
    for error in filter(None, errors):
        log.problem("signing.failed", error, role=role)


def _result(item: BatchItem, slot: SignatureSlot, *, skipped: bool = False) -> ItemResult:
    return ItemResult(item.record_id, item.version, slot.name, skipped)


def _record(item: BatchItem, setup: BatchSetup) -> RecordTree:
    record = RecordTree(item.xml, setup.profile, setup.tax_code)
    if (record.record_id, record.version) != (item.record_id, item.version):
        raise SigningFailure("the file is not the record it is listed as")
    return record


def _own_places(record: RecordTree, setup: BatchSetup) -> list[SlotPlace]:
    """Places of the role that the key's holder must fill. Raises WrongSigner."""
    places = [p for p in record.places if p.slot.role is setup.role]
    if not places:
        raise SigningFailure(f"the record has no slot for {setup.role.value}")
    own = [p for p in places if fits_signer(setup.key.certificate, p.expected)]
    if not own:
        match_signer(setup.key.certificate, places[0].expected)
    return own
