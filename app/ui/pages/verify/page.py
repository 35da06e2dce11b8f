"""Kiểm tra học bạ: drop files or folders; each signature is judged, nothing is sent anywhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.errors import Cancelled
from app.files import write_whole
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import Card, Column, DataTable, EmptyState, Notice, button, row
from app.ui.kit.printing import a4_printer, print_pages
from app.ui.pages.verify.data import FileRow, examine, rows_of
from app.ui.pages.verify.details import VerificationDetails
from app.ui.shell.page import Page, PrimaryAction
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.theme.theme import Tone
from app.verification import ExaminedFile
from app.verification.sheet import check_pdf, counted
from app.work import CancelToken, WorkContext

T = TypeVar("T")
_KINDS = (
    "Học bạ, gói dữ liệu (*.xml *.pdf *.hbx *.hbr *.hocba-hs *.zip *.hbreg *.png *.jpg *.jpeg "
    "*.tif *.tiff);;Mọi tệp (*)"
)


class VerifyPage(Page):
    key, title, icon = "verify", "Kiểm tra học bạ", "shield"
    at_bottom = True

    def __init__(
        self,
        services: Services,
        runner: TaskRunner,
        dialogs: DialogService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._services, self._runner = services, runner
        self._running: CancelToken | None = None
        self._found = ExaminedFile((), ())
        self.summary = Notice("")
        self.summary.hide()
        self.table = DataTable(
            "Các tệp đã kiểm tra",
            (
                Column("Tệp", lambda r: r.name, strong=True, tip=lambda r: r.place),
                Column("Kết luận", lambda r: r.verdict, 150, chip=lambda r: r.tone),
            ),
            EmptyState(
                "shield",
                "Chưa có tệp nào",
                "Kéo thả học bạ (XML, PDF, ảnh chụp tờ in), gói dữ liệu, biên nhận, hồ sơ chuyển "
                "trường, sổ đợt ký hoặc cả thư mục vào đây. Tệp không rời khỏi máy này.",
                "Chọn tệp",
                self.choose,
            ),
        )
        self.table.selected.connect(self._show_row)
        self.details = VerificationDetails()
        self.paper = button("In kết quả…", "print")
        self.paper.clicked.connect(self._ask_print)
        self.keep = button("Lưu PDF…", "save")
        self.keep.clicked.connect(self._ask_where)
        for each in (self.paper, self.keep):
            each.setEnabled(False)
        folder = button("Chọn thư mục", "folder")
        folder.clicked.connect(self._choose_folder)
        both = QSplitter()
        both.addWidget(Card("Tệp", margin=3).add(self.table))
        both.addWidget(Card("Từng chữ ký", margin=3).add(self.details))
        for half in (0, 1):
            both.setStretchFactor(half, 1)
        both.setSizes([500, 500])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setSpacing(14)
        layout.addWidget(self.summary)
        layout.addWidget(both, 1)
        layout.addLayout(row(folder, 2, self.paper, self.keep, None))

    @property
    def heading(self) -> str:
        return "Kiểm tra học bạ đã ký"

    @property
    def primary_action(self) -> PrimaryAction:
        if self._running is not None:
            return PrimaryAction("Dừng", "stop", self._running.cancel, emphasized=False)
        return PrimaryAction("Chọn tệp", "file_in", self.choose)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and self._running is None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.check(paths)

    def choose(self) -> None:
        chooser = self._chooser("Chọn tệp cần kiểm tra", QFileDialog.FileMode.ExistingFiles)
        chooser.setNameFilter(_KINDS)
        chooser.open()

    def _choose_folder(self) -> None:
        self._chooser("Chọn thư mục cần kiểm tra", QFileDialog.FileMode.Directory).open()

    def _chooser(self, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
        chooser = QFileDialog(self, title)
        chooser.setFileMode(mode)
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.filesSelected.connect(lambda names: self.check([Path(name) for name in names]))
        return chooser

    def check(self, paths: list[Path]) -> None:
        """Check files and folders, and show what was found."""
        if not paths or self._running is not None:
            return
        self.summary.say("Đang kiểm tra…")
        self.summary.show()
        self._running = self._runner.run(
            Lane.TOKEN,
            partial(examine, self._services, paths),
            owner=self,
            done=self._show,
            failed=self._fail,
            title="Kiểm tra học bạ",
        )
        self.heading_changed.emit()

    def _show(self, found: ExaminedFile) -> None:
        self._rest()
        self._found = found
        rows = rows_of(found)
        tones = {each.tone for each in rows}
        if not rows:
            self.summary.say(
                "Không có học bạ nào ở đó", "Hãy chọn tệp XML, PDF hoặc gói dữ liệu.", Tone.WAITS
            )
        elif Tone.DECIDE in tones:
            self.summary.say(counted(found), "", Tone.DECIDE, "attention")
        elif Tone.WAITS in tones:
            self.summary.say(counted(found), "", Tone.WAITS, "attention")
        else:
            self.summary.say(f"Cả {len(rows)} tệp đều đạt", "", Tone.DONE, "checked")
        self.table.show_rows(rows)
        for each in (self.paper, self.keep):
            each.setEnabled(bool(rows))
        self._show_row(rows[0] if rows else None)

    def _show_row(self, chosen: object) -> None:
        if isinstance(chosen, FileRow):
            verdict, *rest = chosen.lines
            words = verdict.removeprefix(f"{chosen.place}: ")
            self.details.show_lines(
                chosen.name, words[:1].upper() + words[1:], tuple(rest), chosen.tone
            )
        else:
            self.details.clear()

    def _fail(self, error: BaseException) -> None:
        self._rest()
        if isinstance(error, Cancelled):
            self.summary.say("Đã dừng, chưa kiểm tra hết")
            return
        said = explain(error)
        self.summary.say(said.what, said.todo, Tone.WAITS, "attention")

    def _rest(self) -> None:
        self._running = None
        self.heading_changed.emit()

    # --- on paper ---------------------------------------------------------------------------

    def _ask_where(self) -> None:
        chooser = QFileDialog(self, "Lưu kết quả")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setNameFilter("PDF (*.pdf)")
        chooser.selectFile("ket-qua-kiem-tra.pdf")
        chooser.setDefaultSuffix("pdf")
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(lambda name: self.save_evidence(Path(name)))
        chooser.open()

    def save_evidence(self, file: Path) -> None:
        """What was found, file by file, as a PDF to print."""
        found, moment = self._found, self._services.now()

        def save(_: WorkContext) -> None:
            write_whole(file, check_pdf(found, moment))

        self._paper_work(save, lambda _: f"Đã lưu kết quả vào {file}")

    def _ask_print(self) -> None:
        printer = a4_printer()
        printer.setDocName("Kết quả kiểm tra học bạ số")
        dialog = QPrintDialog(printer, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def finished(result: int) -> None:
            if result == QDialog.DialogCode.Accepted.value:
                self.print_on(printer)

        dialog.finished.connect(finished)
        QDialog.open(dialog)

    def print_on(self, printer: QPrinter) -> None:
        found, moment = self._found, self._services.now()
        self._paper_work(
            lambda context: print_pages(check_pdf(found, moment), printer, context),
            lambda count: f"Đã gửi {count} trang đến máy in",
        )

    def _paper_work(self, work: Callable[[WorkContext], T], words: Callable[[T], str]) -> None:
        self._runner.run(
            Lane.TOKEN,
            work,
            owner=self,
            done=lambda made: self.summary.say(words(made), counted(self._found)),
            failed=self._fail,
            title="Lập kết quả kiểm tra",
        )
