"""Out: everything that a person's machines lack, as far as it is theirs to hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from app.clock import now
from app.errors import PersonUnknown
from app.model.membership import Machine, Membership, Place
from app.model.operation import Head, Operation, machine_of, seal_text, section_of
from app.parcel import Parcel, stick
from app.profile.permissions import Act, shipped_permissions
from app.replication.identity import MachineIdentity, own_identity
from app.replication.membership import require_membership
from app.replication.package import SUFFIX, Package, seal_package
from app.replication.segment import Segment
from app.store import Store
from app.store.sharing.log import Ends

_COUNTER = "handover.counter"


@dataclass(frozen=True, slots=True)
class Sealed:
    """One parcel for one machine."""

    machine: Machine
    parcel: Parcel
    operations: int
    records: int = 0


def may_hold(membership: Membership, person: str, stream: str) -> bool:
    """Whether a person's machine holds a stream: nobody gets what is not needed."""
    act = Act.SEE_PERSONAL if stream.startswith("personal:") else Act.SEE_CLASS
    return membership.may(person, act, Place(section_of(stream)), shipped_permissions())


def seal_for(store: Store, person: str) -> list[Sealed]:
    """A parcel for each machine of the person. Nothing is marked as sent yet.

    Raises NotAMember, PersonUnknown(person, known), ParcelTooLarge.
    """
    with store.write():
        membership = require_membership(store)
        identity = own_identity(store)
        machines = [m for m in membership.machines_of(person) if m.id != identity.id]
        if not machines:
            raise PersonUnknown(person=person, known=_known(membership, identity.id))
        store.roster_operations.record()
        return [_sealed(store, membership, identity, machine) for machine in machines]


def _known(membership: Membership, own: str) -> str:
    names = {m.person for m in membership.machines if m.id != own and not m.removed}
    return ", ".join(sorted(names)) or "chưa có ai"


def _sealed(
    store: Store, membership: Membership, identity: MachineIdentity, machine: Machine
) -> Sealed:
    peer = store.peers.of(machine.id)
    shared = [s for s in store.operations.streams() if may_hold(membership, machine.person, s)]
    segments = [
        segment
        for stream in shared
        for segment in _lacking(store, identity, stream, peer.ends.get(stream, {}))
    ]
    issued = None
    if peer.membership < membership.number:
        issued = store.membership.issued(membership.number)
    package = Package(
        {stream: store.operations.ends(stream) for stream in shared},
        membership.number,
        issued,
        tuple(segments),
    )
    certificate = x509.load_der_x509_certificate(machine.certificate)
    counter = store.settings.next_counter(_COUNTER)
    parcel = seal_package(package, certificate, identity.device, counter)
    return Sealed(machine, parcel, package.operations)


def _lacking(store: Store, identity: MachineIdentity, stream: str, known: Ends) -> list[Segment]:
    return [
        Segment(tuple(piece), _seal(store, identity, stream, origin, piece[-1]))
        for origin in store.operations.ends(stream)
        for piece in store.operations.lacking(stream, origin, known.get(origin, ()))
    ]


def _seal(
    store: Store, identity: MachineIdentity, stream: str, origin: str, last: Operation
) -> bytes:
    head = Head(last.counter, last.id)
    kept = store.operations.seal(stream, origin, head)
    if kept or machine_of(origin) != identity.id:
        return kept
    made = identity.device.sign(seal_text(last.id))
    store.operations.keep_seal(stream, origin, head, made)
    return made


def put_on_stick(store: Store, sealed: Sequence[Sealed], folder: Path) -> Path:
    """Write each parcel, proven, and note that it went; the folder in which they lie.

    Raises StickFull, StickError, StickDiffers; what was written by then is whole.
    """
    school = require_membership(store).school.code
    place = folder / f"hocba-{stick.plain(school)}-ban-giao"
    for each in sealed:
        name = f"{each.machine.id[:8]}-{each.parcel.header.counter:06d}"
        stick.put(place / f"{name}-{each.parcel.sha256[:16]}{SUFFIX}", each.parcel.bytes)
        _note(store, each)
    return place


def _note(store: Store, sealed: Sealed) -> None:
    at = now().isoformat()
    with store.write():
        store.peers.sent(sealed.machine.id, at)
        store.peers.keep_parcel(
            sealed.parcel.sha256, sealed.machine.id, sealed.operations, at, is_out=True
        )
        store.audit.add("handover_out", sealed.machine.person, f"{sealed.operations} operations")
