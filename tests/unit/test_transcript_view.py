"""The PDF view: what the XML says, the same bytes each time, readable by other programs."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app import resources
from app.errors import RenderFailed, TranscriptUnsafe
from app.model.record import Correction, EarlierYear, RecordContent
from app.model.signing import CheckState, SignatureReport, SignerRole
from app.transcript import view, xml_record
from app.transcript.kinds import unprintable
from tests.fixtures.schools.transcripts import STUDENT, content_of, named

SIGNED = (
    SignatureReport(
        SignerRole.HOMEROOM,
        "GVCN",
        CheckState.VALID_NOT_CHECKED_ONLINE,
        "Giàng A Chu",
        "2027-05-28T01:12:00+00:00",
    ),
    SignatureReport(SignerRole.PRINCIPAL, "CBQL", CheckState.INVALID, "Người Lạ"),
    SignatureReport(SignerRole.SCHOOL, "KY_PHAT_HANH", CheckState.VALID, "Trường Pa Vệ Sử"),
)


def run(*command: str | Path) -> str:
    return subprocess.run(
        [str(part) for part in command], check=True, capture_output=True, text=True
    ).stdout


def text_of(pdf: bytes, folder: Path) -> str:
    path = folder / "view.pdf"
    path.write_bytes(pdf)
    return run("pdftotext", "-layout", path, "-")


def rendered(content: RecordContent, signatures: Sequence[SignatureReport] = ()) -> bytes:
    return view.render(xml_record.build(content), signatures)


@pytest.mark.parametrize("grade", [1, 4, 5, 8, 9])
def test_the_view_is_sound_and_carries_its_xml(grade: int, tmp_path: Path) -> None:
    xml = xml_record.build(content_of(grade))
    path = tmp_path / "view.pdf"
    path.write_bytes(view.render(xml, SIGNED))
    run("qpdf", "--check", path)
    run("pdfdetach", "-save", "1", "-o", tmp_path / "out.xml", path)
    assert (tmp_path / "out.xml").read_bytes() == xml
    fonts = [line.split() for line in run("pdffonts", path).splitlines()[2:]]
    assert {font[-5] for font in fonts} == {"yes"}, "every font is embedded"
    assert {font[-3] for font in fonts} == {"yes"}, "every font maps back to Unicode"
    assert all("LiberationSerif" in font[0] for font in fonts)
    assert b"pdfaid:part>3<" in path.read_bytes()


def test_the_same_record_gives_the_same_bytes() -> None:
    content = content_of(8)
    assert rendered(content, SIGNED) == rendered(content, SIGNED)
    assert rendered(content, SIGNED) != rendered(content)


@pytest.mark.parametrize("name", ["H'Mông Ẵm Đờ Ỡ Ỹ", "Lường Thị Ửng Ễnh", "Y Bhĭm Niê Kđăm"])
def test_vietnamese_names_can_be_copied_from_the_page(name: str, tmp_path: Path) -> None:
    text = text_of(rendered(named(content_of(4), name)), tmp_path)
    assert name in text
    assert unicodedata.is_normalized("NFC", text)


def test_marks_comments_and_teachers_are_on_the_page(tmp_path: Path) -> None:
    content = content_of(8)
    text = text_of(rendered(content), tmp_path)
    for row in content.subjects:
        assert row.teachers[0].full_name in text
        assert row.semester1.replace(".", ",").replace("D", "Đ") in text
    assert content.summary.homeroom_comment[:30] in text
    assert "31 tháng 05 năm 2027" in text


def test_signature_blocks_say_who_when_and_whether_it_holds(tmp_path: Path) -> None:
    text = text_of(rendered(content_of(4), SIGNED), tmp_path)
    assert "Đã ký số" in text
    assert "28/05/2027 08:12" in text, "Vietnam's time"
    assert "CHỮ KÝ KHÔNG HỢP LỆ" in text
    assert "CHƯA PHÁT HÀNH" not in text


def test_an_unissued_record_says_so_on_every_page(tmp_path: Path) -> None:
    text = text_of(rendered(content_of(4)), tmp_path)
    assert text.count("BẢN XEM TRƯỚC") == text.count("\f")


def test_long_names_and_comments_wrap(tmp_path: Path) -> None:
    content = named(content_of(8), "Nguyễn Hoàng " * 11 + "Ẵm")
    row = replace(content.subjects[0], comment="Cần cố gắng hơn nữa trong giờ học. " * 50 + "HẾT")
    text = text_of(rendered(replace(content, subjects=(row, *content.subjects[1:]))), tmp_path)
    assert "HẾT" in text
    assert "Ẵm" in text


def test_earlier_years_and_corrections_are_shown(tmp_path: Path) -> None:
    content = content_of(4)
    years = tuple(
        EarlierYear(f"{2022 + n}-{2023 + n}", f"{n}A", "Trường TH Mù Cả", "Lai Châu", "2023-09-05")
        for n in range(1, 4)
    )
    common = replace(content.common, version=2, correction=Correction(1, "Sai ngày sinh"))
    text = text_of(rendered(replace(content, earlier_years=years, common=common)), tmp_path)
    assert text.count("Trường TH Mù Cả") == 3
    assert "05/09/2023" in text
    assert "Sai ngày sinh" in text


def test_a_booklet_holds_all_years_of_one_pupil(tmp_path: Path) -> None:
    years = [content_of(grade) for grade in range(1, 6)]
    years = [
        replace(year, common=replace(year.common, record_id=str(uuid.UUID(int=number))))
        for number, year in enumerate(years)
    ]
    records = [(xml_record.build(year), SIGNED) for year in years]
    pdf = view.booklet(records)
    text = text_of(pdf, tmp_path)
    run("qpdf", "--check", tmp_path / "view.pdf")
    assert len(run("pdfdetach", "-list", tmp_path / "view.pdf").splitlines()) == 6
    assert text.count("THÔNG TIN HỌC SINH") == 1
    assert all(f"Lớp: {grade}A" in text for grade in range(1, 6))
    assert view.booklet(records) == pdf


def test_a_booklet_is_of_one_pupil() -> None:
    other = replace(STUDENT, moet_id="1234567890")
    both = [(xml_record.build(content_of(4, who)), ()) for who in (STUDENT, other)]
    with pytest.raises(ValueError, match="one pupil"):
        view.booklet(both)


def test_a_class_prints_as_one_file(tmp_path: Path) -> None:
    pupils = [replace(STUDENT, full_name=f"Lầu A Số {n}", id=f"hs-{n}") for n in range(4)]
    text = text_of(
        view.print_set([(xml_record.build(content_of(8, pupil)), ()) for pupil in pupils]), tmp_path
    )
    assert text.count("THÔNG TIN HỌC SINH") == 4
    assert all(pupil.full_name in text for pupil in pupils)
    assert text.count("Trang 2") == 4


def test_a_half_made_draft_can_be_previewed() -> None:
    content = content_of(8)
    bare = replace(content, subjects=(), issue=replace(content.issue, issued_on=""))
    pages = view.preview(xml_record.build(bare), ppi=40)
    assert len(pages) == 4
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_markup_in_a_comment_stays_text(tmp_path: Path) -> None:
    content = content_of(4)
    row = replace(content.subjects[0], comment='#panic("x") *đậm* $x$ <tag> [a]')
    text = text_of(rendered(replace(content, subjects=(row,))), tmp_path)
    assert '#panic("x") *đậm* $x$' in text


def test_every_character_that_may_be_locked_can_be_shown(tmp_path: Path) -> None:
    everything = "".join(
        chr(number)
        for number in range(0x20, 0x2300)
        if chr(number).isprintable() and not unprintable(chr(number))
    )
    content = content_of(4)
    row = replace(content.subjects[0], comment=" ".join(everything))
    assert "Ỹ" in text_of(rendered(replace(content, subjects=(row,))), tmp_path)


def test_a_hostile_file_is_not_shown() -> None:
    with pytest.raises(TranscriptUnsafe):
        view.render(b"<!DOCTYPE a><a/>")


def test_a_missing_font_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(resources.path("forms"), tmp_path / "forms")
    monkeypatch.setattr(resources, "ROOT", tmp_path)
    monkeypatch.setattr(view, "_local", type(view._local)())
    with pytest.raises(RenderFailed):
        view.render(xml_record.build(content_of(4)))
