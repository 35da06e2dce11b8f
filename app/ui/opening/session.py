"""One run of the program's window: opened, worked in, closed in good order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, QSize

from app import settings
from app.ui.kit.banner import ErrorBanner
from app.ui.opening.window import OpeningWindow
from app.ui.shell.task_runner import TaskRunner
from app.ui.text.messages import explain

if TYPE_CHECKING:
    from app.diagnostics import SupportSources
    from app.services import Services
    from app.ui.shell.main_window import MainWindow


SMALL = QSize(1400, 800)
"""On a screen up to this size the first window takes all of it."""


class Session(QObject):
    """Shows the opening window at once (`paint`); `begin` of a subclass opens the services and
    calls `enter`.
    """

    practice = False

    def __init__(self) -> None:
        super().__init__()
        self.again = False
        """The person asked to begin anew."""
        self.runner = TaskRunner(self)
        self.opening = OpeningWindow(practice=self.practice)
        self.window: MainWindow | None = None
        self.services: Services | None = None
        """Once they are open, until the session is closed."""
        self._geometry = QSettings(
            str(settings.home() / "window.ini"), QSettings.Format.IniFormat, self
        )

    def begin(self) -> None:
        """Open the services; what goes wrong is said in the opening window."""
        raise AssertionError("a session of no kind")

    def start(self) -> None:
        """Paint, then begin."""
        self.paint()
        self.begin()

    def support_sources(self) -> SupportSources:
        """What a report to support may look at now."""
        from app.diagnostics import SupportSources  # not before the first paint

        opened = self.services.workspace if self.services is not None else None
        place = opened.path if opened is not None else settings.workspace()
        return SupportSources(place, opened, tokens=not self.runner.busy())

    def paint(self) -> None:
        """Show the opening window where the last one was."""
        place = self._geometry.value("window/geometry")
        room = self.opening.screen().availableGeometry()
        if place is not None:
            self.opening.restoreGeometry(place)
            small = not room.contains(self.opening.geometry())  # another screen, or larger letters
        else:
            small = room.width() <= SMALL.width() or room.height() <= SMALL.height()
        if small:
            self.opening.setGeometry(room)
            self.opening.showMaximized()
        else:
            self.opening.show()

    def enter(self, services: Services) -> None:
        """The services are open: build the pages and take the opening window's place."""
        from app.ui.shell.composition import (
            compose,  # pages load what the first paint does not need
        )

        self.services = services
        window = compose(services, self.runner, before_close=self._remember)
        window.restoreGeometry(self.opening.saveGeometry())
        self.window = window
        window.show()
        window.raise_()
        self.opening.close()

    def begin_anew(self) -> None:
        self.again = True
        if self.window is not None:
            self.window.close()

    def leave(self) -> None:
        self.opening.close()

    def close(self) -> None:
        """After the event loop: the work rests, nothing is open any more."""
        self.runner.shutdown()

    def say_problem(self, error: BaseException, act: Callable[[], None] | None = None) -> None:
        """The opening window tells what happened; without `act` the button closes it."""
        message = explain(error)
        banner = ErrorBanner()
        banner.show_message(message, act)
        if act is None:
            banner.offer("Đóng", self.leave)
        self.opening.show_parts("Chưa mở được", [banner], "attention")

    def _remember(self) -> None:
        if self.window is not None:
            self._geometry.setValue("window/geometry", self.window.saveGeometry())
            self._geometry.sync()
