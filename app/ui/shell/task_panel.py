"""Long work at the bottom of the page: what, how far, how long still, cancel."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.ui.kit.basics import button, glyph, text
from app.ui.shell.task_runner import RunningTask, TaskRunner
from app.ui.theme import theme
from app.ui.theme.theme import Tone, Type

SHOW_AFTER_MS = 400
"""Work that ends sooner is not worth a moving page."""


def time_left(seconds: float | None) -> str:
    """'còn khoảng 1 phút 10 giây'; empty while nobody can know."""
    if seconds is None:
        return ""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"còn khoảng {whole} giây"
    minutes, rest = divmod(round(whole, -1), 60)
    if minutes >= 10 or not rest:
        return f"còn khoảng {minutes} phút"
    return f"còn khoảng {minutes} phút {rest} giây"


class _TaskLine(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._title = text("", Type.STRONG)
        self._detail = text("", muted=True)
        self._detail.setFont(theme.font(tabular=True))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setMinimumWidth(80)
        self._bar.setMaximumWidth(240)
        theme.set_tone(self._bar, Tone.MOVING)
        self._stop = button("Dừng", "stop")
        self._stop.clicked.connect(self._cancel)
        self._task: RunningTask | None = None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(glyph("clock", "moving"))
        layout.addWidget(self._title)
        layout.addWidget(self._detail, 2)
        layout.addWidget(self._bar, 1)
        layout.addWidget(self._stop)

    def show_task(self, task: RunningTask) -> None:
        self._task = task
        at = task.progress
        total = at.total if at else 0
        self._bar.setRange(0, max(total, 0))
        self._bar.setValue(at.done if at else 0)
        parts = [at.what if at else "đang chờ"]
        parts.append((at.far or f"{at.done} / {total}") if at and total else "")
        parts.append(time_left(task.seconds_left))
        stopping = task.cancel.cancelled
        self._title.setText(task.title)
        self._detail.setText(
            "đang dừng ở chỗ an toàn" if stopping else " · ".join(p for p in parts if p)
        )
        self._stop.setEnabled(not stopping)
        self._stop.setAccessibleName(f"Dừng: {task.title}")
        self._bar.setAccessibleName(f"{task.title}: {self._detail.text()}")

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel.cancel()
            self.show_task(self._task)


class TaskPanel(QFrame):
    """Follows a runner's titled tasks; hidden while there are none."""

    def __init__(self, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tasks")
        self.setAccessibleName("Việc đang chạy")
        self._runner = runner
        self._lines: dict[int, _TaskLine] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(24, 6, 24, 6)
        self._layout.setSpacing(4)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(SHOW_AFTER_MS)
        self._patience.timeout.connect(self.show_tasks)
        runner.tasks_changed.connect(self._changed)
        self.hide()

    def show_tasks(self) -> None:
        """Read the runner's tasks now."""
        tasks = {task.number: task for task in self._runner.running()}
        for number in self._lines.keys() - tasks.keys():
            self._lines.pop(number).deleteLater()
        for number, task in tasks.items():
            if number not in self._lines:
                self._lines[number] = _TaskLine()
                self._layout.addWidget(self._lines[number])
            self._lines[number].show_task(task)
        self.setVisible(bool(tasks))

    def _changed(self) -> None:
        if self.isVisible() or not self._runner.running():
            self._patience.stop()
            self.show_tasks()
        elif not self._patience.isActive():
            self._patience.start()
