"""What acts of the page of records need of the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.errors import Cancelled
from app.files import safe_name
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import ErrorBanner
from app.ui.pages.records.data import PupilRecord
from app.ui.pages.records.detail import RecordPanel
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text import messages
from app.work import WorkContext

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RecordsView:
    """`say` (what, detail), `fail` and `reload` are the page's own; `home` shows the record; `lock`
    and `unlock` are of one pupil alone."""

    page: QWidget
    services: Services
    runner: TaskRunner
    dialogs: DialogService
    panel: RecordPanel
    say: Callable[[str, str], None]
    fail: Callable[[BaseException], None]
    reload: Callable[[], None]
    home: Callable[[], None]
    lock: Callable[[PupilRecord], None]
    unlock: Callable[[PupilRecord], None]


class RecordsPageActions(QObject):
    """Acts of one kind: work on the database lane, steps in the panel, files by choice."""

    def __init__(self, face: RecordsView) -> None:
        super().__init__(face.page)
        self.face = face

    def work(
        self,
        body: Callable[[WorkContext], T],
        done: Callable[[T], None],
        title: str = "",
        banner: ErrorBanner | None = None,
    ) -> None:
        """`banner`: where a failure is said; else on the page."""

        def fail(error: BaseException) -> None:
            if isinstance(error, Cancelled):
                return
            if banner is None:
                self.face.fail(error)
            else:
                banner.show_message(messages.explain(error))

        self.face.runner.run(
            Lane.DATABASE, body, owner=banner or self, done=done, failed=fail, title=title
        )

    def ask_target(self, name: str, kinds: str, act: Callable[[Path], None]) -> None:
        """Ask where to save; `name` is proposed, as far as a file may be called so."""
        name = safe_name(name)
        chooser = self._chooser("Lưu thành tệp", kinds)
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.selectFile(name)
        chooser.setDefaultSuffix(name.rsplit(".", 1)[-1])
        chooser.fileSelected.connect(lambda path: act(Path(path)))
        chooser.open()

    def ask_source(self, title: str, kinds: str, act: Callable[[Path], None]) -> None:
        """Ask which file to read."""
        chooser = self._chooser(title, kinds)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.fileSelected.connect(lambda path: act(Path(path)))
        chooser.open()

    def _chooser(self, title: str, kinds: str) -> QFileDialog:
        chooser = QFileDialog(self.face.page, title)
        chooser.setNameFilter(kinds)
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return chooser
