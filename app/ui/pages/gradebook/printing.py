"""The shown grid on paper: A4 landscape, names and titles repeated on every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QMarginsF, QRectF, Qt
from PySide6.QtGui import QFont, QPageLayout, QPageSize, QPainter, QPen
from PySide6.QtPrintSupport import QPrinter

from app.ui.grid.columns import ColumnKind
from app.ui.grid.model import GradebookModel
from app.ui.theme import theme

_MARGIN_MM = 12
_ROW_MM, _HEAD_MM, _TITLE_MM = 6.2, 8.0, 16.0
_NUMBER_MM, _NAME_MM = 9.0, 48.0
_MM_PER_PIXEL = 0.21
_CENTER = Qt.AlignmentFlag.AlignCenter
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One page: which columns, which rows."""

    columns: Sequence[int]
    rows: range


def landscape_printer() -> QPrinter:
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4),
            QPageLayout.Orientation.Landscape,
            QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM),
            QPageLayout.Unit.Millimeter,
        )
    )
    return printer


def print_grid(model: GradebookModel, printer: QPrinter, heading: str, below: str) -> int:
    """Paint everything the grid shows; how many pages it took."""
    unit = printer.resolution() / 25.4
    room = printer.pageLayout().paintRectPixels(printer.resolution())
    pages = _pages(model, room.width() / unit, room.height() / unit)
    painter = QPainter(printer)
    try:
        painter.scale(unit, unit)
        for number, page in enumerate(pages, 1):
            if number > 1:
                printer.newPage()
            _Paper(painter, model, page).paint(heading, f"{below} · Trang {number}/{len(pages)}")
    finally:
        painter.end()
    return len(pages)


def _pages(model: GradebookModel, width: float, height: float) -> list[_Sheet]:
    per_page = max(1, int((height - _TITLE_MM - _HEAD_MM * 2) / _ROW_MM))
    bands: list[list[int]] = [[]]
    used = 0.0
    free = width - _NUMBER_MM - _NAME_MM
    for place in range(model.columnCount()):
        wide = column_mm(model, place)
        if bands[-1] and used + wide > free:
            bands.append([])
            used = 0.0
        bands[-1].append(place)
        used += wide
    count = model.rowCount()
    slices = [range(at, min(at + per_page, count)) for at in range(0, max(count, 1), per_page)]
    return [_Sheet(band, rows) for band in bands for rows in slices]


def column_mm(model: GradebookModel, place: int) -> float:
    spec = model.columns[place]
    return 70.0 if spec.kind is ColumnKind.TEXT else max(12.0, spec.width * _MM_PER_PIXEL)


class _Paper:
    """Paints one page in millimetres."""

    def __init__(self, painter: QPainter, model: GradebookModel, page: _Sheet) -> None:
        self._painter, self._model, self._page = painter, model, page
        self._pen = QPen(Qt.GlobalColor.gray, 0.15)

    def paint(self, heading: str, below: str) -> None:
        self._words(QRectF(0, 0, 270, 7), heading, _LEFT, size=4.6, bold=True)
        self._words(QRectF(0, 7, 270, 6), below, _LEFT, size=3.2)
        top = _TITLE_MM
        self._head(top)
        for line, row in enumerate(self._page.rows):
            self._row(top + 2 * _HEAD_MM + line * _ROW_MM, row)

    def _head(self, top: float) -> None:
        columns = self._model.columns
        self._cell(QRectF(0, top, _NUMBER_MM, 2 * _HEAD_MM), "STT", bold=True)
        self._cell(QRectF(_NUMBER_MM, top, _NAME_MM, 2 * _HEAD_MM), "Họ và tên", bold=True)
        left = _NUMBER_MM + _NAME_MM
        for place in self._page.columns:
            wide = column_mm(self._model, place)
            group = columns[place].group
            if group:
                self._cell(QRectF(left, top, wide, _HEAD_MM), group)
            title = QRectF(left, top + (_HEAD_MM if group else 0), wide,
                           _HEAD_MM * (1 if group else 2))  # fmt: skip
            self._cell(title, columns[place].title, bold=True)
            left += wide

    def _row(self, top: float, row: int) -> None:
        pupil = self._model.row(row)
        self._cell(QRectF(0, top, _NUMBER_MM, _ROW_MM), str(pupil.number))
        self._cell(QRectF(_NUMBER_MM, top, _NAME_MM, _ROW_MM), pupil.full_name, left=True)
        at = _NUMBER_MM + _NAME_MM
        for place in self._page.columns:
            wide = column_mm(self._model, place)
            kind = self._model.columns[place].kind
            words = self._model.text(row, place)
            # What is not valid is not saved either: it does not belong on paper.
            if self._model.problem_at(row, place):
                words = ""
            self._cell(
                QRectF(at, top, wide, _ROW_MM),
                words,
                left=kind is ColumnKind.TEXT,
                bold=kind is ColumnKind.COMPUTED,
            )
            at += wide

    def _cell(self, room: QRectF, words: str, *, left: bool = False, bold: bool = False) -> None:
        self._painter.setPen(self._pen)
        self._painter.drawRect(room)
        inner = room.adjusted(1, 0, -1, 0)
        self._words(inner, words, _LEFT if left else _CENTER, bold=bold)

    def _words(
        self,
        room: QRectF,
        words: str,
        where: Qt.AlignmentFlag,
        *,
        size: float = 3.0,
        bold: bool = False,
    ) -> None:
        """Text is painted larger and scaled down: fonts have no sizes below one point."""
        painter, scale = self._painter, 0.05
        painter.save()
        painter.setClipRect(room)
        painter.translate(room.topLeft())
        painter.scale(scale, scale)
        font = QFont(theme.families())
        font.setPixelSize(round(size / scale))
        font.setBold(bold)
        painter.setFont(font)
        painter.setPen(Qt.GlobalColor.black)
        large = QRectF(0, 0, room.width() / scale, room.height() / scale)
        flat = " ".join(words.split())
        shown = painter.fontMetrics().elidedText(
            flat, Qt.TextElideMode.ElideRight, round(large.width())
        )
        painter.drawText(large, where, shown)
        painter.restore()
