"""A school of several machines without windows or passphrases: real stores, real parcels."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.clock import VIETNAM
from app.model.gradebook import CellChange, CellKey
from app.model.operation import Operation, cell_key, class_stream
from app.model.people import ClassSection, Enrollment, School, Student
from app.profile.permissions import SchoolRole
from app.replication.card import make_card
from app.replication.identity import own_identity
from app.replication.incoming import TakenIn, take_parcel
from app.replication.membership import Role, admit, found_school, join
from app.replication.outgoing import Sealed, seal_for
from app.store import Store, database

SCHOOL = School("1203456001", "Trường thử", "12", "Sở thử", "Pa Vệ Sử", "Lai Châu", "12")
SECTION = ClassSection("2026-2027/8B", "2026-2027", 8, "8B")
PUPILS = ("p1", "p2")
OFFICE = "Lý Thị Duyên"
HOA, ANH, MAI = "Phạm Thị Hoa", "Giàng A Anh", "Lò Thị Mai"
ROLES = {
    HOA: (Role(SchoolRole.TEACHER, [SECTION.id], ["TOAN"]),),
    ANH: (Role(SchoolRole.TEACHER, [SECTION.id], ["TOAN", "NGU_VAN"]),),
    MAI: (Role(SchoolRole.HOMEROOM, [SECTION.id]),),
}
STREAM = class_stream(SECTION.id)
START = datetime(2026, 9, 7, 8, tzinfo=VIETNAM)


@dataclass
class Member:
    """One machine: its file, and a clock that may say anything."""

    person: str
    path: Path
    key: bytes
    store: Store
    clock: datetime = START

    @classmethod
    def new(cls, person: str, path: Path) -> Member:
        made = cls(person, path, secrets.token_bytes(32), None)  # type: ignore[arg-type]
        made.open()
        return made

    def open(self) -> None:
        db = database.connect(self.path, self.key)
        database.upgrade(db, lambda: None)
        self.store = Store(db, self.person, self._now)

    def _now(self) -> datetime:
        self.clock += timedelta(seconds=1)
        return self.clock

    def copy(self, to: Path) -> Path:
        database.copy_to(self.store.db, to, self.key)
        return to

    def restore(self, copy: Path) -> None:
        self.store.close()
        for tail in ("", "-wal", "-shm"):
            Path(f"{self.path}{tail}").unlink(missing_ok=True)
        self.path.write_bytes(copy.read_bytes())
        self.open()

    def edit(self, pupil: str, area: str, slot: str, value: str | None) -> None:
        change = CellChange(CellKey(pupil, area, slot), None, value)
        self.store.gradebook.save(SECTION.id, [change])

    def operations(self, pupil: str, area: str, slot: str) -> list[Operation]:
        return self.store.operations.of_key(STREAM, cell_key(CellKey(pupil, area, slot)))

    def cells(self) -> dict[CellKey, str]:
        return self.store.gradebook.cells(SECTION.id)

    def out(self, to: Member) -> Sealed:
        (sealed,) = seal_for(self.store, to.person)
        return sealed

    def take(self, data: bytes, name: str = "a.hbg") -> TakenIn:
        return take_parcel(self.store, name, data)

    def state(self) -> str:
        """Everything that an import may change, as one digest."""
        tables = ("operation", "gradebook_cell", "chain_end", "waiting_segment", "dispute")
        rows = [
            row
            for table in (*tables, "membership", "student", "enrollment", "class_section")
            for row in self.store.db.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3")
        ]
        return hashlib.sha256(repr(rows).encode()).hexdigest()


def fleet(folder: Path, people: Sequence[str] = (HOA, ANH, MAI)) -> dict[str, Member]:
    """An office with one class and the machines of `people`, who have joined and hold nothing."""
    office = Member.new(OFFICE, folder / "office.hocba")
    found_school(office.store, SCHOOL, OFFICE)
    fill(office.store)
    members = {OFFICE: office}
    for number, person in enumerate(people):
        member = Member.new(person, folder / f"member{number}.hocba")
        card = make_card(own_identity(member.store), person, "máy")
        join(member.store, admit(office.store, card, person, ROLES[person]).file)
        members[person] = member
    for person in people:
        members[person].take(office.out(members[person]).parcel.bytes)
    return members


def fill(store: Store) -> None:
    with store.write():
        store.people.save_section(SECTION)
        store.people.save_students(
            Student(pupil, f"Vàng Thị {pupil}", "2013-01-02", moet_id=f"12255100{pupil[1:]}0")
            for pupil in PUPILS
        )
        store.people.save_enrollments(
            Enrollment(SECTION.id, pupil, number) for number, pupil in enumerate(PUPILS, 1)
        )
        store.roster_operations.record()


def settle(members: Sequence[Member], most: int = 6) -> int:
    """Everybody hands over to everybody until nobody has anything for anybody; rounds it took."""
    for number in range(most):
        sent = 0
        for sender in members:
            for receiver in members:
                if sender is not receiver:
                    sealed = sender.out(receiver)
                    sent += sealed.operations
                    taken = receiver.take(sealed.parcel.bytes)
                    assert not taken.refused, taken
        if not sent:
            return number
    return most


def copied(members: dict[str, Member], folder: Path) -> dict[str, Member]:
    """The same machines as they are now, in files of their own."""
    made = {}
    for number, (person, member) in enumerate(members.items()):
        path = folder / f"{number}.hocba"
        path.write_bytes(member.path.read_bytes())
        again = Member(person, path, member.key, None)  # type: ignore[arg-type]
        again.open()
        made[person] = again
    return made
