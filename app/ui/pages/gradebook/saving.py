"""Autosave: every edit goes to the store in order, and nothing is dropped before it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from app.errors import CellClosed, TranscriptLocked
from app.model.gradebook import CellChange, CellKey
from app.services import Services
from app.ui.pages.gradebook import data as gradebook_data
from app.ui.shell.task_runner import Lane, TaskRunner

RETRY_MS = 5_000


@dataclass(frozen=True, slots=True)
class _Cells:
    section_id: str
    changes: tuple[CellChange, ...]


@dataclass(frozen=True, slots=True)
class _Note:
    section_id: str
    key: CellKey
    text: str


class Saver(QObject):
    """One task at a time; what failed stays at the front and is tried again."""

    settled = Signal()
    """Everything is saved."""
    failed = Signal(object)
    """The error; it is tried again by itself, or at once with `retry`."""
    refused = Signal(object)
    """The class was locked meanwhile, or a cell closed: unsaved edits were dropped (the error)."""

    def __init__(self, services: Services, runner: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._runner = runner
        self._waiting: list[_Cells | _Note] = []
        self._running = 0
        self._again = QTimer(self, singleShot=True, interval=RETRY_MS)
        self._again.timeout.connect(self.retry)

    @property
    def unsaved(self) -> int:
        """How many edits are not in the store yet."""
        return sum(len(j.changes) if isinstance(j, _Cells) else 1 for j in self._waiting)

    def keep(self, section_id: str, changes: Sequence[CellChange]) -> None:
        self._add(_Cells(section_id, tuple(changes)))

    def keep_note(self, section_id: str, key: CellKey, text: str) -> None:
        self._add(_Note(section_id, key, text))

    def retry(self) -> None:
        self._again.stop()
        self._next()

    def _add(self, job: _Cells | _Note) -> None:
        self._waiting.append(job)
        if not self._again.isActive():
            self._next()

    def _next(self) -> None:
        if self._running or not self._waiting:
            return
        jobs = self._first_jobs()
        self._running = len(jobs)
        self._runner.run(
            Lane.DATABASE, self._work(jobs), owner=self, done=self._done, failed=self._failed
        )

    def _first_jobs(self) -> list[_Cells | _Note]:
        """Edits of one class that wait together become one transaction."""
        first = self._waiting[0]
        if isinstance(first, _Note):
            return [first]
        jobs: list[_Cells | _Note] = []
        for job in self._waiting:
            if not isinstance(job, _Cells) or job.section_id != first.section_id:
                break
            jobs.append(job)
        return jobs

    def _work(self, jobs: Sequence[_Cells | _Note]) -> Callable[[object], None]:
        def work(_: object) -> None:
            first = jobs[0]
            if isinstance(first, _Note):
                gradebook_data.save_note(self._services, first.section_id, first.key, first.text)
                return
            changes = [c for job in jobs if isinstance(job, _Cells) for c in job.changes]
            gradebook_data.save_cells(self._services, first.section_id, changes)

        return work

    def _done(self, _: object) -> None:
        del self._waiting[: self._running]
        self._running = 0
        if self._waiting:
            self._next()
        else:
            self.settled.emit()

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, TranscriptLocked | CellClosed):
            locked = self._waiting[0].section_id
            self._waiting = [
                j for j in self._waiting if isinstance(j, _Note) or j.section_id != locked
            ]
            self._running = 0
            self.refused.emit(error)
            self._next()
            return
        self._running = 0
        self._again.start()
        self.failed.emit(error)
