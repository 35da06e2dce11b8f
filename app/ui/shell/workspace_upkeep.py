"""What is done for the workspace while nobody waits for it: a copy a day, and a look for damage."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.errors import WorkspaceDamaged
from app.services import Services
from app.store.integrity.backups import backups
from app.ui.pages.settings.backup import BackupPart
from app.ui.pages.settings.page import SettingsPage
from app.ui.shell.main_window import MainWindow
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.work import WorkContext

AGAIN_MS = 4 * 60 * 60 * 1000


class WorkspaceUpkeep(QObject):
    """Copies the workspace once a day, else reads it whole; at the start and every four hours.

    Damage that it finds, or that any work meets, is told once in the window, with the way to the
    copies.
    """

    finished = Signal()
    failed = Signal(object)
    """Error of a copy or a check that came to nothing."""

    def __init__(self, window: MainWindow, services: Services, runner: TaskRunner) -> None:
        super().__init__(window)
        self._window = window
        self._services = services
        self._runner = runner
        self._told = False
        runner.failed.connect(self._meet)

    def start(self) -> None:
        timer = QTimer(self)
        timer.timeout.connect(self.look)
        timer.start(AGAIN_MS)
        self.look()

    def look(self) -> None:
        self._runner.run(
            Lane.UPKEEP,
            self._look_after,
            owner=self,
            done=lambda _: self.finished.emit(),
            failed=self.failed.emit,
        )

    def _look_after(self, context: WorkContext) -> None:
        workspace = self._services.workspace
        workspace.here().audit.require_unbroken()
        copies = backups(workspace.path)
        if copies and copies[0].made_at.date() == self._services.now().date():
            workspace.check()
        else:
            workspace.back_up(context=context)

    def _meet(self, error: BaseException) -> None:
        if self._told or not isinstance(error, WorkspaceDamaged):
            return
        self._told = True
        self._window.errors.show_message(explain(error), self._show_copies)

    def _show_copies(self) -> None:
        self._window.open_page(SettingsPage.key, BackupPart.name)
