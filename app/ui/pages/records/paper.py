"""Records as paper: which PDF to print, and its pages onto a printer. Off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.transcript import TranscriptHead, TranscriptState
from app.services import Services
from app.signing.record.verification import verify_record
from app.transcript import xml_record
from app.transcript.view import Signed, booklet, print_set, render
from app.work import WorkContext

_GONE = (TranscriptState.CANCELLED, TranscriptState.SUPERSEDED, TranscriptState.RECALLED)


@dataclass(frozen=True, slots=True)
class PrintableRecord:
    """A PDF to look at, save or print. `left_out`: years that could not go into a booklet."""

    pdf: bytes
    title: str
    file_name: str
    left_out: tuple[str, ...] = ()


def record_paper(services: Services, head: TranscriptHead) -> PrintableRecord:
    """The sealed view where there is one. Raises RenderFailed."""
    xml, signatures = _signed(services, services.records.get(head).xml)
    pdf = services.records.view(head) or render(xml, signatures)
    title = f"Học bạ của {head.full_name} · phiên bản {head.version}"
    return PrintableRecord(pdf, title, f"Hoc-ba-{head.section_name}-{head.full_name}.pdf")


def booklet_paper(services: Services, head: TranscriptHead) -> PrintableRecord:
    """Every year of the pupil, oldest first, also those that came from another school."""
    store = services.workspace.here()
    years = {r.school_year: r.xml for r in store.foreign.records(head.student_id)}
    for each in store.transcripts.versions(head.student_id):
        if each.state not in _GONE:
            years[each.school_year] = services.records.get(each).xml
    newest = services.records.get(head).xml
    years.setdefault(head.school_year, newest)
    code = _code(newest)
    kept = {year: xml for year, xml in sorted(years.items()) if _code(xml) == code}
    pdf = booklet([_signed(services, xml) for xml in kept.values()])
    left_out = tuple(sorted(years.keys() - kept.keys()))
    count = f"{len(kept)} năm học" if len(kept) > 1 else next(iter(kept)).replace("-", "–")
    title = f"Quyển học bạ của {head.full_name} · {count}"
    return PrintableRecord(pdf, title, f"Quyen-hoc-ba-{head.full_name}.pdf", left_out)


def class_paper(
    services: Services, heads: tuple[TranscriptHead, ...], context: WorkContext
) -> PrintableRecord:
    """The records of a class, each from its cover on, in one file. Raises Cancelled."""
    records = []
    for number, head in enumerate(heads):
        context.step(number, len(heads), head.full_name)
        records.append(_signed(services, services.records.get(head).xml))
    name = heads[0].section_name
    made = PrintableRecord(
        print_set(records), f"{len(heads)} học bạ lớp {name}", f"Hoc-ba-lop-{name}.pdf"
    )
    context.report_done(len(heads))
    return made


def _signed(services: Services, xml: bytes) -> Signed:
    return xml, verify_record(xml, services.trust, services.now()).signatures


def _code(xml: bytes) -> str:
    return xml_record.parse(xml).pupil.code
