"""Attacks on what is signed: content moved, laid over or exchanged, with valid signatures left."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import cache

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from app.signing.pdf.verification import verify_pdf
from app.signing.record.verification import verify_record
from tests.fixtures.pki.pki import NOW, primary_record, secondary_record, staffroom
from tests.unit.test_pades_views import sealed
from tests.unit.test_xades_signing import signed

DS = b"http://www.w3.org/2000/09/xmldsig#"


@cache
def whole() -> bytes:
    return signed(secondary_record())


def _original() -> bytes:
    found = re.search(rb"<DU_LIEU_HOC_BA .*</DU_LIEU_HOC_BA>", whole(), re.DOTALL)
    assert found
    return found[0]


def _forged(hidden: bytes, before: bytes, *, after: bool = False) -> bytes:
    """The marks raised in what is shown; the signed original put into a place of the attacker's."""
    original = _original()
    forged = whole().replace(original, original.replace(b"7.8", b"9.9"))
    place = forged.index(before) + (len(before) if after else 0)
    return forged[:place] + hidden + forged[place:]


def _in_a_slot() -> bytes:
    return _forged(_original(), b"<KY_PHAT_HANH>", after=True)


def _in_an_object() -> bytes:
    wrapped = b'<ds:Object xmlns:ds="' + DS + b'">' + _original() + b"</ds:Object>"
    return _forged(wrapped, b"</ds:Signature>")


def _in_another_namespace() -> bytes:
    moved = _original().replace(b"<DU_LIEU_HOC_BA ", b'<x:D xmlns:x="urn:x" ', 1)
    return _forged(moved.replace(b"</DU_LIEU_HOC_BA>", b"</x:D>"), b"</HOC_BA>")


def _with_the_id_in_lower_case() -> bytes:
    return _forged(_original().replace(b'Id="data"', b'id="data"'), b"</HOC_BA>")


def _with_xml_id() -> bytes:
    return _forged(_original().replace(b'Id="data"', b'xml:id="data"'), b"</HOC_BA>")


def _shown_one_without_id() -> bytes:
    changed = _original().replace(b"7.8", b"9.9").replace(b' Id="data"', b"")
    return whole().replace(_original(), changed + _original())


def _a_row_signed_elsewhere() -> bytes:
    """The maths teacher's row goes into a signature; a raised one stands in its place."""
    row = re.search(rb"<DIEM_TONG_KET [^>]*>.*?</DIEM_TONG_KET>", whole(), re.DOTALL)
    assert row
    raised = whole().replace(row[0], row[0].replace(b"7.8", b"9.9"))
    return raised.replace(b"</ds:Signature>", row[0] + b"</ds:Signature>", 1)


def _signature_of_another_record() -> bytes:
    """The school's signature over one pupil's record, copied into another pupil's."""
    other = signed(primary_record("11111111-2222-4333-8444-555555555555"))
    mine = signed(primary_record(), upto="KY_PHAT_HANH")
    slot = re.search(rb"<KY_PHAT_HANH>.*?</KY_PHAT_HANH>", other, re.DOTALL)
    assert slot
    forged, count = re.subn(rb"<KY_PHAT_HANH\s*/>|<KY_PHAT_HANH></KY_PHAT_HANH>", slot[0], mine)
    assert count == 1
    return forged


def _entity_split_name() -> bytes:
    return whole().replace(b"7.8", b"7<![CDATA[.8]]>", 1)


@pytest.mark.parametrize(
    "attack",
    [
        _in_a_slot,
        _in_an_object,
        _in_another_namespace,
        _with_the_id_in_lower_case,
        _with_xml_id,
        _shown_one_without_id,
        _a_row_signed_elsewhere,
        _signature_of_another_record,
    ],
)
def test_what_is_shown_is_what_was_signed_or_nothing_is_valid(
    attack: Callable[[], bytes],
) -> None:
    forged = attack()
    assert forged != whole()
    report = verify_record(forged, staffroom().trust, NOW)
    assert not report.ok
    assert not report.undecided
    assert report.problems or any(s.problems for s in report.signatures)


def test_a_character_data_section_changes_nothing_that_is_read() -> None:
    """Canonical XML resolves it: the same words, the same signature."""
    report = verify_record(_entity_split_name(), staffroom().trust, NOW)
    assert report.ok


# --- the sealed view ------------------------------------------------------------------------


def _updated(change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed()))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _page(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    page: generic.DictionaryObject = writer.root["/Pages"]["/Kids"][0]
    return page


def _covered(writer: IncrementalPdfFileWriter) -> None:
    """A white sheet and other marks over the page: what a printed-over PDF would show."""
    paint = generic.StreamObject(stream_data=b"1 1 1 rg 0 0 600 850 re f")
    page = _page(writer)
    page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), writer.add_object(paint)])
    writer.update_container(page)


def _annotated(writer: IncrementalPdfFileWriter) -> None:
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (90, 500, 200, 520))),
            pdf_name("/Contents"): generic.pdf_string("Giỏi"),
            pdf_name("/F"): generic.NumberObject(4),
        }
    )
    page = _page(writer)
    kept = list(page.get("/Annots", ()))
    page["/Annots"] = generic.ArrayObject([*kept, writer.add_object(note)])
    writer.update_container(page)


def _another_page_first(writer: IncrementalPdfFileWriter) -> None:
    kids = writer.root["/Pages"]["/Kids"]
    kids.reverse()
    writer.update_container(kids)


def _another_font(writer: IncrementalPdfFileWriter) -> None:
    resources = _page(writer)["/Resources"]
    resources["/Font"] = generic.DictionaryObject()
    writer.update_container(resources)


def _another_record(writer: IncrementalPdfFileWriter) -> None:
    """The attached record exchanged for another one, which is validly signed itself."""
    other = signed(primary_record("11111111-2222-4333-8444-555555555555"))
    names = writer.root["/Names"]["/EmbeddedFiles"]
    names = names["/Kids"][0] if "/Kids" in names else names
    file = names["/Names"][1]["/EF"]
    file["/F"] = writer.add_object(generic.StreamObject(stream_data=other))
    writer.update_container(file)


def _script(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/OpenAction"] = generic.DictionaryObject(
        {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): generic.pdf_string("app.x()")}
    )
    writer.update_root()


def _layer(writer: IncrementalPdfFileWriter) -> None:
    """A shadow attack's last step: an optional layer is switched."""
    writer.root["/OCProperties"] = generic.DictionaryObject(
        {pdf_name("/OCGs"): generic.ArrayObject(), pdf_name("/D"): generic.DictionaryObject()}
    )
    writer.update_root()


@pytest.mark.parametrize(
    "change",
    [_covered, _annotated, _another_page_first, _another_font, _another_record, _script, _layer],
)
def test_nothing_can_be_laid_over_a_sealed_view(
    change: Callable[[IncrementalPdfFileWriter], None],
) -> None:
    report = verify_pdf(_updated(change), staffroom().trust, NOW)
    assert not report.ok
    assert not report.content_intact
    codes = {code for s in report.signatures for code in s.problems}
    assert {"pdf.not_whole_file", "pdf.changed_later"} & codes


def test_a_view_cut_back_to_before_its_seal_is_not_good() -> None:
    pdf = sealed()
    ends = [found.end() for found in re.finditer(rb"%%EOF\s*", pdf)]
    assert len(ends) > 1
    for end in ends[:-1]:
        report = verify_pdf(pdf[:end], staffroom().trust, NOW)
        assert not report.ok
        assert "pdf.seal_missing" in report.problems


def test_a_seal_moved_onto_another_view_is_found() -> None:
    """The whole seal copied behind a view with other content of the same length."""
    pdf = sealed()
    changed = pdf.replace(b"-v1.xml", b"-v2.xml")
    assert changed != pdf
    report = verify_pdf(changed, staffroom().trust, NOW)
    assert not report.ok
    assert any("content_changed" in s.problems for s in report.signatures)
