"""A sealed page shows what the record inside says, or it is not believed."""

from __future__ import annotations

import hashlib
import io

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from app.model.signing import FileReport
from app.signing.paper.code import PaperStatement, write_code
from app.signing.pdf.pades import seal_view
from app.signing.pdf.verification import verify_pdf
from app.signing.record.slots import RecordTree
from app.signing.record.verification import verify_record
from app.transcript import view
from tests.fixtures.pki.pki import (
    NOW,
    SCHOOL,
    TAX_CODE,
    primary_record,
    secondary_record,
    staffroom,
)
from tests.unit.test_xades_signing import signed

PEOPLE = staffroom()


def drawn(xml: bytes, codes: tuple[str, ...] = (), form: str = "") -> bytes:
    return view.render(xml, verify_record(xml, PEOPLE.trust, NOW).signatures, codes, form)


def checked(pdf: bytes) -> FileReport:
    return verify_pdf(seal_view(pdf, PEOPLE.school.key(), SCHOOL, NOW), PEOPLE.trust, NOW)


def showing(genuine: bytes, said: str, shown: str) -> bytes:
    """A view that shows another value, and the genuine record inside."""
    forged = genuine.replace(said.encode(), shown.encode())
    assert forged != genuine
    page = view.render(forged, verify_record(genuine, PEOPLE.trust, NOW).signatures)
    writer = IncrementalPdfFileWriter(io.BytesIO(page))
    file = writer.root["/Names"]["/EmbeddedFiles"]["/Names"][1]["/EF"]
    file["/F"] = writer.add_object(generic.StreamObject(stream_data=genuine))
    writer.update_container(file)
    return written(writer)


def written(writer: IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


@pytest.mark.parametrize("record", [primary_record, secondary_record])
@pytest.mark.parametrize("form", view.forms())
def test_a_view_in_every_form_is_good(record, form: str) -> None:  # type: ignore[no-untyped-def]
    report = checked(drawn(signed(record()), form=form))
    assert report.ok, report.problems


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (">6.8<", ">9.8<"),
        (">7.0<", ">7.9<"),
        ("2016-03-14", "2016-03-15"),
        ("Giàng A Páo", "Giàng A Phó"),
        ("Giàng A Páo", "Giàng A Pao"),
        ("chứ", "chữ"),
    ],
)
def test_a_page_that_shows_something_else_is_not_believed(said: str, shown: str) -> None:
    genuine = signed(secondary_record())
    if said.encode() not in genuine:
        genuine = signed(secondary_record().replace(b"Ch\xc4\x83m", "chứ".encode()))
    report = checked(showing(genuine, said, shown))
    assert (report.ok, report.undecided) == (False, False)
    assert report.problems == ("pdf.page_differs",)


def _codes(xml: bytes, version: int = 1) -> tuple[str, str]:
    record = RecordTree(xml)
    digest = hashlib.sha256(xml).hexdigest()
    said = PaperStatement(record.record_id, version, digest, NOW, "Giàng A Páo", SCHOOL, TAX_CODE)
    return write_code(said, PEOPLE.school.key())


def test_the_paper_s_codes_are_drawn_again_and_must_be_this_record_s() -> None:
    xml = signed(primary_record())
    assert checked(drawn(xml, _codes(xml))).ok
    report = checked(drawn(xml, _codes(xml, version=2)))
    assert report.problems == ("pdf.page_differs",)


def _changed(change) -> bytes:  # type: ignore[no-untyped-def]
    writer = IncrementalPdfFileWriter(io.BytesIO(drawn(signed(primary_record()))))
    change(writer)
    return written(writer)


def _note(kind: str):  # type: ignore[no-untyped-def]
    def change(writer) -> None:  # type: ignore[no-untyped-def]
        box = generic.ArrayObject(map(generic.FloatObject, (300, 600, 340, 620)))
        note = generic.DictionaryObject(
            {pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Subtype"): pdf_name(kind),
             pdf_name("/Rect"): box, pdf_name("/F"): generic.NumberObject(4)}
        )  # fmt: skip
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        page["/Annots"] = generic.ArrayObject([writer.add_object(note)])
        writer.update_container(page)

    return change


def _entry(name: str):  # type: ignore[no-untyped-def]
    def change(writer) -> None:  # type: ignore[no-untyped-def]
        writer.root[name] = generic.DictionaryObject()
        writer.update_root()

    return change


@pytest.mark.parametrize(
    "change",
    [_note("/FreeText"), _note("/Widget"), _entry("/OCProperties"), _entry("/AA")],
    ids=["a note", "a field", "layers", "actions"],
)
def test_what_pages_may_show_elsewhere_is_not_believed(change) -> None:  # type: ignore[no-untyped-def]
    assert "pdf.page_differs" in checked(_changed(change)).problems


def test_a_seal_of_another_school_of_the_name_is_not_the_record_s() -> None:
    other = PEOPLE.authority.organisation(SCHOOL, "2800999999").key()
    sealed = seal_view(drawn(signed(primary_record())), other, SCHOOL, NOW)
    report = verify_pdf(sealed, PEOPLE.trust, NOW)
    assert (report.ok, report.undecided) == (False, False)
    assert "pdf.sealed_by_another" in report.problems


def test_a_seal_by_the_name_alone_is_left_open() -> None:
    bare = PEOPLE.authority.organisation(SCHOOL).key()
    report = verify_pdf(
        seal_view(drawn(signed(primary_record())), bare, SCHOOL, NOW), PEOPLE.trust, NOW
    )
    assert (report.ok, report.undecided) == (False, True)
    assert report.signatures[0].problems == ("school_certificate_not_numbered",)
