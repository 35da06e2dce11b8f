"""The outbox: records in, parcels out, receipts back."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from cryptography import x509

from app import clock
from app.errors import MoveNotAllowed
from app.model.delivery import (
    Event,
    OutboxItem,
    OutboxState,
    ParcelItem,
    Receipt,
    ReceiptStage,
    RecordKey,
)
from app.model.transcript import ALLOWED, TranscriptHead, TranscriptState
from app.outbox.retry import RetryPolicy
from app.parcel import DeviceIdentity, Parcel, seal
from app.store.outbox import OutboxStore, StoredParcel
from app.store.store import Store
from app.store.workspace import Workspace

_OUTCOMES: dict[ReceiptStage, tuple[OutboxState, tuple[TranscriptState, ...]]] = {
    ReceiptStage.RECEIVED: (OutboxState.RECEIVED, (TranscriptState.SENT,)),
    ReceiptStage.VERIFIED: (
        OutboxState.VERIFIED,
        (TranscriptState.SENT, TranscriptState.RECEIVED),
    ),
    ReceiptStage.FORWARDED: (
        OutboxState.VERIFIED,
        (TranscriptState.SENT, TranscriptState.RECEIVED),
    ),
    ReceiptStage.RETURNED: (OutboxState.RETURNED, (TranscriptState.RETURNED,)),
}
_RECALL_OUTCOMES = {
    ReceiptStage.VERIFIED: TranscriptState.RECALLED,
    ReceiptStage.RETURNED: TranscriptState.RECEIVED,
}
"""What becomes of a recalled version when the department answers its recall."""


@dataclass(frozen=True, slots=True)
class SendingIdentity:
    """Who sends, and for whom it is sealed."""

    device: DeviceIdentity
    receiver: x509.Certificate


@dataclass(frozen=True, slots=True)
class DueParcel:
    """A parcel that may go now. `keys`: the items that its receipts must name."""

    sha256: str
    size: int
    section_name: str
    keys: tuple[RecordKey, ...]
    attempts: int
    counter: int
    """Rises with each parcel of this machine."""


class Outbox:
    """Use it from any thread; each gets its own connection from the workspace."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        policy: RetryPolicy | None = None,
        chance: random.Random | None = None,
        now: clock.Clock = clock.now,
    ) -> None:
        self._workspace = workspace
        self._policy = policy or RetryPolicy()
        self._chance = chance or random.SystemRandom()
        self._now = now
        self._run_id = uuid.uuid4().hex

    # --- in ---------------------------------------------------------------------------------

    def enqueue(self, heads: Sequence[TranscriptHead], shipping: SendingIdentity) -> list[str]:
        """Seal one parcel per class and queue its records; the parcels' SHA-256.

        Each parcel, its items and its records' new state are saved together or not at all.
        Raises MoveNotAllowed when a record may not go (or changed meanwhile), ParcelError,
        DiskFull, AuditBroken.
        """
        self._workspace.here().audit.require_unbroken()
        parcels = []
        by_class = sorted(heads, key=lambda head: (head.section_name, head.section_id))
        for _, group in groupby(by_class, key=lambda head: head.section_id):
            parcels.append(self._enqueue_class(list(group), shipping))
        return parcels

    def _enqueue_class(self, heads: list[TranscriptHead], shipping: SendingIdentity) -> str:
        store = self._workspace.here()
        items = [_parcel_item(store, head, shipping.device.school_code) for head in heads]
        counter = store.settings.next_counter("parcel.counter")
        parcel = seal(
            items, to=shipping.receiver, device=shipping.device, counter=counter, now=self._now
        )
        self._save(store, heads, items, parcel)
        return parcel.sha256

    def _save(
        self, store: Store, heads: list[TranscriptHead], items: list[ParcelItem], parcel: Parcel
    ) -> None:
        outbox, at, section = OutboxStore(store.db), self._now().isoformat(), heads[0].section_name
        with store.write():
            outbox.add_parcel(
                StoredParcel(
                    parcel.sha256,
                    parcel.header.counter,
                    section,
                    len(items),
                    len(parcel.bytes),
                    at,
                ),
                parcel.bytes,
            )
            for item in items:
                _require_unchanged(store, item.key)
                store.transcripts.move(item.key.record_id, item.key.version, TranscriptState.QUEUED)
                outbox.add_item(
                    OutboxItem(item.key, parcel.sha256, OutboxState.QUEUED, section, at),
                    item.event,
                )
            store.audit.add("enqueue", parcel.sha256, str(len(items)))

    # --- out --------------------------------------------------------------------------------

    def start_run(self) -> None:
        """Before sending: whoever held a lease is gone.

        A run of our own that ended on a full disk could not give its lease back.
        """
        self._run_id = uuid.uuid4().hex
        self._store().release(self._run_id)

    def hurry(self) -> None:
        """The user clicked Gửi, or the network changed."""
        self._store().hurry()

    def due(self) -> list[DueParcel]:
        """Smallest first: in a short window as many classes as possible get through."""
        now = self._now()
        found = self._store().due(now.isoformat(), (now + self._policy.longest).isoformat())
        return [self._due(parcel) for parcel in found]

    def payload(self, parcel_sha256: str) -> bytes:
        """Raises KeyError when the parcel is settled."""
        payload = self._store().payload(parcel_sha256)
        if payload is None:
            raise KeyError(parcel_sha256)
        return payload

    def sending(self, parcel: DueParcel) -> None:
        self._store().lease(parcel.sha256, self._run_id)

    def try_later(self, parcel: DueParcel) -> None:
        later = self._policy.next_attempt(self._now(), parcel.attempts + 1, self._chance)
        self._store().leave(parcel.sha256, OutboxState.QUEUED, "", later.isoformat())

    def set_aside(self, parcel: DueParcel, reason: str) -> None:
        """It cannot go as it is; the rest flows."""
        self._store().leave(parcel.sha256, OutboxState.SET_ASIDE, reason)

    def send_again(self, key: RecordKey) -> None:
        """Raises MoveNotAllowed unless the item was set aside."""
        self._store().send_again(key)

    def to_copy(self) -> list[DueParcel]:
        """For a stick: what the station has not confirmed, whenever it is due, oldest first.

        What another run is just sending is among it: a copy more does no harm.
        """
        return [self._due(parcel) for parcel in self._store().unanswered()]

    def copied(self, parcel: DueParcel) -> None:
        """It lies on a stick, proven. Its items still wait, for a receipt by whatever way."""
        store = self._workspace.here()
        with store.write():
            OutboxStore(store.db).copied(parcel.sha256, self._now().isoformat())
            store.audit.add("copy to stick", parcel.sha256, str(len(parcel.keys)))

    # --- receipts ---------------------------------------------------------------------------

    def acknowledge(self, receipts: Iterable[Receipt]) -> int:
        """Keep receipts that were already verified, and follow them; how many changed anything.

        The payload goes when all of its parcel is verified or returned, not before.
        """
        store = self._workspace.here()
        outbox, changed = OutboxStore(store.db), 0
        with store.write():
            for receipt in sorted(receipts, key=lambda one: list(ReceiptStage).index(one.stage)):
                state, steps = _OUTCOMES[receipt.stage]
                if outbox.settle(receipt, state):
                    changed += 1
                    _follow(store, receipt, steps)
            outbox.drop_settled_payloads()
        return changed

    def waiting_for_word(self) -> list[tuple[str, tuple[RecordKey, ...]]]:
        """(parcel, its records) that the station holds but has not fully answered."""
        outbox = self._store()
        return [(sha, self._keys(outbox, sha)) for sha in outbox.unverified_parcels()]

    def lost(self, parcel_sha256: str) -> int:
        """The station no longer knows a parcel (restored from an old backup): send it anew.

        How many records wait again.
        """
        store = self._workspace.here()
        with store.write():
            keys = OutboxStore(store.db).lost(parcel_sha256)
            for key in keys:
                state = store.transcripts.get(key.record_id, key.version).head.state
                if TranscriptState.QUEUED in ALLOWED[state]:
                    store.transcripts.move(key.record_id, key.version, TranscriptState.QUEUED)
            store.audit.add("station lost", parcel_sha256, str(len(keys)))
        return len(keys)

    # --- what the page shows ----------------------------------------------------------------

    def counts(self) -> dict[OutboxState, int]:
        """Every state, zero included."""
        found = self._store().counts()
        return {state: found.get(state, 0) for state in OutboxState}

    def items(self, states: Iterable[OutboxState] = ()) -> list[OutboxItem]:
        return self._store().items(states)

    def receipts(self, keys: Sequence[RecordKey] = ()) -> list[Receipt]:
        return self._store().receipts(keys)

    def next_attempt(self) -> str:
        """ISO 8601; '' when nothing waits for a later moment."""
        return self._store().next_attempt()

    def _store(self) -> OutboxStore:
        return OutboxStore(self._workspace.here().db)

    def _due(self, parcel: StoredParcel) -> DueParcel:
        items = self._store().items(parcel=parcel.sha256)
        return DueParcel(
            parcel.sha256,
            parcel.size,
            parcel.section_name,
            tuple(item.key for item in items),
            max((item.attempts for item in items), default=0),
            parcel.counter,
        )

    def _keys(self, outbox: OutboxStore, parcel_sha256: str) -> tuple[RecordKey, ...]:
        return tuple(item.key for item in outbox.items(parcel=parcel_sha256))


def _parcel_item(store: Store, head: TranscriptHead, school_code: str) -> ParcelItem:
    transcript = store.transcripts.get(head.record_id, head.version)
    found = transcript.head
    if found.sha256 != head.sha256 or TranscriptState.QUEUED not in ALLOWED[found.state]:
        raise MoveNotAllowed(from_state=str(found.state), to_state=str(TranscriptState.QUEUED))
    return ParcelItem(
        key=RecordKey(found.record_id, found.version, found.sha256),
        event=_event(store, found),
        xml=transcript.xml,
        school_code=school_code,
        school_year=found.school_year,
        section=found.section_name,
    )


def _event(store: Store, head: TranscriptHead) -> Event:
    """What nobody outside holds yet is new, whatever its number."""
    if store.requests.recalled_by(head.record_id, head.version):
        return Event.CANCEL
    return Event.UPDATE if OutboxStore(store.db).knows(head.record_id) else Event.NEW


def _require_unchanged(store: Store, key: RecordKey) -> None:
    found = store.transcripts.get(key.record_id, key.version).head
    if found.sha256 != key.sha256:
        raise MoveNotAllowed(from_state=str(found.state), to_state=str(TranscriptState.QUEUED))


def _follow(store: Store, receipt: Receipt, steps: tuple[TranscriptState, ...]) -> None:
    """Move the transcript as far as its own table allows: it may be superseded by now."""
    key = receipt.key
    for step in steps:
        state = store.transcripts.get(key.record_id, key.version).head.state
        if step in ALLOWED[state]:
            store.transcripts.move(key.record_id, key.version, step, receipt.reason)
    if receipt.stage in _RECALL_OUTCOMES:
        _settle_recall(store, key, _RECALL_OUTCOMES[receipt.stage])


def _settle_recall(store: Store, key: RecordKey, to: TranscriptState) -> None:
    """The department took note of a recall, or refused it: then it still holds the record."""
    recalled = store.requests.recalled_by(key.record_id, key.version)
    if not recalled:
        return
    state = store.transcripts.get(key.record_id, recalled).head.state
    if state is TranscriptState.RECALL_REQUESTED:
        store.transcripts.move(key.record_id, recalled, to)
        store.audit.add(str(to), f"{key.record_id}/{recalled}")
