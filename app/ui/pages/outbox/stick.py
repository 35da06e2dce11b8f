"""Đi bằng USB: parcels out to a stick, the department's word back, on one line of the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QScrollArea

from app.errors import Cancelled, StickError
from app.parcel.publication import SUFFIX as PUBLICATION
from app.parcel.stick import RECEIPTS
from app.services import Services
from app.sync.stick import CopiedParcels, StickAnswers
from app.sync.stick_words import copied_line, file_lines, taken_line
from app.ui.kit import Notice, button
from app.ui.kit.menus import menu
from app.ui.pages.outbox.data import OutboxReader
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.theme.theme import Tone
from app.work import CancelToken, Progress, WorkContext

_TITLE = "Không có mạng? Mang lên Sở bằng USB."
_HOW = "Chép các gói đã mã hóa ra USB; Sở ghi biên nhận vào chính USB đó để mang về."
_COPY, _TAKE = "Chép ra USB…", "Nhận biên nhận"
_LINES = 3
_T = TypeVar("_T")


class StickLine(Notice):
    """`changed`: rows of the outbox say something else now; `started`: others give way."""

    changed = Signal()
    started = Signal()

    def __init__(self, services: Services, runner: TaskRunner) -> None:
        super().__init__(_TITLE, icon="stick")
        self._services, self._runner = services, runner
        self._cancel: CancelToken | None = None
        self._look = OutboxReader()
        self.copy = button(_COPY)
        self.copy.setToolTip(_HOW)
        self.copy.clicked.connect(self.ask_copy)
        self.take = button(_TAKE)
        self.choices = menu(
            self.take,
            (("Cả USB hoặc một thư mục…", self.ask_take), ("Từng tệp…", self.ask_files)),
        )
        self.take.setMenu(self.choices)
        for each in (self.copy, self.take):
            self._row.addWidget(each)
        self.hide()

    @property
    def working(self) -> bool:
        return self._cancel is not None

    def show_look(self, look: OutboxReader, sending: bool) -> None:
        self._look = look
        self.setVisible(look.enrolled and bool(look.rows))
        idle = not (sending or self.working)
        self.copy.setEnabled(idle and look.waiting > 0)
        self.take.setEnabled(idle)

    def rest(self) -> None:
        """What the last stick brought is old news once something else is done."""
        if not self.working:
            self.say(_TITLE, icon="stick")

    # --- acts -------------------------------------------------------------------------------

    def ask_copy(self) -> None:
        self._ask_folder("Chọn USB hoặc thư mục để chép học bạ", self.copy_to)

    def ask_take(self) -> None:
        self._ask_folder("Chọn USB hoặc thư mục có tệp biên nhận của Sở", self.take_from)

    def ask_files(self) -> None:
        """Receipts also come by mail or Zalo, one file by itself."""
        chooser = self._chooser("Chọn tệp biên nhận hoặc tệp khác của Sở")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFiles)
        chooser.setNameFilter(f"Tệp của Sở (*{RECEIPTS} *{PUBLICATION});;Mọi tệp (*)")
        chooser.filesSelected.connect(lambda names: self.take_from(*map(Path, names)))
        chooser.open()

    def copy_to(self, folder: Path) -> None:
        """Pack what is issued, then copy all that waits."""
        ready = self._look.ready

        def work(context: WorkContext) -> CopiedParcels:
            if ready:
                self._services.delivery.enqueue(ready)
            return self._services.delivery.copy_to_stick(folder, context)

        self._run(work, self._copied, "Chép học bạ ra USB")

    def take_from(self, *paths: Path) -> None:
        self._run(
            lambda context: self._services.delivery.take_from_stick(paths, context),
            self._taken,
            "Nhận biên nhận từ USB",
        )

    def stop(self) -> None:
        if self._cancel is not None:
            self._cancel.cancel()

    # --- working ----------------------------------------------------------------------------

    def _ask_folder(self, title: str, chosen: Callable[[Path], None]) -> None:
        chooser = self._chooser(title)
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        chooser.fileSelected.connect(lambda folder: chosen(Path(folder)))
        chooser.open()

    def _chooser(self, title: str) -> QFileDialog:
        chooser = QFileDialog(self, title)
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return chooser

    def _run(
        self, work: Callable[[WorkContext], _T], done: Callable[[_T], None], title: str
    ) -> None:
        if self.working:
            return
        self._cancel = self._runner.run(
            Lane.NETWORK,  # a slow stick must not keep the rest of the window waiting
            work,
            owner=self,
            done=done,
            failed=self._failed,
            progress=self._progress,
            title=title,
        )
        self.say(f"{title}…", "Đừng rút USB cho đến khi có dòng “Có thể rút USB”.", Tone.MOVING)
        self.offer("Dừng", self.stop)
        for each in (self.copy, self.take):
            each.hide()
        self.started.emit()

    def _progress(self, at: Progress) -> None:
        share = f"{100 * at.done // at.total} % · " if at.total else ""
        self._title.setText(f"{share}{at.what or 'Đang làm'}")

    def _end(self) -> None:
        self._cancel = None
        self.withdraw()
        for each in (self.copy, self.take):
            each.show()
        self.changed.emit()

    def _tell(self, title: str, detail: str, tone: Tone, icon: str = "") -> None:
        """The outcome, brought into sight where the page is higher than the screen."""
        self.say(title, detail, tone, icon)
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if isinstance(above, QScrollArea):
            QTimer.singleShot(0, self, partial(above.ensureWidgetVisible, self))

    def _copied(self, copied: CopiedParcels) -> None:
        self._end()
        if copied.stopped_by is not None:
            message = explain(copied.stopped_by)
            words = f"{message.what} {copied_line(copied)}" if copied.parcels else message.what
            self._tell(words, f"{message.safe} {message.todo}", Tone.DECIDE)
        elif copied.parcels:
            where = f"Trong {copied.folder}. Học bạ vẫn chờ trong máy cho đến khi có biên nhận."
            self._tell(copied_line(copied), where, Tone.DONE, "stick")
        else:
            self._tell(copied_line(copied), _HOW, Tone.NEUTRAL, "stick")

    def _taken(self, taken: StickAnswers) -> None:
        self._end()
        lines = file_lines(taken)
        more = [f"Và {len(lines) - _LINES} tệp khác."] if len(lines) > _LINES else []
        doubtful = taken.returned or any(file.refused for file in taken.files)
        tone = Tone.DECIDE if doubtful else Tone.DONE if taken.files else Tone.NEUTRAL
        detail = "\n".join([*lines[:_LINES], *more])
        self._tell(taken_line(taken), detail or "Có thể rút USB.", tone)

    def _failed(self, error: BaseException) -> None:
        self._end()
        if isinstance(error, Cancelled):
            self._tell("Đã dừng.", "Gói đã chép xong được ghi ở bảng trên.", Tone.NEUTRAL, "stick")
            return
        message = explain(error)
        if isinstance(error, StickError):
            self._tell(message.what, "Cắm lại USB rồi nhận lại; chưa mất gì.", Tone.DECIDE)
        else:
            self._tell(message.what, f"{message.safe} {message.todo}", Tone.DECIDE)
