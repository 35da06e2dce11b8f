"""Machines that hand over through lost, doubled, reordered and torn parcels come to agree."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from app.model.gradebook import CellKey
from app.model.operation import Operation, OperationId, as_cell, cell_key
from app.replication.status import class_status
from app.store.sharing.log import Author, Entry
from tests.fixtures.fleet import (
    ANH,
    HOA,
    MAI,
    OFFICE,
    PUPILS,
    SECTION,
    STREAM,
    Member,
    copied,
    fleet,
    settle,
)

OWN = {
    HOA: [("TOAN", "s1.midterm"), ("TOAN", "s1.final")],
    ANH: [("TOAN", "s1.midterm"), ("TOAN", "s1.final"), ("NGU_VAN", "s1.final")],
    MAI: [("CONDUCT", "s1"), ("REMARKS", "homeroom"), ("LS_DL", "s1.final")],
}
"""Whose cells are whose: two teach Toán; what nobody teaches is the homeroom teacher's."""
PEOPLE = (OFFICE, HOA, ANH, MAI)
VALUES = (None, "5", "7.5", "9")

_built: dict[str, tuple[Path, dict[str, Member]]] = {}


def _template() -> dict[str, Member]:
    """Keys of four machines are made once; every run begins with copies of their files."""
    if "fleet" not in _built:
        folder = Path(tempfile.mkdtemp(prefix="hocba-fleet-"))
        members = fleet(folder)
        settle(list(members.values()))
        _built["fleet"] = (folder, members)
    return _built["fleet"][1]


def teardown_module() -> None:
    for folder, members in _built.values():
        for member in members.values():
            member.store.close()
        shutil.rmtree(folder, ignore_errors=True)


class HandoverMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hocba-run-"))
        self.members = copied(_template(), self.folder)
        self.parcels: list[tuple[str, bytes]] = []
        self.backups: list[tuple[str, Path]] = []
        self.past: dict[OperationId, frozenset[OperationId]] = {}
        """Of every acknowledged edit, what its machine held of that cell."""
        self.made: dict[OperationId, Operation] = {}
        self.perhaps_lost: set[OperationId] = set()
        self.forged: set[OperationId] = set()

    def teardown(self) -> None:
        if not hasattr(self, "members"):
            return
        try:
            self.everybody_agrees()
        finally:
            for member in self.members.values():
                member.store.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- what people do ---------------------------------------------------------------------

    @rule(
        person=st.sampled_from([HOA, ANH, MAI]),
        pupil=st.sampled_from(PUPILS),
        cell=st.integers(0, 2),
        value=st.sampled_from(VALUES),
    )
    def edits(self, person: str, pupil: str, cell: int, value: str | None) -> None:
        area, slot = OWN[person][cell % len(OWN[person])]
        member = self.members[person]
        held = {o.id for o in member.operations(pupil, area, slot)}
        member.edit(pupil, area, slot, value)
        (made,) = [o for o in member.operations(pupil, area, slot) if o.id not in held]
        self.made[made.id] = made
        self.past[made.id] = frozenset(held)

    @rule(sender=st.sampled_from(PEOPLE), receiver=st.sampled_from(PEOPLE))
    def hands_out(self, sender: str, receiver: str) -> None:
        if sender != receiver:
            sealed = self.members[sender].out(self.members[receiver])
            self.parcels.append((receiver, sealed.parcel.bytes))

    @rule(which=st.integers(0, 99))
    def a_parcel_arrives(self, which: int) -> None:
        """Any of them, in any order, as often as it likes; the others are lost so far."""
        if self.parcels:
            receiver, data = self.parcels[which % len(self.parcels)]
            assert not self.members[receiver].take(data).refused

    @rule(which=st.integers(0, 99), at=st.floats(0, 1, exclude_max=True), is_cut=st.booleans())
    def a_parcel_arrives_damaged(self, which: int, at: float, is_cut: bool) -> None:
        if not self.parcels:
            return
        receiver, data = self.parcels[which % len(self.parcels)]
        member, place = self.members[receiver], int(at * len(data))
        damaged = (
            data[:place] if is_cut else data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        )
        before = member.state()
        taken = member.take(damaged)
        assert [each.file for each in taken.refused] == ["a.hbg"]
        assert member.state() == before

    @rule(which=st.integers(0, 99), person=st.sampled_from(PEOPLE))
    def a_parcel_arrives_at_a_stranger(self, which: int, person: str) -> None:
        if not self.parcels:
            return
        receiver, data = self.parcels[which % len(self.parcels)]
        if person != receiver:
            before = self.members[person].state()
            self.members[person].take(data)
            assert self.members[person].state() == before

    # --- what goes wrong --------------------------------------------------------------------

    @rule(person=st.sampled_from(PEOPLE))
    def backs_up(self, person: str) -> None:
        copy = self.folder / f"copy{len(self.backups)}.hocba"
        self.backups.append((person, self.members[person].copy(copy)))

    @rule(which=st.integers(0, 99))
    def takes_a_backup_back(self, which: int) -> None:
        """What had not left the machine since goes; nothing else may."""
        if not self.backups:
            return
        person, copy = self.backups[which % len(self.backups)]
        member = self.members[person]
        before = _ids(member)
        member.restore(copy)
        elsewhere = {
            name for other in self.members.values() if other is not member for name in _ids(other)
        }
        self.perhaps_lost |= before - _ids(member) - elsewhere

    @rule(which=st.integers(0, 99), pupil=st.sampled_from(PUPILS), value=st.sampled_from(VALUES))
    def goes_on_from_a_backup(self, which: int, pupil: str, value: str | None) -> None:
        """So that one counter is used twice."""
        if self.backups:
            person, _ = self.backups[which % len(self.backups)]
            self.takes_a_backup_back(which)
            if person != OFFICE:
                self.edits(person, pupil, which, value)

    @rule(person=st.sampled_from(PEOPLE), years=st.integers(-30, 30))
    def a_clock_is_wrong(self, person: str, years: int) -> None:
        self.members[person].clock += timedelta(days=365 * years)

    @rule(person=st.sampled_from([HOA, MAI]), pupil=st.sampled_from(PUPILS))
    def writes_into_the_cell_of_another(self, person: str, pupil: str) -> None:
        """Past the program's own refusal, as a changed program would."""
        store = self.members[person].store
        membership = store.membership.current()
        assert membership is not None
        entry = Entry(cell_key(CellKey(pupil, "NGU_VAN", "s1.final")), "10")
        made = store.operations.append(STREAM, [entry], Author(person, membership.number), 0)
        self.forged |= {operation.id for operation in made}

    # --- what must be true ------------------------------------------------------------------

    def everybody_agrees(self) -> None:
        members = list(self.members.values())
        assert settle(members) <= 4, "somebody still has something for somebody"
        assert len({class_status(m.store, SECTION).digest for m in members}) == 1
        assert len({repr(sorted(m.store.operations.ends(STREAM).items())) for m in members}) == 1
        office = self.members[OFFICE]
        held = _ids(office)
        assert set(self.made) - self.perhaps_lost <= held
        assert not office.store.peers.waiting()
        self.cells_hold_what_their_owners_wrote(office, held)

    def cells_hold_what_their_owners_wrote(self, office: Member, held: set[OperationId]) -> None:
        cells = office.cells()
        disputes = {d.key: d.merged for d in office.store.settling.disputes(STREAM)}
        by_cell: dict[CellKey, list[Operation]] = {}
        for name in set(self.made) & held:
            by_cell.setdefault(as_cell(self.made[name].key), []).append(self.made[name])
        assert set(cells) <= set(by_cell)
        for cell, operations in by_cell.items():
            seen = {name for operation in operations for name in self.past[operation.id]}
            last = {o.after for o in operations if o.id not in seen}
            if len(last) == 1:
                assert cells.get(cell) == last.pop()
            else:
                assert cell not in cells
                rivals = disputes[cell_key(cell)].rivals
                assert {operation.after for operation in rivals} == last


def _ids(member: Member) -> set[OperationId]:
    return {
        operation.id
        for operations in member.store.operations.of_keys(STREAM, "cell/").values()
        for operation in operations
    }


TestHandover = HandoverMachine.TestCase
TestHandover.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
