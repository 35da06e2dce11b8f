"""Looking before and after signing: records, lists and results in the side panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.model.transcript import TranscriptHead
from app.services import Services
from app.signing.batch.register_watch import RegisterLoss
from app.ui.pages.signing import work
from app.ui.pages.signing.data import SigningChoice
from app.ui.pages.signing.lists import sample_sheet
from app.ui.pages.signing.sheets import choice_sheet, losses_sheet, result_sheet
from app.ui.pages.signing.work import SigningJob, SigningOutcome
from app.ui.shell.task_runner import Lane, TaskRunner

Back = Callable[[], None]


class SigningPreview(QObject):
    shown = Signal(object, str)
    """A sheet for the side panel, its title."""
    looked = Signal(object)
    """TranscriptHead that somebody looks at before signing."""
    failed = Signal(object)

    def __init__(self, services: Services, runner: TaskRunner, page: QWidget) -> None:
        super().__init__(page)
        self._services, self._runner = services, runner

    def record(self, head: TranscriptHead, back: Back | None = None) -> None:
        self.looked.emit(head)
        self._pages([head], "Học bạ sẽ ký", back)

    def sample(self, choice: SigningChoice) -> None:
        heads = work.sample(choice.heads or choice.work.heads)
        self._pages(heads, f"Xem ngẫu nhiên {len(heads)} học bạ")

    def whole_list(self, choice: SigningChoice) -> None:
        """Every record that waits for this signer; each can be looked at."""
        back = partial(self.whole_list, choice)
        sheet = choice_sheet(choice, lambda head: self.record(head, back))
        self.shown.emit(sheet, "Danh mục ký")

    def results(self, job: SigningJob, outcome: SigningOutcome) -> None:
        back = partial(self.results, job, outcome)
        sheet = result_sheet(job, outcome, lambda head: self._pages([head], "Học bạ", back))
        self.shown.emit(sheet, "Kết quả từng học bạ")

    def losses(self, losses: Sequence[RegisterLoss]) -> None:
        if losses:
            self.shown.emit(losses_sheet(losses, ()), "Sổ đợt ký")

    def _pages(self, heads: list[TranscriptHead], title: str, back: Back | None = None) -> None:
        self._runner.run(
            Lane.DATABASE,
            lambda _: work.pages(self._services, heads),
            owner=self,
            done=lambda found: self.shown.emit(sample_sheet(found, back), title),
            failed=self.failed.emit,
        )
