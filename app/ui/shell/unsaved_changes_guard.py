"""Closing while work runs: asked once, stopped where that is safe."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject

from app.ui.dialogs import ConfirmDialog, DialogService
from app.ui.shell.main_window import MainWindow
from app.ui.shell.task_runner import TaskRunner


class UnsavedChangesGuard(QObject):
    """Lives with its window."""

    def __init__(self, window: MainWindow, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(window)
        self._window = window
        self._runner = runner
        self._dialogs = dialogs
        self._agreed = False
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.Close or self._agreed or not self._runner.running():
            return super().eventFilter(watched, event)
        event.ignore()
        if self._dialogs.current is None:
            names = ", ".join(task.title for task in self._runner.running())
            dialog = ConfirmDialog(
                "Đóng khi việc đang chạy?",
                f"Đang chạy: {names}. Phần đã xong được giữ lại; phần còn lại làm tiếp lần sau.",
                "Dừng việc và đóng",
                "stop",
            )
            self._dialogs.ask(dialog, self._close)
        return True

    def _close(self) -> None:
        self._agreed = True
        self._window.close()
