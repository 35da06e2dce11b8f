"""Outbox items, receipts and the identity of a device. Ids are idempotency keys."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OutboxState(StrEnum):
    """Where a record version stands on its way to the station; moves are in `OUTBOX_ALLOWED`."""

    QUEUED = "queued"
    SENDING = "sending"
    RECEIVED = "received"
    """The station holds it durably and has said so; not yet fully checked."""
    VERIFIED = "verified"
    RETURNED = "returned"
    SET_ASIDE = "set_aside"
    """Cannot be sent as it is (poisoned); the rest flows."""


_S = OutboxState

OUTBOX_ALLOWED: dict[OutboxState, frozenset[OutboxState]] = {
    _S.QUEUED: frozenset({_S.SENDING, _S.RECEIVED, _S.VERIFIED, _S.RETURNED, _S.SET_ASIDE}),
    _S.SENDING: frozenset({_S.QUEUED, _S.RECEIVED, _S.VERIFIED, _S.RETURNED, _S.SET_ASIDE}),
    _S.RECEIVED: frozenset({_S.QUEUED, _S.VERIFIED, _S.RETURNED}),  # QUEUED: it lost what it had
    _S.VERIFIED: frozenset({_S.RETURNED}),  # an official looked at it
    _S.RETURNED: frozenset({_S.QUEUED}),
    _S.SET_ASIDE: frozenset({_S.QUEUED}),
}


class Event(StrEnum):
    """The national data centre's events."""

    NEW = "NEW"
    UPDATE = "UPDATE"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class RecordKey:
    """What a receipt must name, all three."""

    record_id: str
    version: int
    sha256: str


class ReceiptStage(StrEnum):
    """How far the station has come with a record version, as its receipt says."""

    RECEIVED = "received"
    VERIFIED = "verified"
    FORWARDED = "forwarded"
    """The next station (the ministry's store) has verified it too."""
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The department's signed word about one record version.

    `token` is the JWS (RFC 7515 compact, Ed25519) as it came; the other fields are its verified
    claims.
    """

    key: RecordKey
    stage: ReceiptStage
    station: str
    issued_at: str
    token: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ParcelItem:
    """One record version inside a parcel. `xml` is the signed record, byte for byte."""

    key: RecordKey
    event: Event
    xml: bytes
    school_code: str = ""
    school_year: str = ""
    section: str = ""
    """Class name, so that a station can count coverage without opening the record."""


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One record version in the outbox, as lists show it.

    `parcel_sha256`: hex, of the parcel that carries it; `attempts`: tries to send it since it
    was queued; `reason`: why it came back or was set aside.
    """

    key: RecordKey
    parcel_sha256: str
    state: OutboxState
    section_name: str
    issued_at: str
    attempts: int = 0
    reason: str = ""
    copied_at: str = ""
    """When its parcel was last proven to lie on a stick (ISO 8601); '' never. It still waits: the
    network may be faster, and the station takes a duplicate as the same."""
