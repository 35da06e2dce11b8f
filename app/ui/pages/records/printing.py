"""Print preview and printing: one record, all years of a pupil, or a class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPdfWidgets import QPdfView
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QWidget

from app.files import write_whole
from app.model.transcript import TranscriptHead
from app.services import Services
from app.ui.kit import Notice, button, column, row, text
from app.ui.kit.printing import a4_printer, print_pages
from app.ui.pages.records.data import ClassRecords, PupilRecord
from app.ui.pages.records.paper import PrintableRecord, booklet_paper, class_paper, record_paper
from app.ui.pages.records.view import RecordsPageActions
from app.ui.theme import theme
from app.ui.theme.theme import Tone, Type
from app.work import WorkContext


class PrintPreview(QWidget):
    """The very PDF that is printed; pages are drawn as they come into sight."""

    print_wanted = Signal()
    save_wanted = Signal()
    back_wanted = Signal()

    def __init__(self, paper: PrintableRecord) -> None:
        super().__init__()
        self._buffer = QBuffer(self)
        self._buffer.setData(QByteArray(paper.pdf))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self.document = QPdfDocument(self)
        self.document.load(self._buffer)
        self.view = QPdfView(self)
        self.view.setAccessibleName(paper.title)
        self.view.setPageMode(QPdfView.PageMode.MultiPage)
        self.view.setZoomMode(QPdfView.ZoomMode.FitInView)
        self.view.setDocument(self.document)
        self.view.setMinimumHeight(160)
        ground = self.view.palette()
        ground.setColor(QPalette.ColorRole.Dark, theme.color("ground"))
        self.view.setPalette(ground)
        go = button("In…", "print", primary=True)
        go.clicked.connect(self.print_wanted)
        save = button("Lưu PDF…", "save")
        save.clicked.connect(self.save_wanted)
        self._zoom = button("Vừa chiều ngang", "show")
        self._zoom.clicked.connect(self._turn_zoom)
        back = button("Quay lại", "left")
        back.clicked.connect(self.back_wanted)
        pages = text(f"{self.document.pageCount()} trang A4", muted=True)
        head = row(text(paper.title, Type.SUBTITLE, wrap=True), pages, back)
        head.setStretch(0, 1)
        layout = column(head, row(go, save, self._zoom, None), margin=4, gap=2)
        if paper.left_out:
            years = ", ".join(year.replace("-", "–") for year in paper.left_out)
            told = "Mã học sinh trong học bạ các năm này khác; hãy in riêng từng năm."
            layout.addWidget(Notice(f"Không có năm học {years}", told, Tone.WAITS))
        layout.addWidget(self.view, 1)
        self.setLayout(layout)

    def _turn_zoom(self) -> None:
        modes = QPdfView.ZoomMode
        whole = self.view.zoomMode() is modes.FitInView
        self.view.setZoomMode(modes.FitToWidth if whole else modes.FitInView)
        self._zoom.setText(" Vừa cả trang" if whole else " Vừa chiều ngang")


class PrintActions(RecordsPageActions):
    def record(self, who: PupilRecord) -> None:
        self._preview_of(who, record_paper)

    def booklet(self, who: PupilRecord) -> None:
        self._preview_of(who, booklet_paper)

    def whole_class(self, shown: ClassRecords) -> None:
        self._class(shown, self.preview)

    def save_class(self, shown: ClassRecords) -> None:
        """All records of the class as one PDF."""
        self._class(shown, self.ask_save)

    def preview(self, paper: PrintableRecord) -> None:
        view = PrintPreview(paper)
        view.back_wanted.connect(self.face.home)
        view.save_wanted.connect(lambda: self.ask_save(paper))
        view.print_wanted.connect(lambda: self.ask_print(paper))
        self.face.panel.show_step(view)

    def ask_save(self, paper: PrintableRecord) -> None:
        self.ask_target(paper.file_name, "PDF (*.pdf)", lambda path: self.save_to(path, paper))

    def save_to(self, path: Path, paper: PrintableRecord) -> None:
        self.work(
            lambda _: write_whole(path, paper.pdf),
            lambda _: self.face.say(f"Đã lưu {paper.title}.", str(path)),
        )

    def ask_print(self, paper: PrintableRecord) -> None:
        printer = a4_printer()
        printer.setDocName(paper.title)
        dialog = QPrintDialog(printer, self.face.page)
        dialog.setOption(QPrintDialog.PrintDialogOption.PrintPageRange)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def finished(result: int) -> None:
            if result == QDialog.DialogCode.Accepted.value:
                self.print_on(printer, paper)

        dialog.finished.connect(finished)
        QDialog.open(dialog)

    def print_on(self, printer: QPrinter, paper: PrintableRecord) -> None:
        self.work(
            lambda context: print_pages(paper.pdf, printer, context),
            lambda count: self.face.say(f"Đã gửi {count} trang đến máy in.", paper.title),
            f"In {paper.title}",
        )

    def _preview_of(
        self, who: PupilRecord, make: Callable[[Services, TranscriptHead], PrintableRecord]
    ) -> None:
        if who.head is not None:
            head = who.head
            self.work(lambda _: make(self.face.services, head), self.preview)

    def _class(self, shown: ClassRecords, done: Callable[[PrintableRecord], None]) -> None:
        rows = sorted(shown.locked, key=lambda each: each.number)
        heads = tuple(each.head for each in rows if each.head is not None)

        def make(context: WorkContext) -> PrintableRecord:
            return class_paper(self.face.services, heads, context)

        if heads:
            self.work(make, done, f"Lập học bạ cả lớp {shown.name}")
