"""Practice mode's way in: the invented school is made while a bar says how far."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from app import settings
from app.ui.opening.session import Session
from app.ui.shell.task_runner import Lane
from app.work import WorkContext

if TYPE_CHECKING:
    from app.practice.opening import OpenPractice


class PracticeSession(Session):
    practice = True

    def __init__(self, *, from_start: bool = False) -> None:
        super().__init__()
        self._from_start = from_start
        self._open: OpenPractice | None = None

    def begin(self) -> None:
        self.opening.show_waiting(
            "Đang mở trường thực hành",
            "Trường, học sinh và chứng thư đều tưởng tượng. Lần đầu phải dựng trường, mất khoảng "
            "nửa phút.",
        )
        self.runner.run(
            Lane.DATABASE,
            self._work,
            owner=self.opening,
            done=self._opened,
            failed=self.say_problem,
            progress=self.opening.show_progress,
        )

    def close(self) -> None:
        super().close()
        if self._open is not None:
            self._open.close()
            self.services = None

    def _work(self, context: WorkContext) -> OpenPractice:
        from app.practice.opening import open_practice
        from app.practice.setup import PracticePlace

        folder = settings.practice()
        if self._from_start:
            shutil.rmtree(folder, ignore_errors=True)
        self._open = open_practice(PracticePlace(folder), context)
        return self._open

    def _opened(self, made: OpenPractice) -> None:
        from app.ui.pages.practice.page import PracticePage
        from app.ui.text.messages import explain

        self.enter(made.services)
        if self.window is None:
            return
        page = self.window.page(PracticePage.key)
        assert isinstance(page, PracticePage)
        page.begin_anew.connect(self.begin_anew)
        if made.station_error is not None:
            self.window.errors.show_message(explain(made.station_error))
