"""Where the school stands on this machine: its people, its machines, and each class."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from app.model.membership import Membership
from app.model.operation import class_stream
from app.model.people import ClassSection
from app.model.transcript import TranscriptState
from app.profile.permissions import SchoolRole
from app.store import Store
from app.store.sharing.machine import own_id
from app.store.sharing.settling import place_json, pupil_json, section_json


@dataclass(frozen=True, slots=True)
class PersonStatus:
    name: str
    roles: tuple[SchoolRole, ...]


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """Another machine; times are ISO 8601, '' for never."""

    person: str
    last_out: str
    last_in: str


@dataclass(frozen=True, slots=True)
class ClassStatus:
    name: str
    school_year: str
    pupils: int
    cells: int
    conflicts: int
    locked: int
    """Pupils whose year is closed."""
    signed: int
    """Records that bear the principal's signature."""
    digest: str
    """The same on every machine that holds the same data of the class."""


@dataclass(frozen=True, slots=True)
class SchoolStatus:
    people: tuple[PersonStatus, ...]
    machines: tuple[MachineStatus, ...]
    classes: tuple[ClassStatus, ...]


_SIGNED = (
    TranscriptState.SIGNED_PRINCIPAL,
    TranscriptState.ISSUED,
    TranscriptState.QUEUED,
    TranscriptState.SENT,
    TranscriptState.RECEIVED,
)


def school_status(store: Store) -> SchoolStatus:
    """As it is now; also for a workspace that has no list yet."""
    membership = store.membership.current()
    return SchoolStatus(
        _people(membership),
        _machines(store, membership),
        tuple(class_status(store, section) for section in store.people.sections()),
    )


def _people(membership: Membership | None) -> tuple[PersonStatus, ...]:
    if membership is None:
        return ()
    return tuple(
        PersonStatus(person.name, person.roles(membership.number)) for person in membership.people
    )


def _machines(store: Store, membership: Membership | None) -> tuple[MachineStatus, ...]:
    if membership is None:
        return ()
    own = own_id(store.db)
    peers = [(m, store.peers.of(m.id)) for m in membership.machines if not m.removed]
    return tuple(
        MachineStatus(machine.person, peer.last_out, peer.last_in)
        for machine, peer in peers
        if machine.id != own
    )


def class_status(store: Store, section: ClassSection) -> ClassStatus:
    enrolled = store.people.enrollments(section.id)
    cells = store.gradebook.cells(section.id)
    stream = class_stream(section.id)
    conflicts = [d for d in store.settling.disputes(stream) if d.merged.is_conflict]
    locked = sorted(store.locks.of(section.id))
    content = [
        section_json(store.people, section.id),
        [[place_json(place), pupil_json(student)] for place, student in enrolled],
        sorted([key.student_id, key.area, key.slot, value] for key, value in cells.items()),
        [[d.key, sorted(o.after or "" for o in d.merged.rivals)] for d in conflicts],
        locked,
    ]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    signed = {head.record_id for head in store.transcripts.heads(section.id, _SIGNED)}
    return ClassStatus(
        section.name,
        section.school_year,
        sum(place.status.present for place, _ in enrolled),
        len(cells),
        len(conflicts),
        len(locked),
        len(signed),
        hashlib.sha256(text.encode()).hexdigest(),
    )
