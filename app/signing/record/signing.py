"""Put a signature into its slot, and join what colleagues signed on other machines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.errors import (
    AlreadySigned,
    RecordDiffers,
    RoleNotDue,
    SignatureBroken,
    SigningFailure,
    SlotClosed,
)
from app.model.signing import SignerRole
from app.signing.keys.keys import SigningKey, sign_checked
from app.signing.record.integrity import integrity_problems
from app.signing.record.signing_profile import SigningProfile
from app.signing.record.slots import (
    RecordTree,
    SignatureSlot,
    SlotPlace,
    around_slot,
    fill_slot,
    slot_span,
)
from app.signing.record.xades import UnsignedSignature, canonical, digest_of, unsigned_signature
from app.signing.trust.identity import check_certificate


@dataclass(frozen=True, slots=True)
class PreparedSignature:
    """A record with one signature that only waits for the token."""

    slot: SignatureSlot
    moment: datetime
    """The signing time it states."""
    reached: SignerRole | None
    """The last role up to which every slot will be filled."""
    unsigned: UnsignedSignature
    _before: bytes
    _behind: bytes

    def complete(self, value: bytes) -> bytes:
        """The signed record; no byte outside the slot changes."""
        return b"".join((self._before, self.unsigned.complete(value), self._behind))


def prepare_signature(
    record: RecordTree, xml: bytes, slot: SignatureSlot, key: SigningKey, now: datetime
) -> PreparedSignature:
    """Everything but the signature itself; the key's token is not asked.

    `record` is `xml`, parsed. Raises AlreadySigned, RoleNotDue(role, missing), SlotClosed,
    SignatureBroken(role) when an earlier signature does not hold, CertificateUnfit, WrongSigner.
    """
    place = record.place(slot)
    _check_turn(record, place)
    _check_earlier(record)
    check_certificate(key.certificate, now, place.expected)
    rule = record.profile.roles[slot.role]
    unsigned = unsigned_signature(
        f"Signature_{slot.name}",
        [(i, digest_of(record.element(i))) for i in place.covers],
        key,
        now,
        None if record.profile.plain else rule.claimed_role,
    )
    return PreparedSignature(slot, now, record.reached(slot), unsigned, *around_slot(xml, slot))


def sign_record(
    xml: bytes,
    slot: SignatureSlot,
    key: SigningKey,
    now: datetime,
    profile: SigningProfile | None = None,
    tax_code: str = "",
) -> bytes:
    """The record with one more signature.

    `tax_code`: the school's MST, where it is known. Raises what `prepare_signature` and the key
    raise. The token is asked last.
    """
    record = RecordTree(xml, profile, tax_code)
    prepared = prepare_signature(record, xml, slot, key, now)
    return prepared.complete(sign_checked(key, prepared.unsigned.to_sign))


def _check_turn(record: RecordTree, place: SlotPlace) -> None:
    if place.signed:
        raise AlreadySigned(role=place.slot.role.value)
    if missing := record.missing_before(place.slot.role):
        raise RoleNotDue(role=place.slot.role.value, missing=missing)
    if by := record.covering(place):
        raise SlotClosed(role=place.slot.role.value, by=by.slot.role.value)
    around = {place.element, *place.element.iterancestors()}
    if any(record.element(i) in around for i in place.covers):
        raise SigningFailure("a signature must lie outside what it signs")


def _check_earlier(record: RecordTree) -> None:
    for place in record.places:
        if place.signed and integrity_problems(record, place):
            raise SignatureBroken(role=place.slot.role.value)


@dataclass(frozen=True, slots=True)
class Joined:
    """A record with one more signature that was made on another machine."""

    place: SlotPlace
    xml: bytes
    reached: SignerRole | None
    """The last role up to which every slot is filled now."""


def join(ours: bytes, theirs: bytes, profile: SigningProfile | None = None) -> list[Joined]:
    """`ours` with each signature that only `theirs` has, one after the other, in signing order.

    Both must be the same record but for signatures. Raises what parsing raises, RecordDiffers,
    RoleNotDue, SlotClosed, and SignatureBroken when a signature to be taken does not hold in
    either file: ours may carry another one below it.
    """
    mine, other = RecordTree(ours, profile), RecordTree(theirs, profile)
    if _bare(ours, profile) != _bare(theirs, profile):
        raise RecordDiffers("the two files are not the same record")
    found = []
    for place in other.places:
        if not place.signed or mine.place(place.slot).signed:
            continue
        if integrity_problems(other, place):
            raise SignatureBroken(role=place.slot.role.value)
        _check_turn(mine, mine.place(place.slot))
        span = slot_span(theirs, place.slot)
        xml = fill_slot(ours, place.slot, theirs[span.inner : span.end])
        ours, mine = xml, RecordTree(xml, profile)
        if integrity_problems(mine, mine.place(place.slot)):
            raise SignatureBroken(role=place.slot.role.value)
        found.append(Joined(mine.place(place.slot), xml, mine.reached()))
    return found


def merge(ours: bytes, theirs: bytes, profile: SigningProfile | None = None) -> bytes:
    """The union of the signatures of two files of one record. Raises as `join`."""
    found = join(ours, theirs, profile)
    return found[-1].xml if found else ours


def _bare(xml: bytes, profile: SigningProfile | None) -> bytes:
    """The record without its signatures, in exclusive C14N.

    Another program may write the same record in other bytes.
    """
    record = RecordTree(xml, profile)
    for place in record.places:
        del place.element[:]
        place.element.text = None
    return canonical(record.root)
