"""Rules change while records are at work: what is locked keeps the rules it was locked with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app import services
from app.model.gradebook import CellChange
from app.model.publication import PublicationKind
from app.model.transcript import RequestKind, TranscriptHead
from app.practice.school import SCHOOL
from app.services import Services
from app.signing.record.verification import verify_record
from app.transcript import xml_record
from tests.fixtures.schools.publications import (
    newer_rules,
    published,
    rules_id,
)
from tests.fixtures.schools.small_school import PEOPLE, SECTIONS, SmallSchool, small_school

ASKED, APPROVED = PEOPLE
OPEN = replace(SECTIONS[1], id="9C", name="9C", grade=9)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[SmallSchool]:
    """8B is locked, 9C is not."""
    made = small_school(tmp_path, (SECTIONS[1], OPEN), lock=False)
    made.made.records.lock("8B")
    yield made
    made.made.close()


def new_rules(school: SmallSchool, version: int, content: bytes | None = None) -> Services:
    """A pack arrives, and the program is opened anew."""
    content = content or newer_rules(version, absence_limit=str(45 - version))
    said = published(PublicationKind.PROFILES, content, version, version, "Mới", SCHOOL.code)
    made = school.made
    made.workspace.here().publications.keep(said, content)
    return services.build(made.workspace, trust_folders=(school.folder / "trust",))


def written(made: Services, head: TranscriptHead) -> str:
    """Id of the rules in the record itself."""
    xml = made.workspace.here().transcripts.get(head.record_id, head.version).xml
    return xml_record.parse(xml).common.profile_id


def test_a_locked_class_keeps_its_rules_and_an_open_one_takes_the_new(school: SmallSchool) -> None:
    made = new_rules(school, 2)
    assert made.book.open("8B").profile.id == rules_id(1)
    assert made.book.open("9C").profile.id == rules_id(2)
    heads = made.records.lock("9C")
    assert {written(made, head) for head in heads} == {rules_id(2)}
    later = new_rules(school, 3)
    assert later.book.open("8B").profile.id == rules_id(1)
    assert later.book.open("9C").profile.id == rules_id(2)  # of a pack that is replaced


def test_a_class_that_is_opened_again_is_locked_with_the_new_rules(school: SmallSchool) -> None:
    made = new_rules(school, 2)
    made.records.unlock("8B")
    assert made.book.open("8B").profile.id == rules_id(2)
    assert written(made, made.records.lock("8B")[0]) == rules_id(2)


def test_a_correction_under_new_rules_changes_only_what_was_asked(school: SmallSchool) -> None:
    school.sign_all()
    made = new_rules(school, 2)
    head = made.records.heads("8B")[0]
    before = made.workspace.here().transcripts.get(head.record_id, head.version).xml
    cells = made.book.open("8B").cells
    key = next(k for k in cells if k.student_id == head.student_id and k.slot == "comment")
    change = CellChange(key, cells[key], "Đã sửa")
    request = made.life.propose_correction(
        head, RequestKind.CONTENT, "Chép nhầm", ASKED, cells=[change]
    )
    new = made.life.approve(request, APPROVED)
    assert (new.version, written(made, new)) == (2, rules_id(1))
    assert made.workspace.here().transcripts.get(head.record_id, 1).xml == before
    report = verify_record(before, made.trust, made.now())
    assert report.content_intact
    assert not report.missing_roles


def test_a_pack_that_this_program_cannot_read_never_keeps_the_school_out(
    school: SmallSchool,
) -> None:
    new_rules(school, 2)
    made = new_rules(school, 3, b"kept by a newer program")
    assert made.book.open("9C").profile.id == rules_id(2)
    assert (made.rules.version, made.rules.passed_over) == (2, (3,))
