"""Long work stays off the GUI thread and comes back to it."""

from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.errors import Cancelled, DiskFull
from app.ui.shell.task_panel import TaskPanel, time_left
from app.ui.shell.task_runner import Lane, TaskRunner
from app.work import Progress, WorkContext
from tests.fixtures.outcomes import must_not_fail


class Pinger(QObject):
    ping = Signal(int)


@pytest.mark.usefixtures("qapp")
def test_signals_can_be_emitted_for_days() -> None:
    pinger, heard = Pinger(), []
    pinger.ping.connect(heard.append)
    for number in range(100_000):  # PySide6 6.12.0 on Python 3.11 aborts here
        pinger.ping.emit(number)
    assert len(heard) == 100_000


def test_work_runs_elsewhere_and_its_result_arrives_on_the_gui_thread(
    qtbot: QtBot, runner: TaskRunner
) -> None:
    owner, places = QObject(), []

    def done(worked_on: int) -> None:
        places.append((worked_on, threading.get_ident()))

    runner.run(
        Lane.DATABASE, lambda _: threading.get_ident(), owner=owner, failed=must_not_fail, done=done
    )
    qtbot.waitUntil(lambda: bool(places), timeout=3000)
    worked_on, delivered_on = places[0]
    assert delivered_on == threading.get_ident()
    assert worked_on != delivered_on


def test_an_error_arrives_as_it_was_raised(qtbot: QtBot, runner: TaskRunner) -> None:
    owner, errors = QObject(), []

    def work(_: WorkContext) -> None:
        raise DiskFull

    runner.run(Lane.DATABASE, work, owner=owner, failed=errors.append)
    qtbot.waitUntil(lambda: bool(errors), timeout=3000)
    assert isinstance(errors[0], DiskFull)


def test_nothing_reaches_an_owner_that_is_gone(qtbot: QtBot, runner: TaskRunner) -> None:
    owner, heard = QObject(), []
    gate = threading.Event()

    def work(context: WorkContext) -> int:
        gate.wait(3)
        context.step(1, 1)
        return 1

    runner.run(
        Lane.TOKEN, work, owner=owner, done=heard.append, progress=heard.append, failed=heard.append
    )
    del owner
    gate.set()
    qtbot.waitUntil(lambda: not runner.busy(), timeout=3000)
    assert heard == []


def test_nothing_reaches_an_owner_that_qt_deleted(qtbot: QtBot, runner: TaskRunner) -> None:
    parent = QObject()
    owner, heard = QObject(parent), []
    gate = threading.Event()
    runner.run(
        Lane.TOKEN, lambda _: gate.wait(3), owner=owner, failed=must_not_fail, done=heard.append
    )
    del parent
    gate.set()
    qtbot.waitUntil(lambda: not runner.busy(), timeout=3000)
    assert heard == []


def test_a_lane_works_in_order_and_lanes_do_not_wait_for_one_another(
    qtbot: QtBot, runner: TaskRunner
) -> None:
    owner, finished = QObject(), []
    gate = threading.Event()
    runner.run(
        Lane.TOKEN,
        lambda _: gate.wait(3),
        owner=owner,
        failed=must_not_fail,
        done=lambda _: finished.append(1),
    )
    runner.run(
        Lane.TOKEN,
        lambda _: None,
        owner=owner,
        failed=must_not_fail,
        done=lambda _: finished.append(2),
    )
    runner.run(
        Lane.DATABASE,
        lambda _: None,
        owner=owner,
        failed=must_not_fail,
        done=lambda _: finished.append(3),
    )
    qtbot.waitUntil(lambda: finished == [3], timeout=3000)
    gate.set()
    qtbot.waitUntil(lambda: finished == [3, 1, 2], timeout=3000)


def test_a_stop_arrives_as_cancelled(qtbot: QtBot, runner: TaskRunner) -> None:
    owner, errors, seen = QObject(), [], []

    def work(context: WorkContext) -> None:
        for number in range(1000):
            context.step(number, 1000)
            context.cancel.wait(0.01)

    token = runner.run(
        Lane.NETWORK, work, owner=owner, failed=errors.append, progress=seen.append, title="Gửi"
    )
    qtbot.waitUntil(lambda: len(seen) > 2, timeout=3000)
    assert runner.running()[0].progress == seen[-1]
    token.cancel()
    qtbot.waitUntil(lambda: bool(errors), timeout=3000)
    assert isinstance(errors[0], Cancelled)
    assert runner.running() == ()


@pytest.mark.usefixtures("qapp")
def test_shutdown_stops_what_runs_and_starts_nothing_more() -> None:
    runner, owner, heard = TaskRunner(), QObject(), []
    runner.run(Lane.TOKEN, lambda c: c.cancel.wait(30), owner=owner, failed=heard.append)
    started = time.monotonic()
    assert runner.shutdown()
    assert time.monotonic() - started < 5
    assert runner.run(Lane.TOKEN, lambda _: None, owner=owner, failed=must_not_fail).cancelled
    assert heard == []


def test_the_task_panel_shows_long_work_and_stops_it(qtbot: QtBot, runner: TaskRunner) -> None:
    panel, owner = TaskPanel(runner), QObject()
    qtbot.addWidget(panel)

    def work(context: WorkContext) -> None:
        while True:
            context.report(Progress(3, 10, "Ký 6A"))
            context.cancel.wait(0.02)

    token = runner.run(Lane.TOKEN, work, owner=owner, failed=must_not_fail, title="Ký 10 học bạ")
    qtbot.waitUntil(panel.isVisible, timeout=3000)
    token.cancel()
    qtbot.waitUntil(lambda: not panel.isVisible(), timeout=3000)


def test_bytes_are_shown_in_words_and_not_counted_out(qtbot: QtBot, runner: TaskRunner) -> None:
    panel, owner = TaskPanel(runner), QObject()
    qtbot.addWidget(panel)

    def work(context: WorkContext) -> None:
        context.report(Progress(51_200, 102_400, "12 KB/s", far="50 / 100 KB"))
        context.cancel.wait(30)

    token = runner.run(
        Lane.TOKEN, work, owner=owner, failed=must_not_fail, title="Gửi học bạ lên Sở"
    )

    def said() -> str:
        return " ".join(label.text() for label in panel.findChildren(QLabel))

    qtbot.waitUntil(lambda: "12 KB/s · 50 / 100 KB" in said(), timeout=3000)
    assert "51200" not in said()
    token.cancel()
    qtbot.waitUntil(lambda: not panel.isVisible(), timeout=3000)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.2, "còn khoảng 1 giây"),
        (42, "còn khoảng 42 giây"),
        (70, "còn khoảng 1 phút 10 giây"),
        (119.9, "còn khoảng 2 phút"),
        (3000, "còn khoảng 50 phút"),
    ],
)
def test_time_left_is_said_in_words(seconds: float | None, words: str) -> None:
    assert time_left(seconds) == words
