"""Who belongs to the school: its people with their roles, and the machines that they work on.

The list is issued by the office's machine under a rising number and carries its own past: a role
holds from the number that gave it to the number that took it. So whether somebody was entitled is
answered alike on every machine, whenever it learns of it, and no clock is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.model import gradebook as areas
from app.model.operation import Cause, Head, Operation, section_of
from app.model.people import School
from app.profile.permissions import Act, Permissions, Reach, SchoolRole

_CLASS_AREAS = frozenset(
    {
        areas.QUALITIES,
        areas.COMPETENCES,
        areas.CONDUCT,
        areas.ATTENDANCE,
        areas.HEALTH,
        areas.AWARDS,
        areas.REMARKS,
        areas.DECISION,
    }
)
_CLASS_SLOTS = frozenset(
    {"demands", "chosen", "topics_chosen", "exempt_from", "exempt_to", "exempt_decision"}
)
"""Of a subject, what is decided about the pupil and not assessed by its teacher."""
_REGISTERS = {
    "section": Act.EDIT_PUPILS,
    "place": Act.EDIT_PUPILS,
    "pupil": Act.EDIT_PUPILS,
    "personal": Act.EDIT_PUPILS,
    "lock": Act.LOCK_RECORDS,
}
_CAUSES = {Cause.CORRECTION: Act.APPROVE_CORRECTIONS, Cause.MOVE: Act.EDIT_PUPILS}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an act is done. `subject`: '' for what belongs to the class as a whole."""

    section_id: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, and where. It holds for lists `since` <= number < `until` (0: still)."""

    role: SchoolRole
    classes: frozenset[str] = frozenset()
    """Class ids ('2026-2027/8B'), or bare names of classes that were not there yet."""
    subjects: frozenset[str] = frozenset()
    """Subject codes; empty: all subjects of the classes."""
    since: int = 1
    until: int = 0

    def holds(self, number: int) -> bool:
        """Whether the role is held by the list of this number."""
        return self.since <= number and (not self.until or number < self.until)

    def names(self, place: Place) -> bool:
        """Whether the grant's classes and subjects include the place."""
        section = place.section_id
        if section not in self.classes and section.partition("/")[2] not in self.classes:
            return False
        return not place.subject or not self.subjects or place.subject in self.subjects


@dataclass(frozen=True, slots=True)
class Person:
    """`name` is unique in the school."""

    name: str
    grants: tuple[Grant, ...] = ()

    def roles(self, number: int) -> tuple[SchoolRole, ...]:
        """The roles held by the list of this number, each once, in the order of `SchoolRole`."""
        held = {grant.role for grant in self.grants if grant.holds(number)}
        return tuple(role for role in SchoolRole if role in held)


@dataclass(frozen=True, slots=True)
class Machine:
    """A workspace on some computer. `removed`: the list's number that closed it, or 0."""

    id: str
    person: str
    """Whose machine it is."""
    public_key: bytes
    """Ed25519, 32 bytes: what it signs with."""
    certificate: bytes
    """X.509 in DER: what is sealed for it."""
    name: str = ""
    since: int = 1
    others: tuple[str, ...] = ()
    """Who else has an account on it."""
    removed: int = 0
    kept: Mapping[tuple[str, str], tuple[Head, ...]] = field(default_factory=dict)
    """Of a removed machine, by (stream, origin): as far as its operations still count."""

    @property
    def people(self) -> tuple[str, ...]:
        """Everyone with an account on it, its owner first."""
        return (self.person, *self.others)


@dataclass(frozen=True, slots=True)
class Membership:
    """One issue of the list."""

    number: int
    school: School
    office: str
    """Id of the machine that issues it."""
    people: tuple[Person, ...]
    machines: tuple[Machine, ...]

    def person(self, name: str) -> Person | None:
        """The person of this name; None: nobody on the list has it."""
        return next((person for person in self.people if person.name == name), None)

    def machine(self, machine_id: str) -> Machine | None:
        """The machine with this id, also a removed one; None: it was never on the list."""
        return next((machine for machine in self.machines if machine.id == machine_id), None)

    def machines_of(self, name: str) -> tuple[Machine, ...]:
        """The machines that belong to this person, without removed ones."""
        return tuple(m for m in self.machines if m.person == name and not m.removed)

    def may(
        self, name: str, act: Act, place: Place, rights: Permissions, number: int | None = None
    ) -> bool:
        """Whether the person may, by the list `number` (by default this one)."""
        at = self.number if number is None else number
        person = self.person(name)
        if person is None:
            return False
        reaches = (
            (grant, rights.reach(act, grant.role)) for grant in person.grants if grant.holds(at)
        )
        return any(
            reach is not None and self._reaches(grant, reach, act, place, rights, at)
            for grant, reach in reaches
        )

    def owners(
        self, act: Act, place: Place, rights: Permissions, number: int | None = None
    ) -> frozenset[str]:
        """To whom a place belongs: whoever may do this there, by the list `number`."""
        return frozenset(
            person.name
            for person in self.people
            if self.may(person.name, act, place, rights, number)
        )

    def _reaches(
        self,
        grant: Grant,
        reach: Reach,
        act: Act,
        place: Place,
        rights: Permissions,
        at: int,
    ) -> bool:
        if reach is Reach.ALL:
            return True
        if reach is Reach.OWN:
            return grant.names(place)
        if grant.role is SchoolRole.HOMEROOM:
            return grant.names(Place(place.section_id)) and not self._taken(act, place, rights, at)
        closer = self._taken(act, place, rights, at) or self._has_homeroom(act, place, rights, at)
        return not closer

    def _taken(self, act: Act, place: Place, rights: Permissions, at: int) -> bool:
        """Somebody has the place as their own."""
        return any(
            rights.reach(act, grant.role) is Reach.OWN and grant.names(place)
            for person in self.people
            for grant in person.grants
            if grant.holds(at)
        )

    def _has_homeroom(self, act: Act, place: Place, rights: Permissions, at: int) -> bool:
        return rights.reach(act, SchoolRole.HOMEROOM) is not None and any(
            grant.role is SchoolRole.HOMEROOM and grant.names(Place(place.section_id))
            for person in self.people
            for grant in person.grants
            if grant.holds(at)
        )


def act_of(key: str, cause: Cause) -> Act:
    """What setting this register for this cause is called in the table of roles."""
    register, _, rest = key.partition("/")
    if register != "cell":
        return _REGISTERS[register]
    if cause in _CAUSES:
        return _CAUSES[cause]
    return Act.ENTER_REMARKS if _belongs_to_class(rest) else Act.ENTER_MARKS


def place_of(stream: str, key: str) -> Place:
    """Where the register `key` of this stream is set: the class, and for a mark its subject."""
    register, _, rest = key.partition("/")
    section_id = section_of(stream)
    if register != "cell" or _belongs_to_class(rest):
        return Place(section_id)
    return Place(section_id, rest.split("|")[1])


def _belongs_to_class(cell: str) -> bool:
    _, area, slot = cell.split("|")
    return area in _CLASS_AREAS or slot in _CLASS_SLOTS


def is_entitled(
    operation: Operation,
    membership: Membership | None,
    rights: Permissions,
    was_kept: Callable[[Machine, Operation], bool],
) -> bool:
    """Whether an operation counts: done on a machine of the person, and theirs to do.

    Without a list there is one machine only, and whoever opens it may do everything.
    `was_kept`: whether an operation of a removed machine was held when it was removed.
    """
    if membership is None:
        return True
    machine = membership.machine(operation.machine)
    if machine is None or not 0 <= operation.membership <= membership.number:
        return False
    if machine.removed and not was_kept(machine, operation):
        return False
    if operation.membership == 0:  # before there was a list: the school's first machine
        return machine.id == membership.office
    if operation.person not in machine.people:
        return False
    act = act_of(operation.key, operation.cause)
    place = place_of(operation.stream, operation.key)
    return membership.may(operation.person, act, place, rights, operation.membership)
