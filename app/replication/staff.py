"""The school's list, written where the rest of the program looks for staff and who teaches what."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

from app.model.membership import Grant, Membership, Person, Place
from app.model.people import ClassSection, Staff, StaffRole, TeachingAssignment
from app.profile.permissions import SchoolRole
from app.store.people import PeopleStore

_PEOPLE = uuid.UUID("4b0c4f6e-6b8e-5a0f-9d0e-0a5d8f4b2c11")
_ROLES = {
    SchoolRole.PRINCIPAL: StaffRole.PRINCIPAL,
    SchoolRole.DEPUTY: StaffRole.DEPUTY_PRINCIPAL,
    SchoolRole.CLERK: StaffRole.CLERK,
}


def write_staff(people: PeopleStore, membership: Membership) -> None:
    """Adds and amends; whoever is named in a record stays. Inside the caller's transaction."""
    known = {person.full_name: person for person in people.staff()}
    sections = people.sections()
    for person in membership.people:
        staff = known.get(person.name) or _new(membership, person)
        held = [grant for grant in person.grants if grant.holds(membership.number)]
        people.save_staff([_with_role(staff, held)])
        for section in sections:
            _write_duties(people, section, staff, held)


def _new(membership: Membership, person: Person) -> Staff:
    made = uuid.uuid5(_PEOPLE, f"{membership.school.code}/{person.name}").hex
    return Staff(made, person.name, StaffRole.TEACHER)


def _with_role(staff: Staff, held: list[Grant]) -> Staff:
    roles = [_ROLES[grant.role] for grant in held if grant.role in _ROLES]
    return replace(staff, role=roles[0]) if roles else staff


def _write_duties(
    people: PeopleStore, section: ClassSection, staff: Staff, held: list[Grant]
) -> None:
    people.save_assignments(_assignments(section, staff, held))
    here = Place(section.id)
    is_homeroom = any(g.role is SchoolRole.HOMEROOM and g.names(here) for g in held)
    if is_homeroom and section.homeroom_teacher_id != staff.id:
        people.save_section(replace(people.section(section.id), homeroom_teacher_id=staff.id))


def _assignments(
    section: ClassSection, staff: Staff, held: list[Grant]
) -> Iterator[TeachingAssignment]:
    for grant in held:
        for subject in sorted(grant.subjects):
            if grant.role is SchoolRole.TEACHER and grant.names(Place(section.id, subject)):
                yield TeachingAssignment(section.id, subject, staff.id)
