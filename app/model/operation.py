"""An operation: one acknowledged act of one person on one machine, for ever.

`key` names the register that it sets:

    cell/PUPIL|AREA|SLOT    a cell of the gradebook; `after` its canonical text, None: empty
    section                 the head of a class, JSON
    place/PUPIL             the pupil's place in the class, JSON; None: none
    pupil/PUPIL             name, birth date, sex and the ministry's number, JSON
    personal/PUPIL          everything else that is known of a pupil, JSON
    lock/PUPIL              the pupil's year is closed, JSON; None: open

Operations of one origin in one stream are a chain: the id of each is a hash over its content and
the id before it. So an id vouches for the whole past of its origin, and two operations after the
same one are seen as what they are: two machines that took themselves for one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from app.model.gradebook import CellKey

OperationId = bytes
ID_BYTES = 16
START: OperationId = b""
"""What the first operation of a chain follows."""
_LOGICAL = 4096


class Cause(StrEnum):
    """Why a register changes; it decides who may."""

    EDIT = "edit"
    CORRECTION = "correction"
    """An approved correction of a locked record."""
    MOVE = "move"
    """Marks that go along with a pupil who changes classes."""


@dataclass(frozen=True, slots=True)
class Operation:
    """See the module. `hlc`: hybrid logical clock, for order in a list, never for a decision."""

    id: OperationId
    parent: OperationId
    stream: str
    origin: str
    """Machine and epoch: 'MACHINE#1'."""
    counter: int
    """From 1, by one in its chain."""
    hlc: int
    person: str
    membership: int
    """Number of the membership list that the machine knew."""
    cause: Cause
    key: str
    after: str | None
    replaces: tuple[OperationId, ...]
    """What the person saw there and replaced."""

    @property
    def machine(self) -> str:
        """Id of the machine that made it, from `origin`."""
        return machine_of(self.origin)


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """The end of a chain."""

    counter: int
    id: OperationId


def chain_id(operation: Operation) -> OperationId:
    """The id that an operation must have: over its content and the one before it."""
    o = operation
    content = [
        o.parent.hex(),
        o.stream,
        o.origin,
        o.counter,
        o.hlc,
        o.person,
        o.membership,
        o.cause,
        o.key,
        o.after,
        [each.hex() for each in o.replaces],
    ]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()[:ID_BYTES]


def seal_text(operation_id: OperationId) -> bytes:
    """What a machine signs to stand for a chain of its own up to here."""
    return b"hocba-operations/1\0" + operation_id


def machine_of(origin: str) -> str:
    """The machine's id in an origin: 'MACHINE' of 'MACHINE#1'."""
    return origin.partition("#")[0]


def machine_id_of(public_key: bytes) -> str:
    """32 hex digits of the SHA-256 of an Ed25519 key (32 bytes): an id that cannot be borrowed."""
    return hashlib.sha256(public_key).hexdigest()[:32]


def tick(last: int, now_ms: int) -> int:
    """The next hybrid logical time (Kulkarni 2014): 12 bits count within a millisecond."""
    return max(last + 1, now_ms * _LOGICAL)


def wall_ms(hlc: int) -> int:
    """What the clock said, in milliseconds since 1970."""
    return hlc // _LOGICAL


def cell_key(key: CellKey) -> str:
    """The register of a gradebook cell: 'cell/PUPIL|AREA|SLOT'. `as_cell` reads it back."""
    return f"cell/{key.student_id}|{key.area}|{key.slot}"


def as_cell(key: str) -> CellKey:
    """Raises ValueError for a key of another register."""
    kind, _, rest = key.partition("/")
    student, area, slot = rest.split("|")
    if kind != "cell":
        raise ValueError(key)
    return CellKey(student, area, slot)


def class_stream(section_id: str) -> str:
    """Gradebook, places and locks of a class: everyone who works on the class holds it."""
    return f"class:{section_id}"


def personal_stream(section_id: str) -> str:
    """What only the homeroom teacher and the office need to know of the pupils of a class."""
    return f"personal:{section_id}"


def section_of(stream: str) -> str:
    """Id of the class whose stream this is; '' for a name without one."""
    return stream.partition(":")[2]
