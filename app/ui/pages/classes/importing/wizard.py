"""Nhập danh sách: choose a file, say what its columns are, look, decide, import, done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from app.errors import Cancelled
from app.roster.enrolling import Enrolled, ImportUndo
from app.services import Services
from app.ui.kit import Card, ErrorBanner, Step, StepStrip
from app.ui.kit.form import words_of
from app.ui.pages.classes.importing.columns import ColumnsPage
from app.ui.pages.classes.importing.data import ImportAnswers, ImportPreview, compare, preview_of
from app.ui.pages.classes.importing.file import ChooseFile, local_file
from app.ui.pages.classes.importing.preview import PreviewPage
from app.ui.pages.classes.importing.result import ImportResultCard, ImportUndoneCard
from app.ui.pages.classes.importing.source import (
    SheetSource,
    chosen_for,
    forget,
    guessed,
    open_source,
    remember,
)
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.theme.theme import Tone
from app.work import CancelToken, Progress, WorkContext

T = TypeVar("T")
_LOW_WINDOW = 600
"""Pixels below which the strip of steps gives way."""
STEPS = (
    ("folder", "Chọn tệp"),
    ("grid", "Chọn cột"),
    ("list", "Xem trước"),
    ("checked", "Kết quả"),
)


class ImportPlace(IntEnum):
    """The wizard's pages, in the order of the strip."""

    FILE = 0
    COLUMNS = 1
    PREVIEW = 2
    RESULT = 3


class ImportWizard(QWidget):
    """Steps in the page's place; nothing is written before 'Nhập … học sinh'."""

    closed = Signal()
    changed = Signal()
    """What the title row offers says something else now."""

    def __init__(self, services: Services, runner: TaskRunner) -> None:
        super().__init__()
        self._services = services
        self._runner = runner
        self.preview: ImportPreview | None = None
        self.source: SheetSource | None = None
        self._undo: ImportUndo | None = None
        self._busy = False
        self._stop: CancelToken | None = None
        self.setAcceptDrops(True)
        self._strip = StepStrip()
        self.banner = ErrorBanner()
        self.choice = ChooseFile()
        self.choice.chosen.connect(self.read)
        self.choice.stop_wanted.connect(self.stop_reading)
        self.columns = ColumnsPage()
        self.columns.changed.connect(self.changed)
        self.columns.forget_wanted.connect(self._forget)
        self.shown = PreviewPage()
        self.shown.answered.connect(self._answer)
        self.shown.refused_wanted.connect(self._save_refused)
        self.shown.columns_wanted.connect(self.choose_columns)
        self.shown.other_wanted.connect(self.begin)
        self._result: Card = Card()
        self._stack = QStackedWidget()
        for page in (self.choice, self.columns, self.shown, self._result):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        self._strip_card = Card(margin=3).add(self._strip)
        layout.addWidget(self._strip_card)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)
        self.begin()

    @property
    def step(self) -> ImportPlace:
        return ImportPlace(self._stack.currentIndex())

    @property
    def can_import(self) -> bool:
        wanted = self.preview is not None and self.preview.does_something
        return self.step is ImportPlace.PREVIEW and wanted and self.idle

    @property
    def can_preview(self) -> bool:
        return self.step is ImportPlace.COLUMNS and self.columns.ready and self.idle

    @property
    def idle(self) -> bool:
        return not self._busy

    def begin(self) -> None:
        """From the first step."""
        self.preview = self.source = self._undo = None
        self.banner.hide()
        self.choice.class_name.setText("")
        self.choice.show_busy("")
        self._go(ImportPlace.FILE)
        self.choice.pick.setFocus()

    def read(self, file: Path) -> None:
        """Read the sheet off the GUI thread; a sheet that is none is said so."""
        year, class_name = self.choice.school_year, words_of(self.choice.class_name)

        def work(context: WorkContext) -> SheetSource | ImportPreview:
            source = open_source(self._services, file, year, class_name, context)
            return source if source.problem() else preview_of(self._services, source, context)

        self._go(ImportPlace.FILE)
        self.choice.show_busy(f"Đang đọc {file.name}")
        self._stop = self._work(
            work, self._read, title=f"Đọc {file.name}", progress=self.choice.show_progress
        )

    def stop_reading(self) -> None:
        if self._stop is not None:
            self._stop.cancel()

    def choose_columns(self) -> None:
        """Show how the columns are understood, to be changed."""
        if self.source is not None:
            self.columns.show_source(self.source, "")
            self._go(ImportPlace.COLUMNS)

    def read_chosen(self) -> None:
        """Read again, with the columns as they were chosen."""
        source = self.source
        if source is None:
            return
        said = self.columns.choices()

        def work(context: WorkContext) -> SheetSource | ImportPreview:
            now = chosen_for(replace(source, class_name=said.class_name), said.headers)
            if said.remember is not None:
                remember(self._services, said.remember)
                now = replace(now, saved=(*now.saved, said.remember))
            return now if now.problem() else preview_of(self._services, now, context)

        self._work(work, self._read, title=f"Đọc {source.path.name}")

    def carry_out(self) -> None:
        """Import what the preview shows, after a copy of what stands now."""
        preview = self.preview
        if preview is None:
            return

        def work(_: WorkContext) -> tuple[Enrolled, bool]:
            copied = self._services.enrolling.back_up()
            return self._services.enrolling.apply(preview.plan, preview.changes), copied

        self._work(work, self._done, title=f"Nhập {preview.pupils} học sinh")

    def take_back(self) -> None:
        """As before the import, unless something was done since."""
        undo = self._undo
        if undo is not None:
            self._work(
                lambda _: self._services.enrolling.take_back(undo),
                lambda _: self._taken_back(),
                title="Quay lại như trước khi nhập",
            )

    def save_refused_to(self, file: Path) -> None:
        preview = self.preview
        if preview is None:
            return

        def work(_: WorkContext) -> int:
            from app.roster.sheet_out import write_refused

            return write_refused(file, preview.plan)

        self._work(work, lambda count: self.shown.say_saved(file, count))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A low window needs its height for the lists; the title says where one is."""
        self._strip_card.setVisible(self.window().height() >= _LOW_WINDOW)
        super().resizeEvent(event)

    # --- a file dropped anywhere ------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.idle and local_file(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        file = local_file(event)
        if file is not None and self.idle:
            event.acceptProposedAction()
            self.read(file)

    # --- steps ------------------------------------------------------------------------------

    def _work(
        self,
        work: Callable[[WorkContext], T],
        done: Callable[[T], None],
        *,
        title: str = "",
        progress: Callable[[Progress], None] | None = None,
    ) -> CancelToken:
        self.banner.hide()
        self._set_busy(True)

        def finished(result: T) -> None:
            self._set_busy(False)
            done(result)

        return self._runner.run(
            Lane.DATABASE,
            work,
            owner=self,
            done=finished,
            failed=self._failed,
            progress=progress,
            title=title,
        )

    def _go(self, step: ImportPlace) -> None:
        self._stack.setCurrentIndex(step)
        steps = []
        for number, (icon, name) in enumerate(STEPS):
            done, here = number < step, number == step
            tone = Tone.DONE if done else Tone.WAITS if here else Tone.NEUTRAL
            steps.append(Step(icon, name, "xong" if done else "đang ở đây" if here else "", tone))
        self._strip.show_steps(steps)
        self.changed.emit()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        for page in (self.columns, self.shown, self._result):
            page.setEnabled(not busy)
        self.changed.emit()

    def _read(self, found: SheetSource | ImportPreview) -> None:
        self.choice.show_busy("")
        if isinstance(found, ImportPreview):
            self.source = found.source
            self._show(found)
            self._go(ImportPlace.PREVIEW)
        else:
            self.source = found
            self.columns.show_source(found, found.problem(), found.problem_sheet())
            self._go(ImportPlace.COLUMNS)

    def _show(self, preview: ImportPreview) -> None:
        self.preview = preview
        self.shown.show_preview(preview, preview.source.path.name)
        self.changed.emit()

    def _answer(self, answers: ImportAnswers) -> None:
        preview = self.preview
        if preview is None:
            return

        def work(_: WorkContext) -> ImportPreview:
            return compare(self._services, preview.source, preview.read, answers)

        self._work(work, self._show)

    def _forget(self, name: str) -> None:
        def work(_: WorkContext) -> SheetSource | None:
            left = forget(self._services, name)
            source = replace(self.source, saved=left) if self.source else None
            return replace(source, headers=guessed(source)) if source else None

        def done(source: SheetSource | None) -> None:
            self.source = source
            if source is not None:
                self.columns.show_source(source, source.problem(), source.problem_sheet())

        self._work(work, done)

    def _failed(self, error: BaseException) -> None:
        self._set_busy(False)
        self.choice.show_busy("")
        if not isinstance(error, Cancelled):
            self.banner.show_message(explain(error))

    def _save_refused(self) -> None:
        dialog = QFileDialog(self, "Lưu dòng không nhận", "", "Excel (*.xlsx)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("xlsx")
        dialog.selectFile("dong-khong-nhan.xlsx")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.save_refused_to(Path(name)))
        dialog.open()

    def _done(self, made: tuple[Enrolled, bool]) -> None:
        enrolled, copied = made
        self._undo = enrolled.undo
        card = ImportResultCard(enrolled, backed_up=copied)
        card.undo_wanted.connect(self.take_back)
        self._show_result(card)

    def _taken_back(self) -> None:
        self._undo = None
        self._show_result(ImportUndoneCard())

    def _show_result(self, card: ImportResultCard | ImportUndoneCard) -> None:
        card.closed.connect(self.closed)
        card.again.connect(self.begin)
        self._stack.removeWidget(self._result)
        self._result.deleteLater()
        self._result = card
        self._stack.addWidget(card)
        self._go(ImportPlace.RESULT)
