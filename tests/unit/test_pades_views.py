"""Views sealed with PAdES: confirmed by pdfsig, and every later change noticed."""

from __future__ import annotations

import io
import re
import subprocess
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from app.errors import Cancelled, CertificateUnfit, SigningFailure
from app.model.signing import FileReport
from app.signing.keys.keys import Scheme
from app.signing.pdf.pades import seal_view, seal_views
from app.signing.pdf.verification import verify_pdf
from app.signing.record.verification import verify_record
from app.signing.trust.practice_pki import Algorithm
from app.transcript.view import render
from app.work import CancelToken, WorkContext
from tests.fixtures.pki.pki import NOW, SCHOOL, primary_record, staffroom
from tests.unit.test_xades_signing import signed

_FORM = """
#set document(date: datetime(year: 2026, month: 5, day: 28))
#set page(paper: "a4")
Học bạ #pagebreak() Trang hai
#pdf.attach("hoc-ba.xml", bytes(sys.inputs.xml), mime-type: "application/xml",
  relationship: "source", description: "Học bạ số")
"""


@cache
def view(upto: str = "") -> bytes:
    """The view of a record as the program draws it."""
    return view_of(signed(primary_record(), upto=upto))


def view_of(xml: bytes) -> bytes:
    return render(xml, verify_record(xml, staffroom().trust, NOW).signatures)


@cache
def sealed(upto: str = "") -> bytes:
    return seal_view(view(upto), staffroom().school.key(), SCHOOL, NOW)


def check(pdf: bytes) -> FileReport:
    return verify_pdf(pdf, staffroom().trust, NOW)


def codes(report: FileReport) -> set[str]:
    return set(report.problems) | {p for s in report.signatures for p in s.problems}


def pdfsig(pdf: bytes, folder: Path) -> str:
    file = folder / "view.pdf"
    file.write_bytes(pdf)
    done = subprocess.run(
        ["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=False
    )
    return done.stdout


@pytest.mark.parametrize("scheme", list(Scheme))
def test_pdfsig_confirms_a_sealed_view(scheme: Scheme, tmp_path: Path) -> None:
    people = staffroom(Algorithm.EC if scheme is Scheme.ECDSA else Algorithm.RSA)
    words = pdfsig(seal_view(view(), people.school.key(scheme), SCHOOL, NOW), tmp_path)
    assert "Signature is Valid" in words
    assert "Total document signed" in words
    assert "ETSI.CAdES.detached" in words
    assert "May 28 2026" in words


def test_a_sealed_view_and_its_record_are_ok_together() -> None:
    report = check(sealed())
    assert report.ok
    assert report.content_intact
    assert [s.slot for s in report.signatures] == ["pdf", "GVCN", "CBQL", "KY_PHAT_HANH"]
    assert report.record_id
    assert report.practice


@pytest.mark.parametrize("scheme", [Scheme.PSS, Scheme.PKCS1, Scheme.ECDSA])
def test_a_batch_of_views_verifies_one_by_one(scheme: Scheme) -> None:
    people = staffroom(Algorithm.EC if scheme is Scheme.ECDSA else Algorithm.RSA)
    ids = [str(UUID(int=n + 1)) for n in range(3)]
    pdfs = [view_of(signed(primary_record(i), people, scheme=scheme)) for i in ids]
    views = list(seal_views(pdfs, people.school.key(scheme), SCHOOL, NOW))
    assert len(set(views)) == 3
    assert all(verify_pdf(v, people.trust, NOW).ok for v in views)


def _appended(pdf: bytes) -> bytes:
    return pdf + b"\n% one more line\n"


def _flipped(pdf: bytes) -> bytes:
    place = pdf.index(b"stream") + 40
    return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]


def _new_revision(pdf: bytes) -> bytes:
    """Another page picture on top: an overlay attack by an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    stream = generic.StreamObject(stream_data=b"BT ET")
    page["/Contents"] = generic.ArrayObject([writer.add_object(stream)])
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _bad_time(pdf: bytes) -> bytes:
    return pdf.replace(b"/M (D", b"/M (X", 1)


def _hidden_in_the_gap(pdf: bytes) -> bytes:
    """After the signature's own bytes, in the place that no digest covers."""
    end = re.search(rb"/Contents <[0-9a-fA-F]+", pdf)
    assert end
    return pdf[: end.end() - 4] + b"beef" + pdf[end.end() :]


@pytest.mark.parametrize(
    "change", [_appended, _flipped, _new_revision, _bad_time, _hidden_in_the_gap]
)
def test_no_later_change_goes_unnoticed(change) -> None:  # type: ignore[no-untyped-def]
    changed = change(sealed())
    assert changed != sealed()
    report = check(changed)
    assert not report.ok
    assert codes(report)


def test_an_unsealed_view_is_not_ok() -> None:
    report = check(view())
    assert not report.ok
    assert "pdf.seal_missing" in report.problems


def test_a_seal_over_an_incomplete_record_is_not_ok() -> None:
    report = check(sealed("KY_PHAT_HANH"))
    assert not report.ok
    assert report.missing_roles == ("school",)


def test_a_seal_by_somebody_else_is_not_ok() -> None:
    stranger = seal_view(view(), staffroom().principal.key(), SCHOOL, NOW)
    assert "pdf.sealed_by_another" in check(stranger).problems


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.7\n" + b"x" * 2000, b"no pdf"])
def test_a_file_that_is_no_pdf_is_said_so(data: bytes) -> None:
    assert check(data).problems == ("pdf.unreadable",)
    with pytest.raises(SigningFailure):
        seal_view(data, staffroom().school.key(), SCHOOL, NOW)


def test_a_sealed_view_is_not_sealed_again() -> None:
    with pytest.raises(SigningFailure):
        seal_view(sealed(), staffroom().school.key(), SCHOOL, NOW)


def test_an_expired_certificate_does_not_seal() -> None:
    begin = NOW.replace(year=2020)
    old = staffroom().authority.organisation(SCHOOL, valid=(begin, NOW.replace(year=2021)))
    with pytest.raises(CertificateUnfit):
        seal_view(view(), old.key(), SCHOOL, NOW)


def test_sealing_hears_a_cancel_between_two_views() -> None:
    context = WorkContext(CancelToken())
    views = seal_views([view(), view()], staffroom().school.key(), SCHOOL, NOW, context)
    assert next(views)
    context.cancel.cancel()
    with pytest.raises(Cancelled):
        next(views)
