"""What every part of the settings shares: its place, its work off the GUI thread, its word."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import Card, ErrorBanner, Notice
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.theme.theme import Tone

T = TypeVar("T")


class SettingsPart(QWidget):
    """One topic. `load` reads again; `kept` is told when something was saved."""

    name: ClassVar[str]
    icon: ClassVar[str]

    kept = Signal()

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__()
        self.services = services
        self.runner = runner
        self.dialogs = dialogs
        self.banner = ErrorBanner()
        self.notice = Notice("")
        self.notice.hide()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(14)
        self.body.addWidget(self.banner)
        self.body.addWidget(self.notice)

    def load(self) -> None:
        """Read again; called when the part comes into sight."""

    def add(self, title: str, *parts: QWidget | QLayout | int | None) -> Card:
        card = Card(title, margin=5).add(*parts)
        self.body.addWidget(card)
        return card

    def work(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        lane: Lane = Lane.DATABASE,
        title: str = "",
    ) -> None:
        """Off the GUI thread; an error is said at the top of the part."""
        self.banner.hide()
        self.runner.run(
            lane, lambda _: work(), owner=self, done=done, failed=self.fail, title=title
        )

    def fail(self, error: BaseException) -> None:
        self.banner.show_message(explain(error))

    def say(self, words: str, detail: str = "", tone: Tone = Tone.DONE) -> None:
        self.notice.say(words, detail, tone)
        self.notice.show()
