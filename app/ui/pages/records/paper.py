"""Records as paper: which PDF to print, and its pages onto a printer. Off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSize
from PySide6.QtGui import QPageLayout, QPageSize, QPainter
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPrintSupport import QPrinter

from app.errors import RenderFailed
from app.model.transcript import TranscriptHead, TranscriptState
from app.services import Services
from app.signing.record.verification import verify_record
from app.transcript import xml_record
from app.transcript.view import Signed, booklet, print_set, render
from app.work import WorkContext

_SHARPEST_DPI = 300
_POINTS = 72
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


def a4_printer() -> QPrinter:
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4),
            QPageLayout.Orientation.Portrait,
            QMarginsF(0, 0, 0, 0),
        )
    )
    printer.setFullPage(True)
    return printer


def print_pages(pdf: bytes, printer: QPrinter, context: WorkContext) -> int:
    """Every page, one in memory at a time; how many. Raises RenderFailed and Cancelled."""
    document, buffer = QPdfDocument(), QBuffer()
    buffer.setData(QByteArray(pdf))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    document.load(buffer)
    painter = QPainter()
    try:
        if document.status() is not QPdfDocument.Status.Ready or not painter.begin(printer):
            raise RenderFailed("printer does not start")
        pages = _chosen(printer, document.pageCount())
        for done, number in enumerate(pages):
            context.step(done, len(pages))
            if done:
                printer.newPage()
            _paint(document, number, painter, printer)
        context.report_done(len(pages))
        return len(pages)
    finally:
        if painter.isActive():
            painter.end()
        document.close()


def _chosen(printer: QPrinter, count: int) -> range:
    """The pages that were asked for in the print dialog, from 0."""
    if not printer.fromPage():
        return range(count)
    return range(printer.fromPage() - 1, min(printer.toPage() or count, count))


def _paint(document: QPdfDocument, number: int, painter: QPainter, printer: QPrinter) -> None:
    room = QRectF(printer.paperRect(QPrinter.Unit.DevicePixel))
    points = document.pagePointSize(number)
    scale = min(_SHARPEST_DPI, printer.resolution()) / _POINTS
    size = QSize(round(points.width() * scale), round(points.height() * scale))
    painter.drawImage(QRectF(0, 0, room.width(), room.height()), document.render(number, size))


def _signed(services: Services, xml: bytes) -> Signed:
    return xml, verify_record(xml, services.trust, services.now()).signatures


def _code(xml: bytes) -> str:
    return xml_record.parse(xml).pupil.code
