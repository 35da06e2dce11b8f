"""Who may do what: the table of roles, cell by cell, and what it means for a place."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import NotEntitled, ProfileError
from app.model.gradebook import CellChange, CellKey
from app.model.membership import Grant, Machine, Membership, Person, Place
from app.model.people import School
from app.profile.permissions import (
    Act,
    Reach,
    SchoolRole,
    load_permissions,
    shipped_permissions,
)
from tests.fixtures.fleet import ANH, HOA, MAI, OFFICE, SECTION, fleet

RIGHTS = shipped_permissions()
T, H, P, D, C, A = SchoolRole
OWN, REST, ALL = Reach.OWN, Reach.REST, Reach.ALL
NO = None
TABLE = {
    #                         T     H     P     D     C     A
    Act.SEE_CLASS: (OWN, OWN, ALL, ALL, ALL, ALL),
    Act.SEE_PERSONAL: (NO, OWN, ALL, ALL, ALL, ALL),
    Act.ENTER_MARKS: (OWN, REST, REST, REST, REST, REST),
    Act.ENTER_REMARKS: (NO, OWN, REST, REST, REST, REST),
    Act.EDIT_PUPILS: (NO, NO, ALL, ALL, ALL, ALL),
    Act.LOCK_RECORDS: (NO, OWN, ALL, ALL, ALL, ALL),
    Act.APPROVE_CORRECTIONS: (NO, NO, ALL, ALL, NO, ALL),
    Act.MANAGE_MEMBERS: (NO, NO, ALL, NO, NO, ALL),
}
HERE, THERE = "2026-2027/8B", "2026-2027/8C"
SCHOOL = School("1", "Trường", "12", "Sở", "Xã", "Lai Châu", "12")


def _list(number: int = 1, **people: list[Grant]) -> Membership:
    found = tuple(Person(name, tuple(grants)) for name, grants in people.items())
    return Membership(number, SCHOOL, "m", found, (Machine("m", "x", b"", b""),))


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("role", list(SchoolRole))
def test_the_table_of_roles(act: Act, role: SchoolRole) -> None:
    assert RIGHTS.reach(act, role) is TABLE[act][list(SchoolRole).index(role)]


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("role", list(SchoolRole))
def test_what_a_cell_of_the_table_means_for_a_place(act: Act, role: SchoolRole) -> None:
    alone = _list(hoa=[Grant(role, frozenset([HERE]), frozenset(["TOAN"]))])
    reach = RIGHTS.reach(act, role)
    mine, elsewhere = Place(HERE, "TOAN"), Place(THERE, "TOAN")
    if reach in (OWN, REST) and role in (T, H):
        expected = (True, False)
    else:
        expected = (reach is not None, reach is not None)
    assert (alone.may("hoa", act, mine, RIGHTS), alone.may("hoa", act, elsewhere, RIGHTS)) == (
        expected
    )


def test_a_mark_belongs_to_its_teacher_then_to_the_homeroom_teacher_then_to_the_office() -> None:
    teacher = Grant(T, frozenset([HERE]), frozenset(["TOAN"]))
    homeroom = Grant(H, frozenset([HERE]))
    full = _list(hoa=[teacher], mai=[homeroom], duyen=[Grant(A)])
    assert full.owners(Act.ENTER_MARKS, Place(HERE, "TOAN"), RIGHTS) == {"hoa"}
    assert full.owners(Act.ENTER_MARKS, Place(HERE, "NGU_VAN"), RIGHTS) == {"mai"}
    assert full.owners(Act.ENTER_MARKS, Place(THERE, "TOAN"), RIGHTS) == {"duyen"}
    assert full.owners(Act.ENTER_REMARKS, Place(HERE), RIGHTS) == {"mai"}
    assert full.owners(Act.ENTER_REMARKS, Place(THERE), RIGHTS) == {"duyen"}


def test_a_role_holds_from_the_list_that_gave_it_to_the_list_that_took_it() -> None:
    grant = Grant(T, frozenset(["8B"]), since=2, until=4)
    found = _list(5, hoa=[grant])
    held = [found.may("hoa", Act.ENTER_MARKS, Place(HERE, "TOAN"), RIGHTS, n) for n in range(1, 6)]
    assert held == [False, True, True, False, False]


def test_a_table_with_an_unknown_act_or_reach_is_refused(tmp_path: Path) -> None:
    text = (Path("resources/profiles/roles.toml")).read_text("utf-8")
    for wrong in (text + 'dance = { admin = "all" }\n', text.replace('"rest"', '"some"')):
        file = tmp_path / "roles.toml"
        file.write_text(wrong, "utf-8")
        with pytest.raises(ProfileError):
            load_permissions(file)


def test_the_store_refuses_what_belongs_to_others(tmp_path: Path) -> None:
    members = fleet(tmp_path)
    members[HOA].edit("p1", "TOAN", "s1.final", "8")
    members[ANH].edit("p1", "NGU_VAN", "s1.final", "8")
    members[MAI].edit("p1", "CONDUCT", "s1", "T")
    for person, area, slot, owners in (
        (HOA, "NGU_VAN", "s1.final", ANH),
        (HOA, "CONDUCT", "s1", MAI),
        (MAI, "TOAN", "s1.final", f"{ANH}, {HOA}"),
        (OFFICE, "TOAN", "s1.final", f"{ANH}, {HOA}"),
        (OFFICE, "REMARKS", "homeroom", MAI),
    ):
        before = members[person].state()
        with pytest.raises(NotEntitled) as caught:
            members[person].edit("p1", area, slot, "9")
        assert caught.value.params["owners"] == owners
        assert members[person].state() == before


def test_one_cell_of_another_keeps_the_whole_edit_out(tmp_path: Path) -> None:
    hoa = fleet(tmp_path, [HOA])[HOA]
    changes = [
        CellChange(CellKey("p1", "TOAN", "s1.final"), None, "8"),
        CellChange(CellKey("p1", "NGU_VAN", "s1.final"), None, "8"),
    ]
    with pytest.raises(NotEntitled):
        hoa.store.gradebook.save(SECTION.id, changes)
    assert hoa.cells() == {}


def test_what_one_may_not_see_is_not_there(tmp_path: Path) -> None:
    members = fleet(tmp_path)
    office = members[OFFICE].store
    pupil = office.people.student("p1")
    assert office.operations.count("personal:2026-2027/8B")
    assert members[MAI].store.operations.count("personal:2026-2027/8B")
    assert not members[HOA].store.operations.count("personal:2026-2027/8B")
    assert members[HOA].store.people.student("p1").full_name == pupil.full_name
