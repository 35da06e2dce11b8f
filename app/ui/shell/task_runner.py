"""Long work in four one-thread lanes; results come back on the GUI thread.

The work is plain Python taking a `WorkContext`; it never touches a widget. Nothing is delivered
to an owner that has been destroyed.
"""

from __future__ import annotations

import itertools
import sys
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TypeVar

import shiboken6
from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from app import log
from app.errors import AppError, Cancelled
from app.work import CancelToken, Progress, WorkContext

T = TypeVar("T")
SWITCH_S = 0.001
"""A lane at work hands the interpreter over this soon; with Python's own 5 ms, the few calls of one
repaint among three busy threads add up to what a hand feels."""


class Lane(Enum):
    """One thread each: SQL, the token, the network and what takes its time over the whole file
    (copies, checks) never wait for one another."""

    DATABASE = "database"
    TOKEN = "token"  # noqa: S105 - a lane, not a secret
    NETWORK = "network"
    UPKEEP = "upkeep"


@dataclass(slots=True)
class _Task:
    owner: weakref.ref[QObject]
    token: CancelToken
    title: str
    lane: Lane
    started: float
    done: Callable[[object], None] | None
    failed: Callable[[BaseException], None]
    progress: Callable[[Progress], None] | None
    last: Progress | None = None


@dataclass(frozen=True, slots=True)
class RunningTask:
    """What the task panel shows. `seconds_left` is None while nobody can know."""

    number: int
    title: str
    progress: Progress | None
    seconds_left: float | None
    cancel: CancelToken


class _Job(QRunnable):
    """Owns no QObject: the pool deletes it on its own thread."""

    def __init__(self, body: Callable[[], None]) -> None:
        super().__init__()
        self._body = body

    def run(self) -> None:
        self._body()


class TaskRunner(QObject):
    """Runs work off the GUI thread. Make it, use it and close it on the GUI thread."""

    tasks_changed = Signal()
    """A task with a title began, moved or ended: read `running()` again."""

    failed = Signal(object)
    """The error of any work, after its owner was told; a stop by the user is none."""

    _succeeded = Signal(int, object)
    _failed_signal = Signal(int, object)
    _progressed = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        sys.setswitchinterval(SWITCH_S)
        self._ids = itertools.count(1)
        self._tasks: dict[int, _Task] = {}
        self._pools = {lane: QThreadPool() for lane in Lane}
        for pool in self._pools.values():
            pool.setMaxThreadCount(1)
            pool.setExpiryTimeout(-1)
        self._closed = False
        self._succeeded.connect(self._deliver_result)
        self._failed_signal.connect(self._deliver_error)
        self._progressed.connect(self._deliver_progress)

    def run(
        self,
        lane: Lane,
        work: Callable[[WorkContext], T],
        *,
        owner: QObject,
        done: Callable[[T], None] | None = None,
        failed: Callable[[BaseException], None],
        progress: Callable[[Progress], None] | None = None,
        title: str = "",
    ) -> CancelToken:
        """Start `work` when its lane is free.

        Of `done` and `failed` exactly one is called, on the GUI thread, unless `owner` is gone or
        the runner was closed. A stop by the user arrives in `failed` as `Cancelled`; every other
        failure stands in the log, too. Work with a `title` is shown in the task panel.
        """
        token = CancelToken()
        if self._closed:
            token.cancel()
            return token
        number = next(self._ids)
        self._tasks[number] = _Task(
            weakref.ref(owner),
            token,
            title,
            lane,
            time.monotonic(),
            done,  # type: ignore[arg-type]
            failed,
            progress,
        )
        self._pools[lane].start(_Job(self._body(number, work, token)))
        self._tell(title)
        return token

    def running(self) -> tuple[RunningTask, ...]:
        """Tasks with a title that wait or run, oldest first."""
        now = time.monotonic()
        return tuple(
            RunningTask(number, task.title, task.last, _seconds_left(task, now), task.token)
            for number, task in self._tasks.items()
            if task.title
        )

    def busy(self) -> bool:
        return bool(self._tasks)

    def shutdown(self, timeout_ms: int = 10_000) -> bool:
        """Ask all work to stop and wait for it. True when every lane came to rest in time."""
        self._closed = True
        for task in self._tasks.values():
            task.token.cancel()
        rested = [pool.waitForDone(timeout_ms) for pool in self._pools.values()]
        self._tasks.clear()
        return all(rested)

    def _body(
        self, number: int, work: Callable[[WorkContext], object], token: CancelToken
    ) -> Callable[[], None]:
        context = WorkContext(token, lambda p: self._progressed.emit(number, p))
        lane = self._tasks[number].lane

        def body() -> None:
            outcome: Callable[[], None]
            with log.timed("task.slow", lane=lane, work=log.source(work)):
                try:
                    token.raise_if_cancelled()
                    outcome = partial(self._succeeded.emit, number, work(context))
                except BaseException as error:  # noqa: BLE001 - carried to the GUI thread
                    _note(error, lane, work)
                    outcome = partial(self._failed_signal.emit, number, error)
            outcome()

        return body

    @Slot(int, object)
    def _deliver_result(self, number: int, result: object) -> None:
        task = self._finish(number)
        if task is not None and task.done is not None and _alive(task.owner):
            task.done(result)

    @Slot(int, object)
    def _deliver_error(self, number: int, error: BaseException) -> None:
        task = self._finish(number)
        if task is not None and _alive(task.owner):
            task.failed(error)
        if not isinstance(error, Cancelled):
            self.failed.emit(error)

    @Slot(int, object)
    def _deliver_progress(self, number: int, progress: Progress) -> None:
        task = self._tasks.get(number)
        if task is None:
            return
        if task.last is None:
            task.started = time.monotonic()  # waiting for the lane says nothing about the speed
        task.last = progress
        if task.progress is not None and _alive(task.owner):
            task.progress(progress)
        self._tell(task.title)

    def _finish(self, number: int) -> _Task | None:
        task = self._tasks.pop(number, None)
        if task is not None:
            self._tell(task.title)
        return task

    def _tell(self, title: str) -> None:
        if title:
            self.tasks_changed.emit()


def _note(error: BaseException, lane: Lane, work: Callable[..., object]) -> None:
    if not isinstance(error, Cancelled):
        note = log.problem if isinstance(error, AppError) else log.incident
        note("task.failed", error, lane=lane, work=log.source(work))


def _alive(owner: weakref.ref[QObject]) -> bool:
    here = owner()
    return here is not None and shiboken6.isValid(here)


def _seconds_left(task: _Task, now: float) -> float | None:
    last = task.last
    if last is not None and last.seconds_left is not None:
        return last.seconds_left
    spent = now - task.started
    if last is None or last.done <= 0 or last.total <= 0 or spent < 2:
        return None
    return spent / last.done * (last.total - last.done)
