"""Who may do what: `resources/profiles/roles.toml`, role by act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from app import resources
from app.profile.reader import Section, read


class SchoolRole(StrEnum):
    TEACHER = "teacher"
    HOMEROOM = "homeroom"
    PRINCIPAL = "principal"
    DEPUTY = "deputy"
    CLERK = "clerk"
    ADMIN = "admin"


class Act(StrEnum):
    SEE_CLASS = "see_class"
    SEE_PERSONAL = "see_personal"
    """Of pupils: more than name, birth date and the ministry's number."""
    ENTER_MARKS = "enter_marks"
    """Cells of a subject."""
    ENTER_REMARKS = "enter_remarks"
    """Cells of the class: conduct, attendance, remarks, awards, decisions."""
    EDIT_PUPILS = "edit_pupils"
    LOCK_RECORDS = "lock_records"
    APPROVE_CORRECTIONS = "approve_corrections"
    MANAGE_MEMBERS = "manage_members"


class Reach(StrEnum):
    OWN = "own"
    REST = "rest"
    """What belongs to nobody closer: teacher, homeroom teacher, office."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Permissions:
    version: str
    office: frozenset[SchoolRole]
    """Who stands for the school itself: what belongs to nobody belongs to them."""
    table: Mapping[Act, Mapping[SchoolRole, Reach]]

    def reach(self, act: Act, role: SchoolRole) -> Reach | None:
        """None: refused."""
        return self.table[act].get(role)


def load_permissions(file: Path) -> Permissions:
    """Raises ProfileError(file, line, field, reason)."""
    whole = read(file)
    acts = whole.section("acts")
    made = Permissions(
        whole.text("version"),
        frozenset(SchoolRole(role) for role in whole.texts("office", among=list(SchoolRole))),
        {act: _row(acts.section(act)) for act in Act},
    )
    acts.finish()
    whole.finish()
    return made


def _row(section: Section) -> dict[SchoolRole, Reach]:
    row = {
        role: Reach(section.text(role, among=list(Reach)))
        for role in SchoolRole
        if section.has(role)
    }
    section.finish()
    return row


@cache
def shipped_permissions() -> Permissions:
    return load_permissions(resources.path("profiles", "roles.toml"))
