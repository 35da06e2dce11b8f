"""A token that is plugged in while the window is open is noticed without a click."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.services import Services
from app.signing.keys.token_watch import TokenWatch
from app.ui.shell.task_runner import Lane, TaskRunner
from app.work import WorkContext

EVERY_MS = 3_000
Present = frozenset[tuple[str, str]]


class TokenNotice(QObject):
    """Says `changed` when a token came or went. Asks only while nothing else is going on."""

    changed = Signal()
    failed = Signal(object)
    """What kept it from looking; it looks again all the same."""

    def __init__(self, services: Services, runner: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._services, self._runner = services, runner
        self._watch: TokenWatch | None = None
        self._known: Present | None = None
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        self._timer.start()

    def look(self) -> None:
        """Ask which tokens are there now, on the lane of tokens."""
        if not self._runner.busy():
            self._runner.run(
                Lane.TOKEN,
                self._present,
                owner=self,
                done=self._compare,
                failed=self.failed.emit,
            )

    def renew(self) -> None:
        """Other drivers or key files are named now."""
        self._runner.run(
            Lane.TOKEN,
            lambda _: self._let_go(),
            owner=self,
            done=self._renewed,
            failed=self._renewed,
        )

    def stop(self) -> None:
        """Let the drivers go; after the runner has come to rest."""
        self._timer.stop()
        self._let_go()

    def _renewed(self, _: object) -> None:
        """Also when a driver could not be closed: whoever looks now sees what there is."""
        self.changed.emit()

    def _let_go(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()

    def _present(self, _: WorkContext) -> Present:
        if self._watch is None:
            self._watch = TokenWatch(self._services.keys.sources().drivers)
        return self._watch.present()

    def _compare(self, now: Present) -> None:
        before, self._known = self._known, now
        if before is not None and before != now:
            self.changed.emit()
