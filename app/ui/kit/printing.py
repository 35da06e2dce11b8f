"""A PDF onto a printer, page by page. Off the GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSize
from PySide6.QtGui import QPageLayout, QPageSize, QPainter
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPrintSupport import QPrinter

from app.errors import RenderFailed
from app.work import WorkContext

_SHARPEST_DPI = 300


_POINTS = 72


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
