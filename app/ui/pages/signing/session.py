"""From the PIN to the outcome: one job at a time, off the GUI thread."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services import Services
from app.signing.batch.signing_batch import Pause
from app.ui.dialogs import DialogService, PinDialog
from app.ui.dialogs.pin import PinTries
from app.ui.kit import KeyFacts
from app.ui.pages.signing import work
from app.ui.pages.signing.run import SigningRunCard
from app.ui.pages.signing.work import SigningJob, SigningOutcome
from app.ui.shell.task_runner import Lane, TaskRunner
from app.work import CancelToken


class SigningSession(QObject):
    """`card` shows how far it is, and is where one pauses and stops."""

    began = Signal()
    ended = Signal(object, object)
    """Job; its Outcome, or the error that kept the key from being opened."""

    def __init__(
        self,
        services: Services,
        runner: TaskRunner,
        dialogs: DialogService,
        card: SigningRunCard,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services, self._runner, self._dialogs = services, runner, dialogs
        self._card = card
        self._cancel: CancelToken | None = None
        card.stop_wanted.connect(self._stop)

    @property
    def active(self) -> bool:
        return self._cancel is not None

    def ask(
        self,
        job: SigningJob,
        facts: KeyFacts,
        tries: PinTries,
        estimate: str,
        *,
        was_wrong: bool = False,
    ) -> None:
        """Ask for the PIN beside the holder's name, then sign."""
        dialog = PinDialog(facts, job.act, tries=tries, was_wrong=was_wrong, estimate=estimate)
        self._dialogs.ask(
            dialog, lambda: self._sign(job, dialog.take_pin()), lambda: _forget(dialog)
        )

    def _sign(self, job: SigningJob, pin: str) -> None:
        pause = Pause()
        self._card.begin(job, pause)
        self._cancel = self._runner.run(
            Lane.TOKEN,
            partial(work.sign, self._services, job, pin, pause),
            owner=self,
            done=partial(self._end, job),
            failed=partial(self._end, job),
            progress=self._card.show_progress,
            title=job.act,
        )
        self.began.emit()

    def _stop(self) -> None:
        if self._cancel is not None:
            self._cancel.cancel()

    def _end(self, job: SigningJob, outcome: SigningOutcome | BaseException) -> None:
        self._cancel = None
        self._card.end()
        self.ended.emit(job, outcome)


def _forget(dialog: PinDialog) -> None:
    """What was typed does not outlive the question."""
    dialog.take_pin()
