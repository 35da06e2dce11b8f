"""Who must sign is one truth: what the record says, changed by a stated act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.model.people import ClassSection, Delegation, Staff, StaffRole
from app.model.signing import SignerRole
from app.model.transcript import TranscriptState
from app.practice.school import PRINCIPAL, SCHOOL_YEAR
from app.services import Services
from app.transcript import xml_record
from tests.fixtures.schools.small_school import SmallSchool, small_school

R, S = SignerRole, TranscriptState
CLASS = "8B"
NEW = Staff("ht2", "Sùng A Páo", StaffRole.PRINCIPAL, "010075000009", "Hiệu trưởng")
DEPUTY = Staff("pht", "Vừ Thị Mai", StaffRole.DEPUTY_PRINCIPAL, "010075000010")
ON_PAPER = Delegation(SCHOOL_YEAR, DEPUTY.id, "12/UQ-THCS", "2027-05-20")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> SmallSchool:
    sections = (ClassSection(CLASS, SCHOOL_YEAR, 8, CLASS, "gv10"),)
    school = small_school(tmp_path_factory.mktemp("truong"), sections)
    school.made.close()
    return school


@pytest.fixture
def school(prepared: SmallSchool, tmp_path: Path) -> Iterator[SmallSchool]:
    copied = prepared.copy(tmp_path)
    yield copied
    copied.made.close()


def sign(school: SmallSchool, *roles: SignerRole) -> int:
    signed = 0
    for role in roles:
        for waiting in school.made.signing.waiting(role):
            with school.identity(waiting.signer).key() as key:
                report = school.made.signing.sign(waiting.heads, role, key)
                assert not report.failed, report.failed
                signed += report.signed
    return signed


def new_principal(made: Services) -> None:
    staff = [replace(PRINCIPAL, active=False), NEW]
    made.workspace.here().people.save_staff(staff)


def names(made: Services, role: SignerRole) -> set[str]:
    return {waiting.signer.full_name for waiting in made.signing.waiting(role)}


def states(made: Services) -> set[TranscriptState]:
    return {head.state for head in made.records.heads(CLASS)}


def test_a_new_principal_does_not_strand_what_waits(school: SmallSchool) -> None:
    """Half signed by teachers: their signatures stay, the principal's slot names the new one."""
    made = school.made
    sign(school, R.SUBJECT_TEACHER, R.HOMEROOM)
    new_principal(made)
    assert names(made, R.PRINCIPAL) == {PRINCIPAL.full_name}  # what the records say
    (old,) = made.signatories.outdated()
    assert (old.signer.full_name, len(old.heads)) == (PRINCIPAL.full_name, 2)
    assert made.signatories.hand_over(old.heads) == 2
    assert made.signatories.outdated() == []
    assert names(made, R.PRINCIPAL) == {NEW.full_name}
    assert states(made) == {S.SIGNED_HOMEROOM}
    assert made.registers.losses() == ()
    assert made.registers.compare().ok
    assert sign(school, R.PRINCIPAL, R.SCHOOL) == 4
    assert states(made) == {S.ISSUED}
    assert made.registers.compare().ok
    acts = [entry.act for entry in made.workspace.here().audit.entries()]
    assert acts.count("hand_over") == 2


def test_what_the_principal_signed_is_not_handed_over(school: SmallSchool) -> None:
    made = school.made
    sign(school, R.SUBJECT_TEACHER, R.HOMEROOM, R.PRINCIPAL)
    new_principal(made)
    assert made.signatories.outdated() == []
    before = [made.records.get(head).xml for head in made.records.heads(CLASS)]
    assert made.signatories.hand_over(made.records.heads(CLASS)) == 0
    assert [made.records.get(head).xml for head in made.records.heads(CLASS)] == before
    assert sign(school, R.SCHOOL) == 2


def test_a_deputy_signs_by_a_written_delegation_of_the_school_year(school: SmallSchool) -> None:
    made = school.made
    made.workspace.here().people.save_staff([DEPUTY])
    made.signatories.delegate(ON_PAPER)
    (old,) = made.signatories.outdated()
    made.signatories.hand_over(old.heads)
    sign(school, R.SUBJECT_TEACHER, R.HOMEROOM)
    assert names(made, R.PRINCIPAL) == {DEPUTY.full_name}
    sign(school, R.PRINCIPAL, R.SCHOOL)
    assert states(made) == {S.ISSUED}
    issue = xml_record.parse(made.records.get(made.records.heads(CLASS)[0]).xml).issue
    assert (issue.principal_name, issue.principal_title) == (DEPUTY.full_name, "Phó Hiệu trưởng")
    assert issue.delegation == (
        "Ký thay hiệu trưởng theo Giấy ủy quyền số 12/UQ-THCS ngày 20/05/2027"
    )


def test_a_delegation_ends_with_the_year_or_when_the_delegate_leaves(school: SmallSchool) -> None:
    made = school.made
    people = made.workspace.here().people
    people.save_staff([DEPUTY])
    made.signatories.delegate(replace(ON_PAPER, school_year="2025-2026"))
    assert people.roster(CLASS).principal == PRINCIPAL
    made.signatories.delegate(ON_PAPER)
    assert people.roster(CLASS).principal == DEPUTY
    people.save_staff([replace(DEPUTY, active=False)])
    assert people.roster(CLASS).principal == PRINCIPAL
    assert people.roster(CLASS).delegation is None
    people.save_staff([DEPUTY])
    made.signatories.end_delegation(SCHOOL_YEAR)
    assert people.roster(CLASS).principal == PRINCIPAL


def test_a_homeroom_teacher_and_a_subject_teacher_are_replaced_before_they_signed(
    school: SmallSchool,
) -> None:
    made = school.made
    store = made.workspace.here()
    roster = store.people.roster(CLASS)
    code, leaver = roster.teachers[0]
    others = [
        replace(a, teacher_id="gv12") if a.teacher_id == leaver.id else a
        for a in store.people.assignments(CLASS)
    ]
    waiting = made.signing.waiting(R.SUBJECT_TEACHER)
    with school.identity(waiting[0].signer).key() as key:
        made.signing.sign(waiting[0].heads[:1], R.SUBJECT_TEACHER, key)
    store.people.replace_assignments(CLASS, others)
    store.people.save_section(replace(roster.section, homeroom_teacher_id="gv11"))
    for old in made.signatories.outdated():
        made.signatories.hand_over(old.heads)
    assert made.signatories.outdated() == []
    sign(school, R.SUBJECT_TEACHER, R.HOMEROOM, R.PRINCIPAL, R.SCHOOL)
    assert states(made) == {S.ISSUED}
    assert made.registers.compare().ok
    one = xml_record.parse(made.records.get(made.records.heads(CLASS)[1]).xml)
    assert one.section.homeroom_name != roster.homeroom_teacher.full_name
    assert leaver.full_name not in {t.full_name for row in one.subjects for t in row.teachers}
    assert code


def test_where_nobody_was_named_in_their_place_the_record_stays(school: SmallSchool) -> None:
    made = school.made
    store = made.workspace.here()
    section = store.people.section(CLASS)
    store.people.save_section(replace(section, homeroom_teacher_id=""))
    store.people.replace_assignments(CLASS, [])
    before = [made.records.get(head).xml for head in made.records.heads(CLASS)]
    heads = [head for old in made.signatories.outdated() for head in old.heads]
    assert heads
    assert made.signatories.hand_over(heads) == 0
    assert [made.records.get(head).xml for head in made.records.heads(CLASS)] == before
