"""In: parcels of the school's other machines, all in one transaction, in whatever order they lie.

Nothing is written before a parcel's sender, seal, chains and signatures were found right. What is
held already is passed over; what follows something that has not come yet waits for it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.clock import now
from app.errors import (
    AdmissionInvalid,
    HandoverListMissing,
    HandoverOfAnotherSchool,
    HandoverSenderUnknown,
    HandoverUnreadable,
    MachineRemoved,
    ParcelError,
    ParcelTampered,
    ParcelTooLarge,
    StickError,
)
from app.model.membership import Machine, Membership
from app.model.operation import START, machine_of
from app.parcel import limits, read_header, stick
from app.parcel.device import public_key_from_hex
from app.parcel.opening import inspect, open_parcel
from app.parcel.sealing import key_id
from app.replication.identity import MachineIdentity, own_identity
from app.replication.membership import accept_list, require_membership
from app.replication.outgoing import may_hold
from app.replication.package import SUFFIX, Package, read_package
from app.replication.segment import Segment, pack, unpack
from app.replication.staff import write_staff
from app.store import Store
from app.store.sharing.machine import begin_epoch, own_id


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not taken: nothing of it was written."""

    file: str
    code: str
    """Of the error, or one of `REASONS`."""
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Fork:
    """One machine's past went on in two places: a copied file, or a backup taken back."""

    stream: str
    person: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came. `new` + `changed` + `conflicts` are registers; `older` are operations held."""

    new: int = 0
    changed: int = 0
    older: int = 0
    conflicts: int = 0
    waiting: int = 0
    """Operations that wait for others which have not come yet."""
    refused: tuple[Refused, ...] = ()
    senders: tuple[str, ...] = ()
    forks: tuple[Fork, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    data: bytes
    sha256: str


@dataclass(slots=True)
class _Tally:
    """While a transaction runs."""

    operations: int = 0
    older: int = 0
    keys: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    senders: dict[str, None] = field(default_factory=dict)
    is_newer_list: bool = False

    def add(self, other: _Tally) -> None:
        self.operations += other.operations
        self.older += other.older
        for stream, keys in other.keys.items():
            self.keys[stream] |= keys
        self.senders |= other.senders
        self.is_newer_list |= other.is_newer_list


REASONS = {
    "parcel.torn": "tệp bị thiếu, có thể do rút USB quá sớm",
    "parcel.tampered": "tệp bị hỏng, bị sửa hoặc không phải gói bàn giao",
    "parcel.too_large": "tệp lớn hơn mức phần mềm nhận",
    "parcel.error": "không đọc được gói",
    "parcel.not_for_us": "gói niêm phong cho máy khác",
    "membership.machine_removed": "máy gửi đã bị đưa ra khỏi danh sách của trường",
    "membership.admission_invalid": "danh sách trong gói không có chữ ký của văn phòng trường",
    "handover.another_school": "gói của trường khác",
    "handover.sender_unknown": "máy gửi chưa có trong danh sách mà máy này biết; "
    "hãy nhận gói từ máy văn phòng trước",
    "handover.list_missing": "gói dựa vào danh sách mới hơn; hãy nhận gói từ máy văn phòng trước",
    "handover.unreadable": "không đọc được tệp",
}


def take_from(store: Store, paths: Sequence[Path]) -> TakenIn:
    """Every hand-over parcel in these files and folders.

    Raises NotAMember, StickError when a folder cannot be read. Nothing is written then.
    """
    files, unreadable = _read(paths)
    return take(store, files, unreadable)


def _read(paths: Sequence[Path]) -> tuple[list[_File], list[Refused]]:
    files, refused = [], []
    for path in stick.files_on(paths, (SUFFIX,)):
        try:
            data = stick.read_bounded(path, limits.PARCEL)
        except StickError:
            refused.append(Refused(path.name, HandoverUnreadable.code))
            continue
        if data is None:
            refused.append(Refused(path.name, ParcelTooLarge.code))
        else:
            files.append(_File(path.name, data, hashlib.sha256(data).hexdigest()))
    return files, refused


def take_parcel(store: Store, name: str, data: bytes) -> TakenIn:
    """One parcel that came by another carrier."""
    return take(store, [_File(name, data, hashlib.sha256(data).hexdigest())], [])


def take(store: Store, files: Sequence[_File], refused: Sequence[Refused]) -> TakenIn:
    """All that can be taken of these files, in one transaction."""
    require_membership(store)
    identity = own_identity(store)
    with store.write():
        store.roster_operations.record()
        tally = _Tally()
        ends = _fork_count(store)
        left, failed = list(files), list(refused)
        while left:
            later, problems = _pass(store, identity, left, tally)
            if len(later) == len(left):
                failed += problems
                break
            failed += [p for p in problems if p.file not in {file.name for file in later}]
            left = later
        _drain(store, tally)
        found = _settle(store, tally)
        forks = _forks(store, ends)
        if tally.senders:
            detail = f"{tally.operations} operations"
            store.audit.add("handover_in", ", ".join(tally.senders), detail)
    return replace(
        found, refused=tuple(sorted(failed, key=lambda each: each.file)), forks=tuple(forks)
    )


def _pass(
    store: Store, identity: MachineIdentity, files: Sequence[_File], tally: _Tally
) -> tuple[list[_File], list[Refused]]:
    """What must wait for a list that another parcel brings, and what is refused."""
    later, refused = [], []
    for file in files:
        own = _Tally()
        try:
            with store.attempt():
                _take_file(store, identity, file, own)
            tally.add(own)
        except (HandoverSenderUnknown, HandoverListMissing) as error:
            later.append(file)
            refused.append(Refused(file.name, error.code))
        except (ParcelError, MachineRemoved, AdmissionInvalid, HandoverOfAnotherSchool) as error:
            refused.append(Refused(file.name, error.code, str(error.params.get("sender", ""))))
    return later, refused


def _take_file(store: Store, identity: MachineIdentity, file: _File, tally: _Tally) -> None:
    membership = require_membership(store)
    sender = _sender(file.data, membership)
    if sender is None:
        return
    key = public_key_from_hex(sender.public_key.hex())
    header = inspect(file.data, key)
    if key_id(identity.certificate.public_key()) not in header.receivers:
        return  # a colleague's, on the same stick; or our own on its way
    seen = store.peers.parcel(file.sha256)
    if seen is not None:
        tally.older += seen
        tally.senders[sender.person] = None
        return
    package = read_package(open_parcel(file.data, identity.opening_key, key))
    _take_package(store, sender, package, tally)
    at = now().isoformat()
    store.peers.keep_slip(sender.id, package.ends, package.membership)
    store.peers.received(sender.id, at)
    store.peers.keep_parcel(file.sha256, sender.id, package.operations, at, is_out=False)
    tally.senders[sender.person] = None


def _sender(data: bytes, membership: Membership) -> Machine | None:
    """Raises what speaks against the sender."""
    header = read_header(data)
    if header.school_code != membership.school.code:
        raise HandoverOfAnotherSchool
    sender = membership.machine(header.device_id)
    if sender is None:
        raise HandoverSenderUnknown
    if sender.removed:
        raise MachineRemoved(sender=sender.person)
    return sender


def _take_package(store: Store, sender: Machine, package: Package, tally: _Tally) -> None:
    """Everything is looked at before anything is kept."""
    membership = require_membership(store)
    if package.issued is not None:
        before = membership.number
        accept_list(store, *package.issued)
        membership = require_membership(store)
        tally.is_newer_list |= membership.number > before
    if package.membership > membership.number:
        raise HandoverListMissing
    own = membership.machine(own_id(store.db))
    if own is None or own.removed:
        raise MachineRemoved(sender=sender.person)
    for segment in package.segments:
        _check(segment, membership)
    for segment in package.segments:
        if any(may_hold(membership, person, segment.stream) for person in own.people):
            _keep(store, segment, sender.person, tally)


def _check(segment: Segment, membership: Membership) -> None:
    """Raises ParcelTampered for what its origin did not sign."""
    origin = membership.machine(machine_of(segment.origin))
    if origin is None or not segment.is_sealed_by(public_key_from_hex(origin.public_key.hex())):
        raise ParcelTampered("a chain that its machine did not sign")
    if any(operation.membership > membership.number for operation in segment.operations):
        raise ParcelTampered("a list that nobody has issued")


def _keep(store: Store, segment: Segment, sender: str, tally: _Tally) -> None:
    parent, count = segment.parent, len(segment.operations)
    if not _fits(store, segment):
        if parent != START and not store.operations.holds(parent):
            store.peers.keep_waiting(parent, sender, count, pack(segment))
            return
        raise ParcelTampered("a piece that does not follow what it names")
    fresh = store.operations.unknown(segment.operations)
    store.operations.take(segment.operations, segment.seal)
    tally.operations += len(fresh)
    tally.older += count - len(fresh)
    tally.keys[segment.stream].update(operation.key for operation in fresh)


def _fits(store: Store, segment: Segment) -> bool:
    """Whether the piece begins where its chain begins, or follows an operation held here."""
    first = segment.operations[0]
    if first.parent == START:
        return first.counter == 1
    before = store.operations.find(first.parent)
    return before is not None and (before.stream, before.origin, before.counter + 1) == (
        first.stream,
        first.origin,
        first.counter,
    )


def _drain(store: Store, tally: _Tally) -> None:
    """Pieces that waited for what has come now."""
    while ready := store.peers.waiting(come=True):
        for waiting in ready:
            store.peers.drop_waiting(waiting.digest)
            _keep(store, unpack(waiting.content), waiting.sender, tally)


def _settle(store: Store, tally: _Tally) -> TakenIn:
    if tally.is_newer_list:
        streams = {stream: None for stream in store.operations.streams()}
        wanted: dict[str, set[str] | None] = {**streams}
    else:
        wanted = {stream: keys for stream, keys in tally.keys.items() if keys}
        for stream, keys in tally.keys.items():
            if any(not key.startswith("cell/") for key in keys) and stream.startswith("class:"):
                wanted["personal:" + stream.removeprefix("class:")] = None
    new = changed = conflicts = 0
    for stream in sorted(wanted):
        outcome = store.settling.settle(stream, wanted[stream])
        touched = tally.keys.get(stream, set())
        new += len(outcome.filled & touched)
        changed += len(outcome.changed & touched)
        conflicts += len(outcome.conflicts)
    if tally.keys or tally.is_newer_list:
        _write_duties(store)
    waiting = sum(each.operations for each in store.peers.waiting())
    return TakenIn(new, changed, tally.older, conflicts, waiting, senders=tuple(tally.senders))


def _write_duties(store: Store) -> None:
    """Classes that came now get the teachers whom the list names."""
    write_staff(store.people, require_membership(store))


def _fork_count(store: Store) -> dict[tuple[str, str], int]:
    return {
        (stream, origin): len(heads)
        for stream in store.operations.streams()
        for origin, heads in store.operations.ends(stream).items()
    }


def _forks(store: Store, before: dict[tuple[str, str], int]) -> list[Fork]:
    """Chains that have split since; this machine's own makes it begin a new epoch."""
    membership = require_membership(store)
    own, found = own_id(store.db), []
    for place, count in _fork_count(store).items():
        if count > max(1, before.get(place, 0)):
            stream, origin = place
            machine = membership.machine(machine_of(origin))
            is_own = machine_of(origin) == own
            found.append(Fork(stream, machine.person if machine else "", is_own))
            store.audit.add("fork", stream, origin)
    if any(fork.is_own for fork in found):
        begin_epoch(store.db)
    return found


class _Shown(Exception):
    """Everything was seen; none of it is to stay."""


def preview_from(store: Store, paths: Sequence[Path]) -> TakenIn:
    """What `take_from` would do; nothing is kept."""
    files, unreadable = _read(paths)
    found = TakenIn()
    with store.write():
        try:
            with store.attempt():
                found = take(store, files, unreadable)
                raise _Shown
        except _Shown:
            return found
