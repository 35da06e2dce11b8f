"""Nhập danh sách: choose a file, look at what would happen, decide, import, done."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QStackedWidget, QVBoxLayout, QWidget

from app import clock
from app.roster.enrolling import Enrolled
from app.services import Services
from app.ui import theme
from app.ui.messages import explain
from app.ui.pages.classes_import_data import Answers, Preview, compare, read_preview
from app.ui.pages.classes_preview import PreviewPage
from app.ui.pages.form import choice, chosen, line, words_of
from app.ui.task_runner import Lane, TaskRunner
from app.ui.theme import Tone, Type
from app.ui.widgets import Card, ErrorBanner, Step, StepStrip, button, glyph, row, text
from app.work import Progress, WorkContext

SHEETS = "Bảng tính (*.xlsx *.xls *.csv *.ods *.xlsm);;Mọi tệp (*)"
STEPS = (("folder", "Chọn tệp"), ("list", "Xem trước"), ("checked", "Kết quả"))


class ImportWizard(QWidget):
    """Three steps in the page's place; nothing is written before 'Nhập … học sinh'."""

    closed = Signal()
    changed = Signal()
    """What the title row offers says something else now."""

    def __init__(self, services: Services, runner: TaskRunner) -> None:
        super().__init__()
        self._services = services
        self._runner = runner
        self.preview: Preview | None = None
        self.file: Path | None = None
        self._busy = False
        self._strip = StepStrip()
        self.banner = ErrorBanner()
        self.choice = ChooseFile()
        self.choice.chosen.connect(self.read)
        self.shown = PreviewPage()
        self.shown.answered.connect(self._answer)
        self.shown.refused_wanted.connect(self._save_refused)
        self._result = QWidget()
        self._stack = QStackedWidget()
        for page in (self.choice, self.shown, self._result):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(Card(margin=3).add(self._strip))
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)
        self.begin()

    @property
    def step(self) -> int:
        return self._stack.currentIndex()

    @property
    def can_import(self) -> bool:
        return self.step == 1 and self.preview is not None and self.preview.pupils > 0 and self.idle

    @property
    def idle(self) -> bool:
        return not self._busy

    def begin(self, class_name: str = "") -> None:
        """From the first step."""
        self.preview = None
        self.banner.hide()
        self.choice.class_name.setText(class_name)
        self.choice.show_busy("")
        self._go(0)

    def read(self, file: Path) -> None:
        """Read the sheet off the GUI thread; a sheet that is none is said so."""
        self.file = file
        self.banner.hide()
        year, class_name = self.choice.school_year, words_of(self.choice.class_name)
        self._set_busy(True)
        self.choice.show_busy(f"Đang đọc {file.name}")

        def work(context: WorkContext) -> Preview:
            return read_preview(self._services, file, year, class_name, context)

        self._runner.run(
            Lane.DATABASE,
            work,
            owner=self,
            done=self._read,
            failed=self._failed,
            progress=self.choice.show_progress,
            title="Đọc danh sách",
        )

    def carry_out(self) -> None:
        """Import what the preview shows."""
        preview = self.preview
        if preview is None:
            return
        self._set_busy(True)

        def work(_: WorkContext) -> Enrolled:
            return self._services.enrolling.apply(preview.plan, preview.changes)

        self._runner.run(
            Lane.DATABASE,
            work,
            owner=self,
            done=self._done,
            failed=self._failed,
            title=f"Nhập {preview.pupils} học sinh",
        )

    # --- steps ------------------------------------------------------------------------------

    def _go(self, step: int) -> None:
        self._stack.setCurrentIndex(step)
        tones = [Tone.DONE if n < step else Tone.WAITS if n == step else Tone.NEUTRAL
                 for n in range(3)]  # fmt: skip
        details = ["xong" if n < step else "đang ở đây" if n == step else "" for n in range(3)]
        self._strip.show_steps(
            [
                Step(icon, name, detail, tone)
                for (icon, name), detail, tone in zip(STEPS, details, tones, strict=True)
            ]
        )
        self.changed.emit()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.shown.setEnabled(not busy)
        self.changed.emit()

    def _read(self, preview: Preview) -> None:
        self._set_busy(False)
        self.choice.show_busy("")
        self._show(preview)
        self._go(1)

    def _show(self, preview: Preview) -> None:
        self.preview = preview
        self.shown.show_preview(preview, self.file.name if self.file else "")
        self.changed.emit()

    def _answer(self, answers: Answers) -> None:
        preview = self.preview
        if preview is None:
            return

        def work(_: WorkContext) -> Preview:
            return compare(self._services, preview.read, answers)

        self._runner.run(Lane.DATABASE, work, owner=self, done=self._show, failed=self._failed)

    def _failed(self, error: BaseException) -> None:
        self._set_busy(False)
        self.choice.show_busy("")
        self.banner.show_message(explain(error))

    def _save_refused(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Lưu dòng không nhận", "dong-khong-nhan.xlsx", "Excel (*.xlsx)"
        )
        if name:
            self.save_refused_to(Path(name))

    def save_refused_to(self, file: Path) -> None:
        preview = self.preview
        if preview is None:
            return

        def work(_: WorkContext) -> int:
            from app.roster.sheet_out import write_refused

            return write_refused(file, preview.plan)

        self._runner.run(
            Lane.DATABASE,
            work,
            owner=self,
            done=lambda count: self.shown.say_saved(file, count),
            failed=self._failed,
        )

    def _again(self) -> None:
        self.begin()

    def _done(self, made: Enrolled) -> None:
        self._set_busy(False)
        page = _result(made)
        back = button("Xem các lớp", "class", primary=True)
        back.clicked.connect(self.closed)
        more = button("Nhập tệp khác", "file_in")
        more.clicked.connect(self._again)
        page.add(2, row(back, more, None), None)
        self._stack.removeWidget(self._result)
        self._result.deleteLater()
        self._result = page
        self._stack.addWidget(page)
        self._go(2)


class ChooseFile(QFrame):
    """A place to drop a file on, and a button to choose one."""

    chosen = Signal(Path)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAcceptDrops(True)
        self.setAccessibleName("Thả tệp danh sách vào đây")
        centre = Qt.AlignmentFlag.AlignHCenter
        self._title = text("", Type.SUBTITLE, wrap=True)
        self._title.setAlignment(centre)
        self._doing = text("", muted=True)
        self._doing.setAlignment(centre)
        self.pick = button("Chọn tệp Excel", "folder", primary=True)
        self.pick.clicked.connect(self._pick)
        today = clock.school_year_of(clock.now())
        first = int(today[:4])
        years = [f"{year}-{year + 1}" for year in (first, first - 1, first + 1)]
        self._year = choice(
            "Năm học",
            [("", "Theo tệp"), *((year, year.replace("-", "–")) for year in years)],
        )
        self.class_name = line("Lớp, khi tệp không ghi lớp", "", "Ví dụ: 4A", 12)
        self.class_name.setMaximumWidth(150)
        self._year.setMaximumWidth(170)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(10)
        layout.addStretch(1)
        layout.addWidget(glyph("file_in", "accent", 40), 0, centre)
        layout.addWidget(self._title)
        layout.addWidget(self._doing)
        layout.addWidget(self.pick, 0, centre)
        layout.addSpacing(16)
        options = row(
            None, text("Năm học", muted=True), self._year, 3,
            text("Lớp, khi tệp không ghi lớp", muted=True), self.class_name, None,
        )  # fmt: skip
        layout.addLayout(options)
        layout.addStretch(2)
        self.show_busy("")

    @property
    def school_year(self) -> str:
        return chosen(self._year)

    def show_busy(self, words: str) -> None:
        """Empty words: ready for a file."""
        self._title.setText(words or "Thả tệp danh sách học sinh vào đây")
        self._doing.setText(
            ""
            if words
            else "Excel hoặc CSV của CSDL ngành, SMAS, vnEdu, MISA hay tự lập. "
            "Chưa có gì được ghi ở bước này."
        )
        self.pick.setEnabled(not words)

    def show_progress(self, progress: Progress) -> None:
        self._doing.setText(f"{progress.done} / {progress.total} dòng")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.pick.isEnabled() and _local_file(event) is not None:
            theme.set_style_property(self, "hot", True)
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        theme.set_style_property(self, "hot", False)
        file = _local_file(event)
        if file is not None:
            event.acceptProposedAction()
            self.chosen.emit(file)

    def _pick(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Chọn danh sách học sinh", "", SHEETS)
        if name:
            self.chosen.emit(Path(name))


def _local_file(event: QDropEvent) -> Path | None:
    urls = event.mimeData().urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None


def open_folder(file: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(file.parent)))


def _result(made: Enrolled) -> Card:
    names = ", ".join(section.name for section in made.sections)
    card = Card(margin=6)
    total = made.added + made.changed + made.unchanged
    card.add(
        row(
            glyph("checked", "done", 28), text(f"Đã nhập {total} học sinh", Type.TITLE), None, gap=3
        ),
        text(f"{len(made.sections)} lớp: {names}", muted=True, wrap=True),
        2,
    )
    for count, words in (
        (made.added, "học sinh mới"),
        (made.changed, "học sinh có thay đổi"),
        (made.unchanged, "học sinh giữ nguyên"),
        (made.left, "học sinh đã chuyển đi, thôi học"),
    ):
        if count:
            figure = text(str(count), Type.STRONG)
            figure.setMinimumWidth(48)
            card.add(row(figure, text(words), None))
    card.add(1, text("Việc tiếp theo: chọn GVCN và giáo viên từng môn cho mỗi lớp.", muted=True))
    return card
