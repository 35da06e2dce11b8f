"""Evidence behind a sealed view: what it proves, and that nothing else may follow a seal."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from app.clock import now
from app.model.signing import CheckState, FileReport, SignerRole
from app.signing.pdf.evidence import _supply, extend_view
from app.signing.pdf.verification import verify_pdf
from app.signing.trust.proven_time import RevocationData
from app.signing.trust.timestamps import time_request, token_of
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.pki.authority import Services, serving
from tests.fixtures.schools.proven_school import ProvenSchool

_AGES = timedelta(days=365 * 30)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with serving(tmp_path_factory.mktemp("tsa"), now()) as running:
        yield running


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, services: Services) -> Iterator[ProvenSchool]:
    made = ProvenSchool(tmp_path_factory.mktemp("school"), services)
    made.seal()
    assert made.service.run().proven == 1
    yield made
    made.made.close()


def stamping(services: Services) -> Callable[[bytes], bytes]:
    """A genuine authority, as anybody may ask it."""

    def stamp(digest: bytes) -> bytes:
        request, nonce = time_request(digest)
        return token_of(services.answer("/tsa", request) or b"", nonce)

    return stamp


def codes(report: FileReport) -> set[str]:
    return set(report.problems) | {p for s in report.signatures for p in s.problems}


def test_the_sealed_view_stays_and_the_evidence_follows_its_last_byte(
    school: ProvenSchool,
) -> None:
    assert school.view.startswith(school.sealed)
    assert len(school.view) > len(school.sealed)
    before, after = school.checked_view(school.sealed), school.checked_view()
    assert before.ok
    assert {s.state for s in before.signatures} == {CheckState.VALID_NOT_CHECKED_ONLINE}
    assert after.ok
    assert after.content_intact
    assert {s.slot for s in after.signatures} == {"pdf", "GVCN", "CBQL", "KY_PHAT_HANH"}
    assert {s.state for s in after.signatures} == {CheckState.VALID}
    assert all(s.proven_time and not s.not_checked for s in after.signatures)


def test_long_after_every_certificate_has_ended_the_file_alone_proves_it(
    school: ProvenSchool,
) -> None:
    report = school.checked_view(after=_AGES)
    assert report.ok
    assert {s.state for s in report.signatures} == {CheckState.VALID}
    without = school.checked_view(school.sealed, after=_AGES)
    assert all("certificate_ended" in s.not_checked for s in without.signatures)


def test_other_programs_accept_the_file(school: ProvenSchool, tmp_path: Path) -> None:
    file = tmp_path / "view.pdf"
    file.write_bytes(school.view)
    told = {
        tool: subprocess.run([*tool, str(file)], capture_output=True, text=True, check=True).stdout
        for tool in (("pdfsig", "-nocert"), ("qpdf", "--check"))
    }
    said = told["pdfsig", "-nocert"]
    assert "Signature is Valid" in said
    assert "DauThoiGian1" in said
    assert "Total document signed" in said
    assert "No syntax or stream encoding errors" in told["qpdf", "--check"]


def test_a_second_time_stamp_renews_the_first(school: ProvenSchool, services: Services) -> None:
    renewed = extend_view(school.view, None, (), stamping(services))
    report = school.checked_view(renewed)
    assert report.ok
    assert {s.state for s in report.signatures} == {CheckState.VALID}
    first = {s.proven_time for s in school.checked_view().signatures}
    assert {s.proven_time for s in report.signatures} == first


# --- attacks ----------------------------------------------------------------------------------


def _overlay(writer: IncrementalPdfFileWriter) -> None:
    """Another picture on the first page."""
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = generic.ArrayObject(
        [writer.add_object(generic.StreamObject(stream_data=b"BT ET"))]
    )
    writer.update_container(page)


def _replaced_record(writer: IncrementalPdfFileWriter) -> None:
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    stream = generic.StreamObject(stream_data=b"<HOC_BA/>")
    names[1]["/EF"]["/F"] = writer.add_object(stream)
    writer.update_container(names[1]["/EF"])


def _new_title(writer: IncrementalPdfFileWriter) -> None:
    writer.set_info(generic.DictionaryObject({generic.pdf_name("/Title"): generic.pdf_string("x")}))


def _visible_field(writer: IncrementalPdfFileWriter) -> None:
    """A time-stamp's own picture over the marks."""
    number = b"DauThoiGian1" in writer.prev.stream.getvalue()
    append_signature_field(writer, SigFieldSpec(f"DauThoiGian{1 + number}", box=(50, 50, 500, 700)))


def _metadata(writer: IncrementalPdfFileWriter) -> None:
    stream = generic.StreamObject(stream_data=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    writer.root["/Metadata"] = writer.add_object(stream)
    writer.update_root()


def _hidden_object(writer: IncrementalPdfFileWriter) -> None:
    writer.add_object(generic.StreamObject(stream_data=b"a picture for a reader that looks"))
    writer.update_root()


@pytest.mark.parametrize(
    "attack", [_overlay, _replaced_record, _new_title, _visible_field, _metadata, _hidden_object]
)
@pytest.mark.parametrize("stamped_again", [True, False])
@pytest.mark.parametrize("proven_before", [True, False])
def test_nothing_but_evidence_may_follow_a_seal(
    school: ProvenSchool,
    services: Services,
    attack: Callable[[IncrementalPdfFileWriter], None],
    stamped_again: bool,
    proven_before: bool,
) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(school.view if proven_before else school.sealed))
    attack(writer)
    out = io.BytesIO()
    writer.write(out)
    changed = out.getvalue()
    if stamped_again:
        changed = extend_view(changed, None, (), stamping(services))
    report = school.checked_view(changed)
    assert not report.ok
    assert codes(report) & {"pdf.changed_later", "pdf.not_whole_file", "evidence_invalid"}


def test_revocation_data_without_a_time_stamp_is_not_enough(school: ProvenSchool) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(school.sealed))
    _supply(writer, RevocationData(), [school.people[SignerRole.SCHOOL].certificate])  # type: ignore[arg-type]
    out = io.BytesIO()
    writer.write(out)
    report = school.checked_view(out.getvalue())
    assert not report.ok
    assert "pdf.not_whole_file" in codes(report)


@pytest.mark.parametrize(("count", "size"), [(257, 1), (26, 1024 * 1024)])
def test_a_heap_of_revocation_data_is_not_unpacked(
    school: ProvenSchool, services: Services, count: int, size: int
) -> None:
    """The same stream, named again and again: a small file that would fill the memory."""
    writer = IncrementalPdfFileWriter(io.BytesIO(school.sealed))
    one = writer.add_object(generic.StreamObject(stream_data=bytes(size)))
    lists = generic.ArrayObject([one] * count)
    writer.root["/DSS"] = writer.add_object(
        generic.DictionaryObject({generic.pdf_name("/CRLs"): lists})
    )
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    report = school.checked_view(extend_view(out.getvalue(), None, (), stamping(services)))
    assert not report.ok
    assert "evidence_invalid" in report.problems


def _one_byte_more(pdf: bytes) -> bytes:
    return pdf + b"\n"


def _behind_the_token(pdf: bytes) -> bytes:
    """In the place kept for the time-stamp, which no digest covers."""
    end = pdf.rindex(b"0" * 64) + 60
    return pdf[:end] + b"beef" + pdf[end + 4 :]


def _a_torn_token(pdf: bytes) -> bytes:
    place = pdf.rindex(b"/Contents <") + 2000
    return pdf[:place] + (b"00" if pdf[place : place + 2] != b"00" else b"11") + pdf[place + 2 :]


def _a_flipped_answer(pdf: bytes) -> bytes:
    place = pdf.rindex(b"/OCSPs")
    return pdf[:place] + b"/OCSPx" + pdf[place + 6 :]


@pytest.mark.parametrize(
    "change", [_one_byte_more, _behind_the_token, _a_torn_token, _a_flipped_answer]
)
def test_evidence_that_was_touched_is_refused(
    school: ProvenSchool, change: Callable[[bytes], bytes]
) -> None:
    changed = change(school.view)
    assert changed != school.view
    assert not school.checked_view(changed).ok


def test_a_time_stamp_by_a_stranger_proves_nothing(school: ProvenSchool, tmp_path: Path) -> None:
    with serving(tmp_path / "stranger", now()) as stranger:
        extended = extend_view(school.sealed, None, (), stamping(stranger))
    report = school.checked_view(extended)
    assert not report.ok
    assert "evidence_invalid" in report.problems
    assert not any(s.proven_time for s in report.signatures)


def test_a_time_stamp_by_a_revoked_authority_proves_nothing(
    school: ProvenSchool, services: Services
) -> None:
    """By the list that the view carries itself."""
    made = services.authority
    (serial,) = (n for n, c in made.issued.items() if "TSA" in c.subject.rfc4514_string())
    made.revoked[serial] = now() - timedelta(hours=1)
    data = RevocationData((made.crl(1),))
    del made.revoked[serial]
    report = school.checked_view(extend_view(school.sealed, data, (), stamping(services)))
    assert not report.ok
    assert "evidence_invalid" in report.problems


@pytest.mark.parametrize(
    ("behind", "ok"), [(timedelta(days=1), True), (timedelta(days=999), False)]
)
def test_a_clock_that_is_behind_makes_no_evidence_false(
    school: ProvenSchool, services: Services, behind: timedelta, ok: bool
) -> None:
    trust = TrustStore([services.authority.root])
    report = verify_pdf(school.view, trust, now() - behind)
    assert (report.ok, report.undecided) == (ok, not ok)
    assert report.problems == ()
