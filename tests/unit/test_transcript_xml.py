"""The record's XML: what is written is what is read, and nothing hostile is read."""

from __future__ import annotations

import contextlib
import csv
import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from app import resources
from app.errors import (
    TranscriptError,
    TranscriptInvalid,
    TranscriptUnsafe,
    TranscriptVersionUnknown,
)
from app.model import record as model
from app.model.people import AdministrativePlace, Sex
from app.model.signing import SignerRole
from app.profile import SchoolLevel
from app.transcript import mapping, names, safe_xml, schema, xml_record
from app.transcript.kinds import clean_text
from tests.fixtures.schools.transcripts import content_of, named

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyẵẫởỡửựỳỷĐƠƯ' -&<>\"\n;,.()"
text = st.text(LETTERS, min_size=1, max_size=60).map(clean_text)
maybe = st.one_of(st.just(""), text)
person_id = st.one_of(st.just(""), st.from_regex(r"[0-9]{12}", fullmatch=True).map(str))
digit = st.text("0123456789", min_size=1, max_size=3)
day = st.dates().map(str)
score = st.integers(0, 100).map(lambda n: f"{n / 10:.1f}")
mark = st.one_of(st.just(""), score, st.sampled_from(["D", "CD", "M"]))
shown_mark = mark.filter(bool)
level = st.sampled_from(["", "T", "K", "D", "CD"])
trait = st.sampled_from(["", "T", "D", "C"])
count = st.one_of(st.none(), st.integers(0, 365))
flag = st.sampled_from([None, True, False])
relative = st.builds(model.Relative, maybe)
worker = st.builds(model.Relative, maybe, maybe)
place = st.builds(AdministrativePlace, maybe, digit, digit.map(lambda d: d[:2]))
birth = st.one_of(day, day.map(lambda d: d[:7]), day.map(lambda d: d[:4]))
terms = st.builds(model.TermLevels, level, level, level, level)
uuids = st.uuids().map(str)
correction = st.none() | st.builds(
    model.Correction, st.integers(1, 9), text, st.just("content"), maybe, maybe
)


def commons(levels: list[SchoolLevel]) -> st.SearchStrategy[model.RecordHead]:
    return st.builds(
        model.RecordHead,
        uuids,
        st.integers(1, 99),
        st.just("TT22-2021"),
        st.just("2026-2027"),
        st.sampled_from(levels),
        day,
        register_no=maybe.map(lambda t: t[:50]),
        from_paper=st.booleans(),
        profile_id=maybe,
        correction=correction,
    )


def pupils(relatives: st.SearchStrategy[model.Relative]) -> st.SearchStrategy[model.RecordPupil]:
    return st.builds(
        model.RecordPupil,
        digit,
        text,
        birth,
        st.sampled_from(Sex),
        person_id,
        digit,
        maybe.map(lambda t: t[:50]),
        not_assessed=st.booleans(),
        birthplace=place,
        hometown=place,
        residence=place,
        father=relatives,
        mother=relatives,
        guardian=relatives,
    )


schools = st.builds(
    model.RecordSchool, digit, text, digit, text, text, text, digit.map(lambda d: d[:2])
)
classes = st.builds(model.RecordClass, st.integers(1, 12), text, text, person_id)
issues = st.builds(
    model.IssueStatement,
    text,
    text,
    text,
    day,
    person_id,
    st.none() | st.builds(model.Completion, st.sampled_from(SchoolLevel), text),
)
teachers = st.lists(st.builds(model.SubjectTeacher, text, person_id), max_size=3).map(tuple)
earlier = st.lists(
    st.builds(model.EarlierYear, st.just("2025-2026"), text, text, text, day), max_size=3
).map(tuple)
primary_rows = st.lists(
    st.builds(
        model.SubjectRow,
        digit,
        text,
        level=st.sampled_from(["", "T", "H", "C", "M"]),
        test=mark,
        comment=maybe,
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda row: row.code,
).map(tuple)
secondary_rows = st.lists(
    st.builds(
        model.SubjectRow,
        digit,
        text,
        semester1=mark,
        semester2=mark,
        year=mark,
        reassessed=mark,
        topics1=st.lists(shown_mark, max_size=3).map(" ".join),
        topics2=st.lists(shown_mark, max_size=3).map(" ".join),
        demands=st.sampled_from(["", "reduced", "individual", "not_assessed"]),
        exemption=st.just(model.PracticalExemption())
        | st.builds(model.PracticalExemption, day, day, text.map(lambda t: t[:100])),
        comment=maybe,
        teachers=teachers,
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda row: row.code,
).map(tuple)
decision = st.just(model.PromotionRecord()) | st.builds(
    model.PromotionRecord, text.map(lambda t: t[:100]), text, text
)
primary = st.builds(
    model.RecordContent,
    commons([SchoolLevel.PRIMARY]),
    schools,
    pupils(relative),
    classes,
    issues,
    primary_rows,
    earlier,
    st.builds(model.Health, score, score),
    st.builds(model.Attendance, count, count),
    st.builds(model.Qualities, trait, trait, trait, trait, trait, maybe),
    st.builds(model.GeneralCompetences, trait, trait, trait, maybe),
    st.builds(model.SpecificCompetences, trait, trait, trait, trait, trait, trait, trait, maybe),
    summary=st.builds(
        model.YearSummary,
        overall=maybe.map(lambda t: t[:50]),
        promoted=flag,
        completed_grade=flag,
        completed_primary=flag,
        homeroom_comment=maybe,
        decision=decision,
    ),
)
secondary = st.builds(
    model.RecordContent,
    commons([SchoolLevel.LOWER_SECONDARY, SchoolLevel.UPPER_SECONDARY]),
    schools,
    pupils(worker),
    classes,
    issues,
    secondary_rows,
    earlier,
    attendance=st.builds(model.Attendance, total=count),
    learning=terms,
    conduct=terms,
    certificates=st.lists(st.builds(model.Certificate, text, maybe), max_size=2).map(tuple),
    summary=st.builds(
        model.YearSummary,
        promoted=flag,
        promotion_text=maybe,
        competitions=maybe,
        award=maybe,
        decision=decision,
    ),
)


@settings(max_examples=120, deadline=None)
@given(st.one_of(primary, secondary))
def test_what_is_written_is_what_is_read(content: model.RecordContent) -> None:
    xml = xml_record.build(content)
    assert xml_record.parse(xml) == content
    assert xml_record.build(content) == xml


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_an_error_and_never_a_traceback(data: st.DataObject) -> None:
    xml = bytearray(xml_record.build(content_of(4)))
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(0, len(xml) - 1))
        xml[where] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(xml)))
    for damaged in (bytes(xml), bytes(xml[:cut])):
        with contextlib.suppress(TranscriptError):
            xml_record.parse(damaged)


def test_the_shipped_schema_is_the_one_the_table_means() -> None:
    shipped = resources.path("schemas", f"hocba-{names.VERSION}.xsd").read_bytes()
    assert shipped == schema.render()


def test_the_shipped_table_of_names_is_the_one_the_program_uses() -> None:
    shipped = resources.path("schemas", f"names-{names.VERSION}.csv").read_bytes()
    assert shipped == mapping.render()
    lines = list(csv.DictReader(shipped.decode().splitlines()))
    tags = {tag for line in lines for tag in line["xml"].split("/")}
    assert tags <= set(re.findall(r'name="(\w+)"', schema.render().decode()))


def test_the_schema_explains_every_element() -> None:
    tree = etree.fromstring(schema.render())
    xs = "{http://www.w3.org/2001/XMLSchema}"
    silent = {
        element.get("name")
        for element in tree.iter(f"{xs}element")
        if element.find(f"{xs}annotation") is None
    }
    signature_places = {"HOC_BA", "DANH_SACH_GVBM", "GVBM", "GVCN", "CBQL", "KY_PHAT_HANH"}
    assert silent <= signature_places | {"QUA_TRINH", "DIEM_TONG_KET", "CHUNG_CHI"}


def test_letters_are_written_with_their_vietnamese_sign() -> None:
    content = content_of(8)
    row = replace(content.subjects[0], semester1="7.5", semester2="D", year="CD")
    xml = xml_record.build(replace(content, subjects=(row,))).decode()
    assert "<HOC_KY_1>7.5</HOC_KY_1><HOC_KY_2>Đ</HOC_KY_2><CA_NAM>CĐ</CA_NAM>" in xml


def test_text_is_composed_before_it_is_signed() -> None:
    name = unicodedata.normalize("NFD", "Nguyễn Thị Ẵm Đờ")
    xml = xml_record.build(named(content_of(4), name)).decode()
    assert unicodedata.normalize("NFC", name) in xml
    assert unicodedata.is_normalized("NFC", xml)


def test_slots_come_in_signing_order_with_the_signers_the_content_names() -> None:
    content = content_of(8)
    root = safe_xml.parse_tree(xml_record.build(content))
    slots = xml_record.slots(root, content)
    assert [slot.role for slot in slots[-3:]] == [
        SignerRole.HOMEROOM,
        SignerRole.PRINCIPAL,
        SignerRole.SCHOOL,
    ]
    assert len(slots) == len(content.subjects) + 3
    for slot in slots:
        signed = safe_xml.element_by_id(root, slot.target)
        assert slot.element not in signed.iter() or slot.role is SignerRole.SUBJECT_TEACHER
        assert len(slot.element) == 0
    assert slots[0].signer.full_name == content.subjects[0].teachers[0].full_name


def test_no_slot_lies_inside_what_it_signs() -> None:
    content = content_of(8)
    root = safe_xml.parse_tree(xml_record.build(content))
    for slot in xml_record.slots(root, content):
        inside = safe_xml.element_by_id(root, slot.target)
        assert all(element is not slot.element for element in inside.iter())


XML = xml_record.build(content_of(8))


def _changed(old: str, new: str) -> bytes:
    source = XML.decode()
    assert old in source
    return source.replace(old, new, 1).encode()


HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
LAUGHS = (
    '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]><a>&d;</a>'
)


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(_changed(HEAD, HEAD + '<!DOCTYPE HOC_BA SYSTEM "http://x/y.dtd">'), id="dtd"),
        pytest.param(LAUGHS.encode(), id="billion laughs"),
        pytest.param(LAUGHS.encode("utf-16"), id="entities in UTF-16"),
        pytest.param(_changed(HEAD, '<?xml version="1.0" encoding="UTF-7"?>'), id="encoding"),
        pytest.param(_changed("<TEN_LOP>8A", "<TEN_LOP>8<!-- -->A"), id="comment splits a text"),
        pytest.param(_changed("<LOP>", "<?pi x?><LOP>"), id="processing instruction"),
        pytest.param(b" " * (safe_xml.SIZE_LIMIT + 1), id="oversized"),
    ],
)
def test_a_hostile_file_is_refused_before_it_is_read(hostile: bytes) -> None:
    with pytest.raises(TranscriptUnsafe):
        xml_record.parse(hostile)


def _wrapped_in_signature() -> bytes:
    """The signed part hides inside a signature while a forged one stands in its place."""
    forged = XML.decode().replace("<CA_NAM>", "<CA_NAM>1", 1)
    start, end = XML.decode().index("<DU_LIEU"), XML.decode().index("<PHAT_HANH")
    original = XML.decode()[start:end]
    inside = (
        f'<GVCN><ds:Signature xmlns:ds="{safe_xml.DS}"><ds:Object>{original}'
        "</ds:Object></ds:Signature></GVCN>"
    )
    return forged.replace("<GVCN/>", inside, 1).encode()


def _in_signature(content: str) -> bytes:
    signature = f'<ds:Signature xmlns:ds="{safe_xml.DS}"><ds:Object>{content}</ds:Object>'
    return _changed("<GVCN/>", f"<GVCN>{signature}</ds:Signature></GVCN>")


def test_nothing_of_a_record_stands_in_a_signature_however_deep() -> None:
    safe_xml.parse_tree(_in_signature('<o:x xmlns:o="urn:o"/>'))
    for content in ("<LOP/>", '<o:x xmlns:o="urn:o"><o:y><LOP/></o:y></o:x>'):
        with pytest.raises(TranscriptUnsafe):
            safe_xml.parse_tree(_in_signature(content))


@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param(_wrapped_in_signature(), id="original kept in a signature"),
        pytest.param(_changed('Id="thongtinhocba"', 'Id="data"'), id="Id twice"),
        pytest.param(_changed('Id="chukycbql"', 'Id="diem_19"'), id="subject's Id elsewhere"),
        pytest.param(
            _changed("<GVCN/>", "<GVCN><ghost Id='x'/></GVCN>"), id="foreign part in a slot"
        ),
        pytest.param(_changed("<KY_PHAT_HANH/>", "<KY_PHAT_HANH/><KY_PHAT_HANH/>"), id="two slots"),
        pytest.param(_changed('Id="gv_19_1"', 'Id="gv_15_1"'), id="slot of another teacher"),
        pytest.param(_changed('Id="diem_19"', 'Id="diem_99x"'), id="Id of no subject"),
        pytest.param(_changed("<DU_LIEU_HOC_BA", "<X/><DU_LIEU_HOC_BA"), id="extra part"),
        pytest.param(_changed("<HOC_BA ", f'<HOC_BA xmlns="{safe_xml.DS}" '), id="namespace"),
    ],
)
def test_a_signed_part_stands_once_and_in_its_place(wrapped: bytes) -> None:
    with pytest.raises((TranscriptUnsafe, TranscriptInvalid)):
        xml_record.parse(wrapped)


def test_a_signature_of_any_make_fits_a_slot() -> None:
    signature = f'<ds:Signature xmlns:ds="{safe_xml.DS}" Id="s1"><ds:Any Id="s2"/></ds:Signature>'
    signed = _changed("<GVCN/>", f"<GVCN>{signature}</GVCN>")
    assert xml_record.parse(signed) == xml_record.parse(XML)
    assert xml_record.serialize(safe_xml.parse_tree(signed)) == signed


def test_a_newer_version_is_refused_by_name() -> None:
    with pytest.raises(TranscriptVersionUnknown):
        xml_record.parse(_changed('phienBan="1.0"', 'phienBan="2.0"'))


def test_a_truncated_file_is_invalid() -> None:
    with pytest.raises(TranscriptInvalid):
        xml_record.parse(XML[: len(XML) // 2])


def test_primary_parts_have_no_place_in_a_secondary_record() -> None:
    health = "<SUC_KHOE><CAN_NANG>30</CAN_NANG></SUC_KHOE><CHUYEN_CAN>"
    with pytest.raises(TranscriptInvalid, match="other level"):
        xml_record.parse(_changed("<CHUYEN_CAN>", health))


def test_a_name_of_200_characters_breaks_the_schema() -> None:
    with pytest.raises(TranscriptInvalid) as caught:
        xml_record.parse(xml_record.build(named(content_of(4), "Ẵ" * 200)))
    assert "HO_VA_TEN" in str(caught.value.params["reason"])


@pytest.mark.parametrize(
    "character", ["\x00", "\x0b", "\x1b", "\x85", "\ufffe", "\u202e", "\u200b"]
)
def test_an_unseen_character_in_a_comment_is_refused_at_build(character: str) -> None:
    content = content_of(4)
    row = replace(content.subjects[0], comment=f"Ngoan{character}")
    with pytest.raises(TranscriptInvalid):
        xml_record.build(replace(content, subjects=(row,)))


def test_two_subjects_with_one_code_are_refused() -> None:
    content = content_of(4)
    twice = (content.subjects[0], content.subjects[0])
    with pytest.raises(TranscriptInvalid):
        xml_record.build(replace(content, subjects=twice))
