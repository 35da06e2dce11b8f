"""A piece of one origin's chain as bytes: one column after another, so that it packs small.

Line 1 is JSON: stream, origin, parent, first counter, count, the origin's signature over the last
id, and the word lists that the columns point into. Then come the columns, each its length (4 bytes,
big endian) and one unsigned LEB128 number an operation; a register of a pupil is two numbers. Ids
are not carried: whoever reads computes them, and the signature says whether they are right.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.errors import ParcelTampered
from app.model.operation import ID_BYTES, Cause, Operation, OperationId, chain_id, seal_text
from app.parcel.device import signed_by

MOST_OPERATIONS = 500_000
_LENGTH = struct.Struct(">I")
_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Segment:
    operations: tuple[Operation, ...]
    seal: bytes
    """The origin's signature over the last id, which stands for everything before it."""

    @property
    def stream(self) -> str:
        return self.operations[0].stream

    @property
    def origin(self) -> str:
        return self.operations[0].origin

    @property
    def parent(self) -> OperationId:
        return self.operations[0].parent

    def is_sealed_by(self, key: Ed25519PublicKey) -> bool:
        return signed_by(key, self.seal, seal_text(self.operations[-1].id))


class _Words:
    """Different texts in the order in which they came; a text is its place from 1, None is 0."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, text: str | None) -> int:
        if text is None:
            return 0
        return self._places.setdefault(text, len(self._places) + 1)

    def all(self) -> list[str]:
        return list(self._places)


def pack(segment: Segment) -> bytes:
    people, pupils, fields, values = _Words(), _Words(), _Words(), _Words()
    columns: list[list[int]] = [[] for _ in range(_COLUMNS)]
    places = {operation.id: at for at, operation in enumerate(segment.operations, 1)}
    foreign: list[OperationId] = []
    causes = list(Cause)
    last = segment.operations[0].hlc
    for operation in segment.operations:
        field, pupil = _split(operation.key)
        step, last = operation.hlc - last, operation.hlc
        row = (
            people.place(operation.person),
            operation.membership,
            causes.index(operation.cause),
            step << 1 if step >= 0 else (-step << 1) - 1,
            fields.place(field),
            pupils.place(pupil),
            values.place(operation.after),
            len(operation.replaces),
        )
        for column, number in zip(columns, row, strict=True):
            column.append(number)
    replaced = [
        places.get(name) or _foreign(name, foreign)
        for operation in segment.operations
        for name in operation.replaces
    ]
    first = segment.operations[0]
    head = {
        "stream": first.stream,
        "origin": first.origin,
        "parent": first.parent.hex(),
        "counter": first.counter,
        "hlc": first.hlc,
        "count": len(segment.operations),
        "seal": segment.seal.hex(),
        "people": people.all(),
        "pupils": pupils.all(),
        "fields": fields.all(),
        "values": values.all(),
    }
    parts = [_number_bytes(column) for column in [*columns, replaced]] + [b"".join(foreign)]
    line = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    return b"".join([line, b"\n", *(_LENGTH.pack(len(part)) + part for part in parts)])


def _foreign(name: OperationId, foreign: list[OperationId]) -> int:
    foreign.append(name)
    return 0


def unpack(data: bytes) -> Segment:
    """Every id computed anew. Raises ParcelTampered. The signature is still to be checked."""
    try:
        return _unpacked(data)
    except (ValueError, TypeError, KeyError, IndexError, struct.error, RecursionError) as error:
        raise ParcelTampered(f"segment: {type(error).__name__}") from error


def _unpacked(data: bytes) -> Segment:
    line, _, body = data.partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    count = int(head["count"])
    if not 0 < count <= MOST_OPERATIONS:
        raise ValueError("count")
    *parts, foreign = _parts(body, _COLUMNS + 2)
    columns = [_numbers(part) for part in parts]
    rows = list(zip(*columns[:-1], strict=True))
    if len(rows) != count:
        raise ValueError("columns")
    made: list[Operation] = []
    known = _References(columns[-1], foreign, made)
    parent, hlc = bytes.fromhex(head["parent"]), int(head["hlc"])
    words = [[None, *map(str, head[name])] for name in ("people", "fields", "pupils", "values")]
    for counter, row in enumerate(rows, int(head["counter"])):
        person, membership, cause, step, field, pupil, value, replaced = row
        hlc += step >> 1 if not step & 1 else -((step + 1) >> 1)
        bare = Operation(
            b"",
            parent,
            str(head["stream"]),
            str(head["origin"]),
            counter,
            hlc,
            words[0][person] or "",
            membership,
            list(Cause)[cause],
            _joined(words[1][field] or "", words[2][pupil]),
            words[3][value],
            known.take(replaced),
        )
        parent = chain_id(bare)
        made.append(replace(bare, id=parent))
    return Segment(tuple(made), bytes.fromhex(head["seal"]))


class _References:
    """What operations replace: places in the segment, or ids where it lies outside."""

    def __init__(self, places: Iterable[int], foreign: bytes, made: list[Operation]) -> None:
        self._places = iter(places)
        self._foreign = (foreign[at : at + ID_BYTES] for at in range(0, len(foreign), ID_BYTES))
        self._made = made

    def take(self, count: int) -> tuple[OperationId, ...]:
        return tuple(self._one() for _ in range(count))

    def _one(self) -> OperationId:
        place = next(self._places, -1)
        if place > 0:
            return self._made[place - 1].id
        found = next(self._foreign, b"") if place == 0 else b""
        if len(found) != ID_BYTES:
            raise ValueError("reference")
        return found


def _split(key: str) -> tuple[str, str | None]:
    """('cell/|TOAN|s1.final', pupil) of a cell; ('place/', pupil); ('section', None)."""
    register, slash, rest = key.partition("/")
    if not slash:
        return key, None
    pupil, bar, cell = rest.partition("|")
    return f"{register}/{bar}{cell}", pupil


def _joined(field: str, pupil: str | None) -> str:
    if pupil is None:
        return field
    register, _, rest = field.partition("/")
    return f"{register}/{pupil}{rest}"


def _number_bytes(numbers: Sequence[int]) -> bytes:
    made = bytearray()
    for number in numbers:
        rest = number
        while rest > 0x7F:
            made.append(rest & 0x7F | 0x80)
            rest >>= 7
        made.append(rest)
    return bytes(made)


def _numbers(data: bytes) -> list[int]:
    found, number, shift = [], 0, 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
            if shift > 63:
                raise ValueError("number")
            continue
        found.append(number)
        number, shift = 0, 0
    if shift:
        raise ValueError("number is cut")
    return found


def _parts(body: bytes, count: int) -> Iterator[bytes]:
    at = 0
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(body, at)
        at += _LENGTH.size
        if at + length > len(body):
            raise ValueError("column is cut")
        yield body[at : at + length]
        at += length
    if at != len(body):
        raise ValueError("bytes behind the last column")
