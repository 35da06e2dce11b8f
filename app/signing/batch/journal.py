"""The journal of signatures in the workspace: what was signed stays signed."""

from __future__ import annotations

import hashlib

from cryptography import x509

from app import clock
from app.errors import MoveNotAllowed
from app.model.signing import SignerRole
from app.model.transcript import REACHED, TranscriptState
from app.signing.batch.signing_batch import SignedSlot
from app.signing.trust.certificates import fingerprint
from app.store import Store
from app.store.transcripts import SignatureRow

_S = TranscriptState
CLOSED = (_S.SUPERSEDED, _S.CANCELLED, _S.RECALLED)
"""States in which a record takes no signature any more."""


class StoreJournal:
    """Signed bytes, journal line and state go to the disk in one transaction."""

    def __init__(
        self,
        store: Store,
        batch_id: str,
        role: SignerRole,
        certificate: x509.Certificate,
        now: clock.Clock,
    ) -> None:
        self._store = store
        self._role = role
        self.batch_id = batch_id
        self._certificate = fingerprint(certificate)
        self._now = now

    def done(self, record_id: str, version: int, slot: str) -> bool:
        """Whether the slot of this record version has been signed."""
        rows = self._store.transcripts.signatures(record_id, version)
        return any(row.slot == slot for row in rows)

    def save(self, signed: SignedSlot) -> None:
        """Raises MoveNotAllowed when the record is no longer the one that was signed."""
        head = self._store.transcripts.get(signed.record_id, signed.version).head
        if head.state in CLOSED:
            raise MoveNotAllowed(from_state=str(head.state), to_state="signed")
        row = SignatureRow(
            slot=signed.slot,
            role=self._role,
            batch_id=self.batch_id,
            certificate_sha256=self._certificate,
            signed_at=self._now().isoformat(),
            sha256_before=signed.sha256_before,
            sha256_after=hashlib.sha256(signed.xml).hexdigest(),
        )
        state = REACHED[signed.reached] if signed.reached else _S.LOCKED
        self._store.transcripts.save_signature(head, row, signed.xml, state)
