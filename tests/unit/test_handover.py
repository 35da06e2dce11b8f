"""Single stories of hand-over, each of which the random machines may miss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import MembershipError, NotEntitled, PersonUnknown, TranscriptLocked
from app.model.gradebook import CellChange, CellKey
from app.model.operation import cell_key
from app.model.people import PupilLock
from app.profile.permissions import SchoolRole
from app.replication.card import make_card, read_card
from app.replication.fingerprint import words
from app.replication.identity import own_identity
from app.replication.membership import AdmittedRole, admit, end_roles, join, remove_machines
from app.replication.segment import Segment, pack, unpack
from app.replication.status import class_status
from app.store.sharing.log import Author, Entry
from tests.fixtures.fleet import (
    ANH,
    HOA,
    MAI,
    OFFICE,
    ROLES,
    SECTION,
    STREAM,
    Member,
    copied,
    fleet,
    settle,
)

FINAL = ("p1", "TOAN", "s1.final")
CELL = CellKey(*FINAL)


def _digests(members: dict[str, Member]) -> set[str]:
    return {class_status(member.store, SECTION).digest for member in members.values()}


def _conflicts(member: Member) -> int:
    return class_status(member.store, SECTION).conflicts


def test_two_teachers_of_one_cell_are_both_kept_until_one_of_them_chooses(tmp_path: Path) -> None:
    members = fleet(tmp_path)
    members[HOA].edit(*FINAL, "7")
    members[ANH].edit(*FINAL, "8")
    office = members[OFFICE]
    office.take(members[HOA].out(office).parcel.bytes)
    assert office.cells()[CELL] == "7"
    taken = office.take(members[ANH].out(office).parcel.bytes)
    assert (taken.conflicts, taken.changed) == (1, 0)
    assert CELL not in office.cells()
    (dispute,) = office.store.settling.disputes(STREAM)
    assert {(o.person, o.after) for o in dispute.merged.rivals} == {(HOA, "7"), (ANH, "8")}
    settle(list(members.values()))
    assert [_conflicts(member) for member in members.values()] == [1, 1, 1, 1]
    members[HOA].edit(*FINAL, "8")
    settle(list(members.values()))
    assert [_conflicts(member) for member in members.values()] == [0, 0, 0, 0]
    assert {member.cells()[CELL] for member in members.values()} == {"8"}


def test_the_same_value_twice_is_no_conflict(tmp_path: Path) -> None:
    members = fleet(tmp_path)
    members[HOA].edit(*FINAL, "7")
    members[ANH].edit(*FINAL, "7")
    settle(list(members.values()))
    assert _conflicts(members[OFFICE]) == 0
    assert members[OFFICE].cells()[CELL] == "7"


def test_whoever_teaches_now_comes_before_the_office_that_helped_out(tmp_path: Path) -> None:
    members = fleet(tmp_path, [MAI])
    office = members[OFFICE]
    end_roles(office.store, MAI)
    office.edit(*FINAL, "5")  # nobody teaches it: the office's
    anh = Member.new(ANH, tmp_path / "anh.hocba")
    card = make_card(own_identity(anh.store), ANH, "máy")
    join(anh.store, admit(office.store, card, ANH, ROLES[ANH]).file)
    empty = anh.store.membership.current()
    assert empty is not None
    entry = Entry(cell_key(CELL), "9")  # before anything has come, so it did not see the office's
    anh.store.operations.append(STREAM, [entry], Author(ANH, empty.number), 0)
    settle([office, anh])
    assert office.cells()[CELL] == anh.cells()[CELL] == "9"
    (dispute,) = office.store.settling.disputes(STREAM)
    assert [(o.person, o.after) for o in dispute.merged.passed_over] == [(OFFICE, "5")]
    assert _conflicts(office) == 0


def test_a_copied_file_is_a_fork_that_loses_nothing(tmp_path: Path) -> None:
    members = fleet(tmp_path, [HOA])
    office, hoa = members[OFFICE], members[HOA]
    (tmp_path / "second").mkdir()
    twin = copied({HOA: hoa}, tmp_path / "second")[HOA]
    hoa.edit("p1", "TOAN", "s1.midterm", "6")
    twin.edit("p2", "TOAN", "s1.midterm", "9")
    assert not office.take(hoa.out(office).parcel.bytes).forks
    (fork,) = office.take(twin.out(office).parcel.bytes).forks
    assert (fork.person, fork.is_own) == (HOA, False)
    office.take(hoa.out(office).parcel.bytes)  # the copy had spoken last for her machine
    (fork,) = hoa.take(office.out(hoa).parcel.bytes).forks
    assert fork.is_own
    assert set(office.cells().values()) == {"6", "9"} == set(hoa.cells().values())
    hoa.edit("p1", "TOAN", "s1.final", "8")
    assert hoa.operations(*FINAL)[0].origin.endswith("#2")
    settle([office, hoa])
    assert _digests({OFFICE: office, HOA: hoa}) == {class_status(office.store, SECTION).digest}


def test_a_restored_machine_gets_back_what_had_left_it(tmp_path: Path) -> None:
    members = fleet(tmp_path, [HOA])
    office, hoa = members[OFFICE], members[HOA]
    backup = hoa.copy(tmp_path / "backup")
    hoa.edit(*FINAL, "7")
    office.take(hoa.out(office).parcel.bytes)
    hoa.restore(backup)
    assert hoa.cells() == {}
    hoa.take(office.out(hoa).parcel.bytes)
    hoa.edit("p2", "TOAN", "s1.final", "6")
    settle([office, hoa])
    assert hoa.cells()[CELL] == office.cells()[CELL] == "7"
    assert sorted(office.cells().values()) == ["6", "7"]


def test_what_follows_a_lost_parcel_waits_for_it(tmp_path: Path) -> None:
    members = fleet(tmp_path, [HOA])
    office, hoa = members[OFFICE], members[HOA]
    backup = office.copy(tmp_path / "backup")
    hoa.edit("p1", "TOAN", "s1.midterm", "6")
    first = hoa.out(office).parcel.bytes
    office.take(first)
    hoa.take(office.out(hoa).parcel.bytes)  # she knows that it arrived
    office.restore(backup)
    hoa.edit("p1", "TOAN", "s1.midterm", "7")
    second = hoa.out(office).parcel.bytes
    taken = office.take(second)
    assert (taken.new, taken.waiting) == (0, 1)
    assert office.cells() == {}
    taken = office.take(first)
    assert taken.waiting == 0
    assert office.cells()[CellKey("p1", "TOAN", "s1.midterm")] == "7"


def test_an_edit_that_the_lock_did_not_see_changes_nothing_and_is_shown(tmp_path: Path) -> None:
    members = fleet(tmp_path)
    hoa, office = members[HOA], members[OFFICE]
    hoa.edit(*FINAL, "7")
    settle(list(members.values()))
    with office.store.write():
        lock = PupilLock("p1", "2027-05-20T08:00:00+07:00", OFFICE, "tt22")
        office.store.locks.close(SECTION.id, [lock])
    hoa.edit(*FINAL, "9")  # has not heard of it
    settle(list(members.values()))
    assert {member.cells()[CELL] for member in members.values()} == {"7"}
    assert [class_status(m.store, SECTION).locked for m in members.values()] == [1, 1, 1, 1]
    assert len(_digests(members)) == 1
    (dispute,) = office.store.settling.disputes(STREAM)
    assert [o.after for o in dispute.merged.passed_over] == ["9"]
    with pytest.raises(TranscriptLocked):
        hoa.edit(*FINAL, "10")
    with office.store.write():
        office.store.locks.open(SECTION.id, ["p1"])
    settle(list(members.values()))
    assert {member.cells()[CELL] for member in members.values()} == {"9"}


def test_of_a_removed_machine_counts_what_was_there_when_it_was_removed(tmp_path: Path) -> None:
    members = fleet(tmp_path)
    office, hoa, anh = members[OFFICE], members[HOA], members[ANH]
    hoa.edit(*FINAL, "7")
    settle(list(members.values()))
    remove_machines(office.store, HOA)
    hoa.edit("p2", "TOAN", "s1.final", "10")
    refused = office.take(hoa.out(office).parcel.bytes).refused
    assert [each.code for each in refused] == ["membership.machine_removed"]
    late = hoa.out(anh).parcel.bytes  # he has not heard of it
    assert not anh.take(late).refused
    settle([office, anh, members[MAI]])
    for member in (office, anh, members[MAI]):
        assert member.cells() == {CELL: "7"}
    assert anh.take(late + b"").refused[0].code == "membership.machine_removed"
    with pytest.raises(PersonUnknown):
        office.out(hoa)


def test_somebody_whose_role_ended_writes_no_more_and_what_was_written_stands(
    tmp_path: Path,
) -> None:
    members = fleet(tmp_path)
    hoa, office = members[HOA], members[OFFICE]
    hoa.edit(*FINAL, "7")
    settle(list(members.values()))
    end_roles(office.store, HOA)
    hoa.edit(*FINAL, "8")  # by the list that she knows: hers
    hoa.take(office.out(hoa).parcel.bytes)
    with pytest.raises(NotEntitled):
        hoa.edit(*FINAL, "9")
    office.take(hoa.out(office).parcel.bytes)
    assert office.cells()[CELL] == "8"


def test_only_the_office_admits_and_a_card_of_another_is_refused(tmp_path: Path) -> None:
    members = fleet(tmp_path)
    card = make_card(own_identity(members[MAI].store), MAI, "máy")
    with pytest.raises(NotEntitled):
        admit(members[HOA].store, card, MAI, ROLES[MAI])
    admin = (AdmittedRole(SchoolRole.ADMIN),)
    admit(members[OFFICE].store, card, MAI, admin)
    settle([members[OFFICE], members[MAI]])
    with pytest.raises(MembershipError):
        admit(members[MAI].store, card, MAI, admin)
    bent = card.replace(MAI.encode(), OFFICE.encode())
    with pytest.raises(MembershipError):
        read_card(bent)


def test_a_chain_that_its_machine_did_not_sign_is_refused_whole(tmp_path: Path) -> None:
    members = fleet(tmp_path)
    hoa, anh, office = members[HOA], members[ANH], members[OFFICE]
    hoa.edit(*FINAL, "7")
    anh.take(hoa.out(anh).parcel.bytes)
    origin = hoa.operations(*FINAL)[0].origin
    anh.store.db.execute("UPDATE operation SET after = '10' WHERE origin = ?", [origin])
    before = office.state()
    taken = office.take(anh.out(office).parcel.bytes)
    assert [each.code for each in taken.refused] == ["parcel.tampered"]
    assert office.state() == before


def test_a_pupil_edited_by_the_office_is_the_same_everywhere(tmp_path: Path) -> None:
    members = fleet(tmp_path)
    people = members[OFFICE].store.people
    people.save_students([replace(people.student("p1"), full_name="Vàng Thị Mới", father_name="V")])
    settle(list(members.values()))
    assert {m.store.people.student("p1").full_name for m in members.values()} == {"Vàng Thị Mới"}
    assert members[MAI].store.people.student("p1").father_name == "V"
    assert members[HOA].store.people.student("p1").father_name == ""


def test_one_segment_as_bytes_and_back(tmp_path: Path) -> None:
    hoa = fleet(tmp_path, [HOA])[HOA]
    for value in ("7", None, "Nhận xét: có dấu “tiếng Việt”"):
        hoa.edit(*FINAL, value)
    (piece,) = hoa.store.operations.lacking(STREAM, hoa.operations(*FINAL)[0].origin, ())
    segment = Segment(tuple(piece), b"\1" * 64)
    assert unpack(pack(segment)) == segment


def test_words_are_two_by_two_and_differ() -> None:
    assert words(b"a") == words(b"a") != words(b"b")
    assert [len(pair.split()) for pair in words(b"a").split(" · ")] == [2, 2, 2, 2]


def test_edits_keep_the_history_of_whoever_made_them(tmp_path: Path) -> None:
    members = fleet(tmp_path)
    members[HOA].edit(*FINAL, "7")
    settle(list(members.values()))
    members[ANH].edit(*FINAL, "8")
    settle(list(members.values()))
    history = members[OFFICE].store.gradebook.history("p1")
    assert [(c.before, c.after, c.by) for c in history] == [(None, "7", HOA), ("7", "8", ANH)]
    changes = [CellChange(CELL, None, "x")]
    with pytest.raises(NotEntitled):
        members[MAI].store.gradebook.save(SECTION.id, changes)
