"""The school's list of people and machines, as it was issued, one row a number."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from sqlite_utils import Database

from app.model.membership import Grant, Machine, Membership, Person
from app.model.operation import Head
from app.model.people import School
from app.profile.permissions import SchoolRole
from app.store.database import write

FORMAT = "hocba-membership/1"


def to_bytes(membership: Membership) -> bytes:
    """What the office signs: UTF-8 JSON, always the same for the same list."""
    content = {
        "format": FORMAT,
        "number": membership.number,
        "school": asdict(membership.school),
        "office": membership.office,
        "people": [
            [person.name, [_grant_row(grant) for grant in person.grants]]
            for person in membership.people
        ],
        "machines": [_machine_row(machine) for machine in membership.machines],
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def from_bytes(content: bytes) -> Membership:
    """Raises ValueError, TypeError, KeyError for anything that `to_bytes` does not write."""
    found: dict[str, Any] = json.loads(content)
    if found["format"] != FORMAT:
        raise ValueError("format")
    return Membership(
        int(found["number"]),
        School(**found["school"]),
        str(found["office"]),
        tuple(Person(str(name), tuple(map(_grant, grants))) for name, grants in found["people"]),
        tuple(_machine(row) for row in found["machines"]),
    )


def _grant_row(grant: Grant) -> list[object]:
    classes, subjects = sorted(grant.classes), sorted(grant.subjects)
    return [str(grant.role), classes, subjects, grant.since, grant.until]


def _grant(row: list[Any]) -> Grant:
    role, classes, subjects, since, until = row
    return Grant(SchoolRole(role), frozenset(classes), frozenset(subjects), int(since), int(until))


def _machine_row(machine: Machine) -> dict[str, object]:
    return {
        "id": machine.id,
        "person": machine.person,
        "key": machine.public_key.hex(),
        "certificate": machine.certificate.hex(),
        "name": machine.name,
        "since": machine.since,
        "others": list(machine.others),
        "removed": machine.removed,
        "kept": [
            [stream, origin, [[head.counter, head.id.hex()] for head in heads]]
            for (stream, origin), heads in sorted(machine.kept.items())
        ],
    }


def _machine(row: dict[str, Any]) -> Machine:
    return Machine(
        id=str(row["id"]),
        person=str(row["person"]),
        public_key=bytes.fromhex(row["key"]),
        certificate=bytes.fromhex(row["certificate"]),
        name=str(row["name"]),
        since=int(row["since"]),
        others=tuple(map(str, row["others"])),
        removed=int(row["removed"]),
        kept={
            (stream, origin): tuple(Head(int(n), bytes.fromhex(name)) for n, name in heads)
            for stream, origin, heads in row["kept"]
        },
    )


class MembershipStore:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: Membership | None = None

    def current(self) -> Membership | None:
        """The newest list; None before the school has one."""
        row = self._db.execute("SELECT max(number) FROM membership").fetchone()
        if row[0] is None:
            return None
        if self._known is None or self._known.number != row[0]:
            self._known = from_bytes(self.issued(int(row[0]))[0])
        return self._known

    def issued(self, number: int) -> tuple[bytes, bytes]:
        """(content, the office's signature) as they came. Raises KeyError."""
        row = self._db.execute(
            "SELECT content, signature FROM membership WHERE number = ?", [number]
        ).fetchone()
        if row is None:
            raise KeyError(number)
        return bytes(row[0]), bytes(row[1])

    def keep(self, membership: Membership, content: bytes, signature: bytes) -> None:
        """`content` and `signature` as they came; the caller has checked them."""
        with write(self._db):
            self._db.execute(
                "INSERT OR IGNORE INTO membership (number, content, signature) VALUES (?, ?, ?)",
                [membership.number, content, signature],
            )
