"""The signing desk of a workspace: what waits for whom, and the batch with its journal."""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

from app import clock
from app.errors import (
    CertificateUnfit,
    SignatureBroken,
    TokenError,
    TranscriptError,
)
from app.model.people import ClassSection
from app.model.signing import ExpectedSigner, SignerRole
from app.model.transcript import REACHED, TranscriptHead, TranscriptState
from app.profile import Programme, level_of
from app.signing.batch.expected import ExpectedSigners, people_of
from app.signing.batch.journal import StoreJournal
from app.signing.batch.register import BatchRegister, RegisterEntry, sign_register
from app.signing.batch.signing_batch import (
    BatchItem,
    BatchReport,
    BatchSetup,
    ItemResult,
    Pause,
    sign_batch,
)
from app.signing.keys.keys import SigningKey
from app.signing.pdf.views import draw_views
from app.signing.record.issuing import require_complete
from app.signing.record.signing_profile import shipped_profile
from app.signing.trust.certificates import fingerprint
from app.signing.trust.revocation_cache import refuse_revoked
from app.signing.trust.trust_store import TrustStore
from app.store import Store, Workspace
from app.transcript.kinds import LEVEL_CODES
from app.work import WorkContext

_S = TranscriptState


@dataclass(frozen=True, slots=True)
class PendingSignatures:
    """Records of one class that wait for one signer. Several subjects count once a record."""

    section_id: str
    section_name: str
    signer: ExpectedSigner
    heads: tuple[TranscriptHead, ...]


def list_digest(heads: Sequence[TranscriptHead]) -> str:
    """SHA-256, hex, of a list to sign: 'id version sha256' a line, in its order."""
    register = "".join(f"{h.record_id} {h.version} {h.sha256}\n" for h in heads)
    return hashlib.sha256(register.encode()).hexdigest()


class SigningService:
    """SQL on the calling thread."""

    def __init__(self, workspace: Workspace, trust: TrustStore, now: clock.Clock = clock.now):
        self._workspace = workspace
        self._trust = trust
        self._now = now
        self._profile = shipped_profile()
        self._expected = ExpectedSigners(workspace)

    # --- what waits -------------------------------------------------------------------------

    def waiting(self, role: SignerRole) -> list[PendingSignatures]:
        """By class, then signer: every record whose next signature is this role's."""
        found = []
        for section in self._workspace.here().people.sections():
            found += [
                PendingSignatures(section.id, section.name, signer, tuple(heads))
                for signer, heads in self._by_signer(section).items()
                if signer.role is role
            ]
        return found

    def _by_signer(self, section: ClassSection) -> dict[ExpectedSigner, list[TranscriptHead]]:
        """Not every pupil chose a subject: each signer with the records that wait for this one.

        What is damaged is shown to whoever would sign it by its state; the batch says what it is.
        """
        found: dict[ExpectedSigner, list[TranscriptHead]] = {}
        for head in self._expected.waiting(section.id):
            for signer in self._expected.due(head) or self._by_state(section, head):
                found.setdefault(signer, []).append(head)
        return found

    def _by_state(self, section: ClassSection, head: TranscriptHead) -> set[ExpectedSigner]:
        people = self._workspace.here().people
        school = people.school()
        level = level_of(section.grade, school.programme if school else Programme.GENERAL)
        order = self._profile.order[LEVEL_CODES[level]]
        done = [place for place, role in enumerate(order) if REACHED[role] is head.state]
        role = order[done[0] + 1] if done else order[0]
        return people_of(people.roster(section.id))[role]

    # --- the batch --------------------------------------------------------------------------

    def sign(
        self,
        heads: Sequence[TranscriptHead],
        role: SignerRole,
        key: SigningKey,
        context: WorkContext | None = None,
        pause: Pause | None = None,
    ) -> BatchReport:
        """Sign in the role's slots; the school's signature also seals the views.

        Never raises for a record or a token: see the report.
        """
        context, store = context or WorkContext(), self._workspace.here()
        try:
            refuse_revoked(store, self._trust, key.certificate, key.chain, self._now())
        except CertificateUnfit as error:
            return BatchReport((), len(heads), 0.0, error)
        ready, refused = self._ready(store, heads, role)
        batch_id = uuid.uuid4().hex
        digest, listed = list_digest(ready), [(h.record_id, h.version) for h in ready]
        store.signing.begin_batch(
            batch_id, role, key.holder, digest, listed, self._now().isoformat()
        )
        school = store.people.school()
        setup = BatchSetup(
            key,
            role,
            StoreJournal(store, batch_id, role, key.certificate, self._now),
            self._profile,
            school.tax_code if school else "",
            self._now,
            pause or Pause(),
        )
        report = sign_batch(_Lazy(store, ready), setup, context)
        store.signing.end_batch(batch_id, self._now().isoformat())
        if not isinstance(report.stopped_by, TokenError):
            self._register(store, key)
        store.audit.add("sign", batch_id, f"{role}: {report.signed} of {len(heads)}")
        return replace(report, results=report.results + refused, total=len(heads))

    def _register(self, store: Store, key: SigningKey) -> None:
        """Sign the registers of this key's batches, those of a power cut before included.

        A token that fails now has signed the records: the register waits for the next batch.
        """
        with contextlib.suppress(TokenError, SignatureBroken):
            for batch in store.registers.without_register(fingerprint(key.certificate)):
                entries = tuple(RegisterEntry(*signed) for signed in batch.signed)
                register = BatchRegister(batch.id, SignerRole(batch.role), self._now(), entries)
                content = sign_register(register, key)
                store.registers.add(batch.id, register.signed_at.isoformat(), content)

    def _ready(
        self, store: Store, heads: Sequence[TranscriptHead], role: SignerRole
    ) -> tuple[list[TranscriptHead], tuple[ItemResult, ...]]:
        """What may be signed, and what must not be issued yet (no personal id, for instance)."""
        if role is not SignerRole.SCHOOL:
            return list(heads), ()
        ready, refused = [], []
        for head in heads:
            try:
                require_complete(store.transcripts.get(head.record_id, head.version).xml)
            except TranscriptError as error:
                refused.append(ItemResult(head.record_id, head.version, error=error))
            else:
                ready.append(head)
        return ready, tuple(refused)

    def seal(
        self,
        heads: Sequence[TranscriptHead],
        key: SigningKey,
        context: WorkContext | None = None,
        pause: Pause | None = None,
    ) -> int:
        """Render and seal the views of issued records that have none; how many were made.

        Raises CertificateUnfit, and what rendering, the key, the cancel and a pause raise; what was
        made is kept.
        """
        context, store = context or WorkContext(), self._workspace.here()
        refuse_revoked(store, self._trust, key.certificate, key.chain, self._now())
        pause = pause or Pause()
        school = store.people.school()
        issued = {h.record_id: h for h in store.transcripts.heads(states=[_S.ISSUED])}
        todo = [
            issued[h.record_id]
            for h in heads
            if h.record_id in issued and store.transcripts.view(h.record_id, h.version) is None
        ]
        records = (store.transcripts.get(h.record_id, h.version) for h in todo)
        drawn = draw_views(records, key, self._trust, self._now())
        from app.signing.pdf.pades import seal_views

        views = seal_views(drawn, key, school.name if school else "", self._now(), context)
        made = 0
        for made, (head, view) in enumerate(zip(todo, views, strict=True), start=1):
            store.transcripts.save_view(head.record_id, head.version, head.sha256, view)
            context.step(made, len(todo))
            pause.wait(context)
        return made

    def unsealed(self) -> list[TranscriptHead]:
        """Issued records whose views still have to be made: a batch was stopped before the end."""
        return self._workspace.here().transcripts.without_view()


class _Lazy(Sequence[BatchItem]):
    """Reads each record when its turn comes: a school's records need not fit into memory."""

    def __init__(self, store: Store, heads: Sequence[TranscriptHead]) -> None:
        self._store = store
        self._heads = heads

    def __len__(self) -> int:
        return len(self._heads)

    @overload
    def __getitem__(self, place: int) -> BatchItem: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[BatchItem]: ...

    def __getitem__(self, place: int | slice) -> BatchItem | Sequence[BatchItem]:
        if isinstance(place, slice):
            return _Lazy(self._store, self._heads[place])
        head = self._heads[place]
        try:
            xml = self._store.transcripts.get(head.record_id, head.version).xml
        except KeyError:  # dropped since it was listed; what is not there cannot be signed
            xml = b""
        return BatchItem(head.record_id, head.version, xml)
