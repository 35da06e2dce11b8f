"""A correction costs its own signatures and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree

from app.errors import CorrectionNotAllowed
from app.model.record import RecordContent
from app.model.signing import CheckState
from app.signing.keys.keys import Scheme
from app.signing.record.signing import sign_record
from app.signing.record.slots import slots_due
from app.signing.record.verification import verify_record
from app.transcript import names, safe_xml, xml_record
from app.transcript.correction import FieldCorrection, changes, correct
from tests.fixtures.pki.pki import NOW, secondary_record, staffroom
from tests.fixtures.schools.transcripts import content_of, named

PEOPLE = ("Lý Thị Duyên", "Nguyễn Văn Khải")


def signed(content: RecordContent) -> bytes:
    """A record whose every slot holds an element named as a signature is."""
    root = safe_xml.parse_tree(xml_record.build(content))
    for slot in xml_record.slots(root, content):
        etree.SubElement(slot.element, f"{{{safe_xml.DS}}}Signature", Id=f"s-{slot.name}")
    return xml_record.serialize(root)


def full_slots(xml: bytes) -> set[str]:
    content = xml_record.parse(xml)
    slots = xml_record.slots(safe_xml.parse_tree(xml), content)
    return {slot.name for slot in slots if len(slot.element)}


def with_comment(content: RecordContent, comment: str) -> RecordContent:
    row = replace(content.subjects[0], comment=comment)
    return replace(content, subjects=(row, *content.subjects[1:]))


def test_one_wrong_comment_costs_one_subject_teachers_signature() -> None:
    content = content_of(8)
    old = signed(content)
    new = correct(old, with_comment(content, "Đã sửa"), "Chép nhầm", *PEOPLE)
    first = names.teacher_id(content.subjects[0], 1)
    lost = {first, names.HOMEROOM, names.PRINCIPAL, names.SCHOOL}
    assert full_slots(old) - full_slots(new) == lost


def test_a_carried_signature_and_its_row_are_the_same_bytes() -> None:
    content = content_of(8)
    old, new = signed(content), correct(signed(content), named(content, "Lầu A"), "Sai", *PEOPLE)
    row = content.subjects[3]
    roots = [safe_xml.parse_tree(xml) for xml in (old, new)]
    rows = [safe_xml.element_by_id(root, names.subject_id(row)) for root in roots]
    assert len({etree.tostring(r, method="c14n", exclusive=True) for r in rows}) == 1
    slots = [
        next(
            slot.element
            for slot in xml_record.slots(root, content)
            if slot.target == names.subject_id(row)
        )
        for root in roots
    ]
    assert len({etree.tostring(s, method="c14n", exclusive=True) for s in slots}) == 1


def test_the_next_version_says_what_it_replaces_why_and_who_stood_for_it() -> None:
    content = content_of(4)
    new = xml_record.parse(correct(signed(content), named(content, "Lầu A"), " Sai tên ", *PEOPLE))
    assert new.common.version == content.common.version + 1
    assert new.common.record_id == content.common.record_id
    correction = new.common.correction
    assert correction is not None
    assert (correction.replaces, correction.reason, correction.kind) == (1, "Sai tên", "identity")
    assert (correction.asked_by, correction.approved_by) == PEOPLE


def test_a_third_version_replaces_the_second() -> None:
    content = content_of(8)
    second = correct(signed(content), with_comment(content, "Hai"), "Sai", *PEOPLE)
    third = xml_record.parse(correct(second, with_comment(content, "Ba"), "Sai nữa", *PEOPLE))
    assert third.common.version == 3
    assert third.common.correction is not None
    assert third.common.correction.replaces == 2
    assert third.common.correction.kind == "content"


def test_changes_are_told_with_both_values_and_their_place() -> None:
    content = content_of(8)
    row = content.subjects[0]
    assert changes(content, named(with_comment(content, "Đã sửa"), "Lầu A")) == (
        FieldCorrection("Họ và tên học sinh", content.pupil.full_name, "Lầu A"),
        FieldCorrection("Nhận xét môn học", row.comment, "Đã sửa", row.name),
    )
    gone = changes(content, replace(content, subjects=content.subjects[1:]))
    assert {change.where for change in gone} >= {row.name}
    assert all(change.after == "" for change in gone)


def test_a_real_row_signature_holds_in_the_corrected_version() -> None:
    people = staffroom()
    keys = {"gv_15_1": people.maths, "gv_19_1": people.literature, "GVCN": people.homeroom}
    old = secondary_record()
    while (due := slots_due(old)) and due[0].name in keys:
        old = sign_record(old, due[0], keys[due[0].name].key(Scheme.PSS), NOW)
    content = xml_record.parse(old)
    new = correct(old, with_comment(content, "Đã sửa"), "Chép nhầm", *PEOPLE)
    report = verify_record(new, people.trust, NOW)
    holding = {s.slot for s in report.signatures if s.state is CheckState.VALID_NOT_CHECKED_ONLINE}
    assert holding == {"gv_19_1"}
    assert [slot.name for slot in slots_due(new)] == ["gv_15_1"]


@pytest.mark.parametrize(
    ("comment", "reason", "people"),
    [
        pytest.param("Đã sửa", "  ", PEOPLE, id="no reason"),
        pytest.param("Đã sửa", "Sai", (PEOPLE[0], PEOPLE[0]), id="approved by the one who asked"),
        pytest.param("Đã sửa", "Sai", (PEOPLE[0], ""), id="approved by nobody"),
        pytest.param(None, "Sai", PEOPLE, id="nothing changed"),
    ],
)
def test_a_correction_needs_a_change_a_reason_and_a_second_person(
    comment: str | None, reason: str, people: tuple[str, str]
) -> None:
    content = content_of(8)
    new = content if comment is None else with_comment(content, comment)
    with pytest.raises(CorrectionNotAllowed):
        correct(signed(content), new, reason, *people)
