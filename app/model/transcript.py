"""Life of a transcript record: its states and the moves between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.model.signing import SignerRole


class TranscriptState(StrEnum):
    """Where a record version stands, from draft to receipt or its end; moves are in `ALLOWED`."""

    DRAFT = "draft"
    LOCKED = "locked"
    SIGNED_SUBJECTS = "signed_subjects"
    SIGNED_HOMEROOM = "signed_homeroom"
    SIGNED_PRINCIPAL = "signed_principal"
    ISSUED = "issued"
    QUEUED = "queued"
    SENT = "sent"
    RECEIVED = "received"
    RETURNED = "returned"
    RECALL_REQUESTED = "recall_requested"
    RECALLED = "recalled"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


_S = TranscriptState

UNISSUED = (_S.LOCKED, _S.SIGNED_SUBJECTS, _S.SIGNED_HOMEROOM, _S.SIGNED_PRINCIPAL)
"""Locked, and not all who must sign have signed."""
IN_FORCE = (_S.ISSUED, _S.QUEUED, _S.SENT, _S.RECEIVED, _S.RETURNED)
"""Issued, and neither replaced nor taken back."""
ISSUED = (*IN_FORCE, _S.RECALL_REQUESTED)
"""Complete with every signature; a recall that was asked for has not been decided."""

ALLOWED: dict[TranscriptState, frozenset[TranscriptState]] = {
    _S.DRAFT: frozenset({_S.LOCKED, _S.CANCELLED}),
    _S.LOCKED: frozenset(
        {_S.DRAFT, _S.SIGNED_SUBJECTS, _S.SIGNED_HOMEROOM, _S.SUPERSEDED, _S.CANCELLED}
    ),
    _S.SIGNED_SUBJECTS: frozenset({_S.SIGNED_HOMEROOM, _S.SUPERSEDED, _S.CANCELLED}),
    _S.SIGNED_HOMEROOM: frozenset({_S.SIGNED_PRINCIPAL, _S.SUPERSEDED, _S.CANCELLED}),
    _S.SIGNED_PRINCIPAL: frozenset({_S.ISSUED, _S.SUPERSEDED, _S.CANCELLED}),
    _S.ISSUED: frozenset({_S.QUEUED, _S.SUPERSEDED, _S.CANCELLED}),
    _S.QUEUED: frozenset({_S.SENT, _S.RECEIVED, _S.RETURNED, _S.SUPERSEDED}),
    _S.SENT: frozenset({_S.QUEUED, _S.RECEIVED, _S.RETURNED, _S.SUPERSEDED}),
    _S.RECEIVED: frozenset({_S.RETURNED, _S.RECALL_REQUESTED, _S.SUPERSEDED}),
    _S.RETURNED: frozenset({_S.QUEUED, _S.SUPERSEDED, _S.CANCELLED}),
    _S.RECALL_REQUESTED: frozenset({_S.RECALLED, _S.RECEIVED}),
    _S.RECALLED: frozenset({_S.SUPERSEDED}),
    _S.SUPERSEDED: frozenset(),
    _S.CANCELLED: frozenset(),
}


REACHED = {
    SignerRole.SUBJECT_TEACHER: _S.SIGNED_SUBJECTS,
    SignerRole.HOMEROOM: _S.SIGNED_HOMEROOM,
    SignerRole.PRINCIPAL: _S.SIGNED_PRINCIPAL,
    SignerRole.SCHOOL: _S.ISSUED,
}
"""State of a record in which every slot up to this role is filled."""


@dataclass(frozen=True, slots=True)
class TranscriptHead:
    """A transcript version without its bytes: what lists and batches work with."""

    record_id: str
    """UUID made once per pupil and school year; the same for every version."""
    version: int
    student_id: str
    section_id: str
    school_year: str
    state: TranscriptState
    sha256: str
    """Of the XML bytes as they stand now, hex."""
    full_name: str = ""
    section_name: str = ""
    reason: str = ""
    """Why this version replaces the one before; or why it was returned."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A record version with its XML bytes as they stand now."""

    head: TranscriptHead
    xml: bytes


class RequestKind(StrEnum):
    """What is asked for one record; a second person decides."""

    CONTENT = "content"
    IDENTITY = "identity"
    """Name, birth date, personal id and the like."""
    RECALL = "recall"
    """Take back what the department holds."""
    CANCEL = "cancel"
    """Give up a record that nobody outside the school holds."""


class RequestState(StrEnum):
    """What became of a request: still undecided, or how the second person decided."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RecordRequest:
    """Somebody's request about one record version, and what became of it. Times: ISO 8601."""

    id: str
    kind: RequestKind
    record_id: str
    version: int
    reason: str
    asked_by: str
    asked_at: str
    state: RequestState = RequestState.OPEN
    decided_by: str = ""
    decided_at: str = ""
    made_version: int = 0
    """The version that was made of it; 0 when none was."""
