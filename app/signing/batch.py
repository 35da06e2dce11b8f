"""Sign many records with one key: one PIN, one result per record, nothing signed twice.

Each signature is durable in the journal before the next one starts, so a power cut at 137 of 210
resumes at 138. One bad record does not stop the others; a token that says no stops everything.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.clock import now as wall_clock
from app.errors import AppError, Cancelled, CertificateUnfit, SigningFailure, TokenError
from app.model.signing import SignerRole
from app.signing.certificates import fits_signer, match_signer
from app.signing.keys import SigningKey
from app.signing.record_signing import sign_record
from app.signing.record_slots import RecordTree, Slot, SlotPlace
from app.signing.signing_profile import SigningProfile
from app.work import Progress, WorkContext

STOPPING = (TokenError, CertificateUnfit)
"""What makes every further attempt pointless, or dangerous for the PIN."""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One record to sign, as it stands now."""

    record_id: str
    version: int
    xml: bytes


class Journal(Protocol):
    """Keeps what was signed. `slot` is the slot's name ('GVCN', 'gv_15_1', …)."""

    def done(self, record_id: str, version: int, slot: str) -> bool:
        """Whether this slot of this version was signed before."""

    def save(self, record_id: str, version: int, slot: str, signed_xml: bytes) -> None:
        """Keep a record with its new signature; on the disk when this returns."""


class Pause:
    """Set by the user between two signatures; the batch waits, and still hears a cancel."""

    def __init__(self) -> None:
        self._go = threading.Event()
        self._go.set()

    def hold(self) -> None:
        self._go.clear()

    def go_on(self) -> None:
        self._go.set()

    def wait(self, context: WorkContext) -> None:
        while not self._go.wait(0.1):
            context.cancel.raise_if_cancelled()


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
    results: tuple[ItemResult, ...]
    total: int
    seconds: float
    stopped_by: AppError | None = None
    """Token trouble, or Cancelled; the rest of the batch was not tried."""

    @property
    def signed(self) -> int:
        return sum(1 for r in self.results if r.error is None and not r.skipped)

    @property
    def failed(self) -> tuple[ItemResult, ...]:
        return tuple(r for r in self.results if r.error is not None)

    @property
    def not_tried(self) -> int:
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

    A cancel is heard between two signatures. Progress says how much time is left.
    """
    context = context or WorkContext()
    begin = time.monotonic()
    results: list[ItemResult] = []
    stopped: AppError | None = None
    for number, item in enumerate(items):
        try:
            context.step(number, len(items), time_left(begin, number, len(items)))
            setup.pause.wait(context)
            results += _sign_item(item, setup)
        except (Cancelled, *STOPPING) as error:
            stopped = error
            break
        except AppError as error:  # this one is bad: say so and go on
            results.append(ItemResult(item.record_id, item.version, error=error))
    else:
        context.report(Progress(len(items), len(items)))
    return BatchReport(tuple(results), len(items), time.monotonic() - begin, stopped)


def time_left(begin: float, done: int, total: int) -> str:
    """How long it will still take, in words; empty while that cannot be known."""
    if done < 3:
        return ""
    seconds = (time.monotonic() - begin) / done * (total - done)
    if seconds < 60:
        return f"còn khoảng {max(1, round(seconds))} giây"
    return f"còn khoảng {round(seconds / 60)} phút"


def _sign_item(item: BatchItem, setup: BatchSetup) -> list[ItemResult]:
    """Sign the slots that are this key holder's: a teacher may have two subjects."""
    results: list[ItemResult] = []
    waiting: list[Slot] = []
    stale = False
    for place in _own_places(item, setup):
        done = setup.journal.done(item.record_id, item.version, place.slot.name)
        if not place.signed and not done:
            waiting.append(place.slot)
            continue
        stale = stale or not place.signed
        results.append(_result(item, place.slot, skipped=True))
    if stale and waiting:
        raise SigningFailure("an old copy of the record: saving it would lose a signature")
    xml = item.xml
    for slot in waiting:
        xml = sign_record(xml, slot, setup.key, setup.clock(), setup.profile, setup.tax_code)
        setup.journal.save(item.record_id, item.version, slot.name, xml)
        results.append(_result(item, slot))
    return results


def _result(item: BatchItem, slot: Slot, *, skipped: bool = False) -> ItemResult:
    return ItemResult(item.record_id, item.version, slot.name, skipped)


def _own_places(item: BatchItem, setup: BatchSetup) -> list[SlotPlace]:
    """Places of the role that the key's holder must fill. Raises WrongSigner."""
    record = RecordTree(item.xml, setup.profile, setup.tax_code)
    if (record.record_id, record.version) != (item.record_id, item.version):
        raise SigningFailure("the file is not the record it is listed as")
    places = [p for p in record.places if p.slot.role is setup.role]
    if not places:
        raise SigningFailure(f"the record has no slot for {setup.role.value}")
    own = [p for p in places if fits_signer(setup.key.certificate, p.expected)]
    if not own:
        match_signer(setup.key.certificate, places[0].expected)
    return own
