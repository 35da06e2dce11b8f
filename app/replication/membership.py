"""The school's list: founded and issued by the office's machine, admitted to, removed from."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.errors import (
    AdmissionInvalid,
    CardInvalid,
    MembershipError,
    NotAMember,
    ParcelError,
    PersonUnknown,
)
from app.model.membership import Grant, Machine, Membership, Person
from app.model.operation import machine_of
from app.model.people import School
from app.parcel import envelope
from app.parcel.device import public_key_from_hex, raw, signed_by
from app.profile.permissions import Act, SchoolRole
from app.replication.card import MachineCard, read_card
from app.replication.fingerprint import words
from app.replication.identity import MachineIdentity, machine_name, own_identity
from app.replication.staff import write_staff
from app.store import Store
from app.store.sharing.membership import from_bytes, to_bytes

ADMISSION = "hocba-admission/1"
LARGEST = 4 * 1024 * 1024
_CONTEXT = b"hocba-membership/1\0"


@dataclass(frozen=True, slots=True)
class AdmittedRole:
    """What a person is admitted as."""

    role: SchoolRole
    classes: Collection[str] = ()
    subjects: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Admitted:
    """`file` goes to the new machine; `card` is what people compare."""

    card: MachineCard
    file: bytes
    membership: Membership


@dataclass(frozen=True, slots=True)
class JoinedSchool:
    membership: Membership
    person: str
    office_words: str
    """Fingerprint of the school, to be compared with what the office's machine shows."""


def office_words(membership: Membership) -> str:
    """The school's own fingerprint: its code and the office's key."""
    office = membership.machine(membership.office)
    key = office.public_key if office else b""
    return words(membership.school.code.encode(), key)


def found_school(store: Store, school: School, person: str) -> Membership:
    """Make this machine the school's office: its first list, with one person as administrator.

    Raises MembershipError when the workspace belongs to a school already.
    """
    if store.membership.current() is not None:
        raise MembershipError("founded already", reason="kho dữ liệu này đã thuộc một trường")
    with store.write():
        store.people.save_school(school)
        identity = own_identity(store)
        first = Membership(
            1,
            school,
            identity.id,
            (Person(person, (Grant(SchoolRole.ADMIN),)),),
            (_machine(identity, person),),
        )
        _issue(store, identity, first)
        store.roster_operations.record()
        store.audit.add("found_school", school.code)
    return first


def _machine(identity: MachineIdentity, person: str) -> Machine:
    return Machine(
        identity.id,
        person,
        raw(identity.device.public_key),
        identity.certificate_der,
        machine_name(),
    )


def require_membership(store: Store) -> Membership:
    """Raises NotAMember."""
    membership = store.membership.current()
    if membership is None:
        raise NotAMember(reason="máy này chưa thuộc trường nào")
    return membership


def admit(store: Store, card_file: bytes, person: str, roles: Collection[AdmittedRole]) -> Admitted:
    """Put a machine and its person on the list. A person who is there gets the roles besides.

    Raises CardInvalid, NotEntitled, NotAMember, MembershipError (not on the office's machine).
    """
    card = read_card(card_file)
    with store.write():
        before, identity = _at_office(store)
        known = before.machine(card.id)
        if known is not None and (known.removed or known.person != person):
            raise CardInvalid("another person's, or removed")
        number = before.number + 1
        made = replace(
            before,
            number=number,
            people=_with_roles(before.people, person, roles, number),
            machines=before.machines
            if known
            else (*before.machines, _of_card(card, person, number)),
        )
        _issue(store, identity, made)
        store.audit.add("admit", person, card.id)
        content, signature = store.membership.issued(number)
    return Admitted(card, _admission(card, content, signature, identity), made)


def _of_card(card: MachineCard, person: str, number: int) -> Machine:
    return Machine(card.id, person, card.public_key, card.certificate, card.machine, number)


def _with_roles(
    people: tuple[Person, ...], name: str, roles: Collection[AdmittedRole], number: int
) -> tuple[Person, ...]:
    grants = tuple(
        Grant(role.role, frozenset(role.classes), frozenset(role.subjects), number)
        for role in roles
    )
    known = next((person for person in people if person.name == name), Person(name))
    held = {(g.role, g.classes, g.subjects) for g in known.grants if g.holds(number)}
    fresh = tuple(g for g in grants if (g.role, g.classes, g.subjects) not in held)
    made = replace(known, grants=known.grants + fresh)
    return (*(person for person in people if person.name != name), made)


def end_roles(store: Store, person: str) -> Membership:
    """The person holds no role from the next list on; what was done before stands."""
    with store.write():
        before, identity = _at_office(store)
        known = before.person(person)
        if known is None:
            raise PersonUnknown(person=person, known=", ".join(p.name for p in before.people))
        number = before.number + 1
        ended = tuple(g if g.until else replace(g, until=number) for g in known.grants)
        others = tuple(p for p in before.people if p.name != person)
        made = replace(before, number=number, people=(*others, replace(known, grants=ended)))
        _issue(store, identity, made)
        store.audit.add("end_roles", person)
    return made


def remove_machines(store: Store, person: str) -> Membership:
    """Take a person's machines off the list (lost, stolen): what they did so far, as far as it is
    known here, stands; nothing else of theirs will count or be let in.

    Raises PersonUnknown, MembershipError for the office's own machine.
    """
    with store.write():
        before, identity = _at_office(store)
        gone = {machine.id for machine in before.machines_of(person)} - {identity.id}
        if not gone:
            raise PersonUnknown(person=person, known=", ".join(p.name for p in before.people))
        number = before.number + 1
        machines = tuple(
            replace(machine, removed=number, kept=_kept(store, machine.id))
            if machine.id in gone
            else machine
            for machine in before.machines
        )
        made = replace(before, number=number, machines=machines)
        _issue(store, identity, made)
        store.audit.add("remove_machines", person)
    return made


def _kept(store: Store, machine_id: str) -> dict[tuple[str, str], Any]:
    return {
        (stream, origin): tuple(heads)
        for stream in store.operations.streams()
        for origin, heads in store.operations.ends(stream).items()
        if machine_of(origin) == machine_id
    }


def _at_office(store: Store) -> tuple[Membership, MachineIdentity]:
    membership = require_membership(store)
    store.authorship.require(Act.MANAGE_MEMBERS)
    identity = own_identity(store)
    if membership.office != identity.id:
        raise MembershipError(
            "not the office", reason="chỉ máy văn phòng của trường mới thêm hoặc bớt người và máy"
        )
    return membership, identity


def _issue(store: Store, identity: MachineIdentity, membership: Membership) -> None:
    content = to_bytes(membership)
    if len(content) > LARGEST:
        raise MembershipError("too long", reason="danh sách của trường quá dài")
    store.membership.keep(membership, content, identity.device.sign(_CONTEXT + content))
    write_staff(store.people, membership)


# --- on the other machines -------------------------------------------------------------------


def accept_list(store: Store, content: bytes, signature: bytes) -> bool:
    """A newer list of the office that this machine knows; False for one that is not newer.

    Inside the caller's transaction. Raises AdmissionInvalid for anything that it did not sign.
    """
    known = require_membership(store)
    found = _checked(content, signature, _office_key(known))
    if found.office != known.office or found.school.code != known.school.code:
        raise AdmissionInvalid("another school's list", reason="danh sách của trường khác")
    if found.number <= known.number:
        return False
    store.membership.keep(found, content, signature)
    store.people.save_school(found.school)
    write_staff(store.people, found)
    return True


def _office_key(membership: Membership) -> Ed25519PublicKey:
    office = membership.machine(membership.office)
    assert office is not None, "a list holds the machine that issued it"
    return public_key_from_hex(office.public_key.hex())


def _checked(content: bytes, signature: bytes, key: Ed25519PublicKey) -> Membership:
    try:
        if len(content) > LARGEST or not signed_by(key, signature, _CONTEXT + content):
            raise ValueError("signature")
        found = from_bytes(content)
        office = found.machine(found.office)
        if office is None or office.public_key != raw(key):
            raise ValueError("office")
        return found
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        reason = "tệp bị hỏng, bị sửa hoặc không phải của trường"
        raise AdmissionInvalid(f"list: {error}", reason=reason) from error


def _admission(
    card: MachineCard, content: bytes, signature: bytes, identity: MachineIdentity
) -> bytes:
    """Only the admitted machine can read it: the list names the school's people."""
    certificate = x509.load_der_x509_certificate(card.certificate)
    sealed = envelope.encrypt(content, [certificate])
    found = {
        "format": ADMISSION,
        "for": card.id,
        "office_key": raw(identity.device.public_key).hex(),
        "signature": signature.hex(),
        "list": base64.b64encode(sealed).decode(),
    }
    return json.dumps(found, indent=1).encode()


def join(store: Store, file: bytes) -> JoinedSchool:
    """Make this machine one of the school's. Raises AdmissionInvalid(reason), MembershipError."""
    identity = own_identity(store)
    content, signature, key = _read_admission(file, identity)
    membership = _checked(content, signature, key)
    own = membership.machine(identity.id)
    if own is None or own.removed:
        raise AdmissionInvalid("not on the list", reason="máy này không có trong danh sách")
    known = store.membership.current()
    with store.write():
        if known is not None:
            accept_list(store, content, signature)
            return JoinedSchool(known, own.person, office_words(membership))
        if store.people.sections():
            raise MembershipError(
                "not empty", reason="kho dữ liệu này đã có lớp; hãy tạo kho mới để vào trường"
            )
        store.people.save_school(membership.school)
        store.membership.keep(membership, content, signature)
        write_staff(store.people, membership)
        store.audit.add("join", membership.school.code, membership.office)
    return JoinedSchool(membership, own.person, office_words(membership))


def _read_admission(
    file: bytes, identity: MachineIdentity
) -> tuple[bytes, bytes, Ed25519PublicKey]:
    reason = "tệp bị hỏng hoặc không phải tệp kết nạp"
    try:
        if len(file) > 2 * LARGEST:
            raise ValueError("too large")
        found: dict[str, Any] = json.loads(file)
        if found["format"] != ADMISSION:
            raise ValueError("format")
        if found["for"] != identity.id:
            reason = "tệp này dành cho máy khác"
            raise ValueError("another machine")
        content = envelope.decrypt(base64.b64decode(found["list"]), identity.opening_key)
        return content, bytes.fromhex(found["signature"]), public_key_from_hex(found["office_key"])
    except (ValueError, TypeError, KeyError, RecursionError, ParcelError) as error:
        raise AdmissionInvalid(f"admission: {error}", reason=reason) from error
