"""Kiểm tra học bạ: drop files or folders; each signature is judged, nothing is sent anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from app.clock import VIETNAM
from app.errors import Cancelled
from app.services import Services
from app.signing.file_verification import Examined, examine_files
from app.signing.report_words import register_lines, report_lines
from app.ui.dialogs import DialogService
from app.ui.messages import explain
from app.ui.page import Page, PrimaryAction
from app.ui.task_runner import Lane, TaskRunner
from app.ui.theme import Tone
from app.ui.widgets import Card, Column, DataTable, EmptyState, Notice, button, row
from app.work import CancelToken, WorkContext

_KINDS = "Học bạ số (*.xml *.pdf *.hbreg *.png *.jpg *.jpeg *.tif *.tiff);;Mọi tệp (*)"


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file or register in the list."""

    name: str
    verdict: str
    tone: Tone
    lines: tuple[str, ...]


def rows_of(found: Examined) -> list[FileRow]:
    """Failures first; within them in the files' order."""
    rows = []
    for report in found.reports:
        verdict, tone = ("Đạt", Tone.DONE) if report.ok else ("Không đạt", Tone.DECIDE)
        rows.append(_row(report.file, verdict, tone, report_lines(report)))
    for register in found.registers:
        ok = not isinstance(register, str) and register.ok
        name = register if isinstance(register, str) else register.file
        verdict, tone = ("Đủ học bạ", Tone.DONE) if ok else ("Không đạt", Tone.DECIDE)
        rows.append(_row(name, verdict, tone, register_lines(register)))
    return sorted(rows, key=lambda each: each.tone is Tone.DONE)


def _row(name: str, verdict: str, tone: Tone, lines: list[str]) -> FileRow:
    return FileRow(Path(name).name, verdict, tone, tuple(lines))


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
        self._rows: list[FileRow] = []
        self.summary = Notice("Kéo thả tệp hoặc thư mục vào đây", "Tệp không rời khỏi máy này.")
        self.table = DataTable(
            "Các tệp đã kiểm tra",
            (
                Column("Tệp", lambda r: r.name, strong=True, tip=lambda r: r.name),
                Column("Kết luận", lambda r: r.verdict, 130, chip=lambda r: r.tone),
            ),
            EmptyState(
                "shield",
                "Chưa có tệp nào",
                "Kéo thả học bạ (XML, PDF, ảnh chụp tờ in), sổ đợt ký hoặc cả thư mục vào đây.",
                "Chọn tệp",
                self.choose,
            ),
        )
        self.table.selected.connect(self._show_row)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Từng chữ ký của tệp đang chọn")
        self.keep = button("Lưu kết quả để in", "print")
        self.keep.setEnabled(False)
        self.keep.clicked.connect(self._ask_where)
        folder = button("Chọn thư mục", "folder")
        folder.clicked.connect(self._choose_folder)
        both = QSplitter()
        both.addWidget(Card("Tệp", margin=3).add(self.table))
        both.addWidget(Card("Từng chữ ký", margin=3).add(self.details))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setSpacing(14)
        layout.addWidget(self.summary)
        layout.addWidget(both, 1)
        layout.addLayout(row(folder, 2, self.keep, None))

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
        names, _ = QFileDialog.getOpenFileNames(self, "Chọn tệp cần kiểm tra", "", _KINDS)
        self.check([Path(name) for name in names])

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Chọn thư mục cần kiểm tra")
        self.check([Path(name)] if name else [])

    def check(self, paths: list[Path]) -> None:
        """Check files and folders, and show what was found."""
        if not paths or self._running is not None:
            return
        self.summary.say("Đang kiểm tra…")
        self._running = self._runner.run(
            Lane.TOKEN,
            partial(_examine, self._services, paths),
            owner=self,
            done=self._show,
            failed=self._fail,
            title="Kiểm tra học bạ",
        )
        self.heading_changed.emit()

    def _show(self, found: Examined) -> None:
        self._rest()
        self._rows = rows_of(found)
        good = sum(r.tone is Tone.DONE for r in self._rows)
        bad = len(self._rows) - good
        if not self._rows:
            self.summary.say("Không có học bạ nào ở đó", "Hãy chọn tệp XML hoặc PDF.", Tone.WAITS)
        elif bad:
            self.summary.say(f"{bad} tệp không đạt, {good} tệp đạt", "", Tone.DECIDE, "attention")
        else:
            self.summary.say(f"Cả {good} tệp đều đạt", "", Tone.DONE, "checked")
        self.table.show_rows(self._rows)
        self.keep.setEnabled(bool(self._rows))
        self._show_row(self._rows[0] if self._rows else None)

    def _show_row(self, chosen: object) -> None:
        self.details.setPlainText("\n".join(chosen.lines) if isinstance(chosen, FileRow) else "")

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

    def _ask_where(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Lưu kết quả", "ket-qua-kiem-tra.pdf", "PDF (*.pdf)"
        )
        if name:
            self.save_evidence(Path(name))

    def save_evidence(self, file: Path) -> None:
        """What was found, file by file, as a PDF to print."""
        moment = self._services.now().astimezone(VIETNAM).strftime("%H:%M ngày %d/%m/%Y")
        head = ["KẾT QUẢ KIỂM TRA HỌC BẠ SỐ", f"Lúc {moment}", ""]
        lines = [line for each in self._rows for line in (*each.lines, "")]
        writer = QPdfWriter(str(file))
        writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        document = QTextDocument()
        document.setPlainText("\n".join(head + lines))
        document.print_(writer)


def _examine(services: Services, paths: list[Path], context: WorkContext) -> Examined:
    return examine_files(paths, services.trust, services.now(), context)
