"""Whether the window answers while a school signs: the real page, a token, 300 records and views.

A heartbeat on the GUI thread tells the longest time it was kept from answering: from loading the
page over signing and sealing to the result. The floor is the same heartbeat of the window at rest.
Where that took longer than the goal allows it is done again, all of it: what holds the window up
itself comes again each time, another program does not. The run that held it up least counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from app.model.people import ClassSection
from app.model.signing import SignerRole
from app.practice.school import SCHOOL_YEAR
from app.services import Services
from app.signing.keys.key_choice import KeySources
from tests.bench import Measure
from tests.fixtures.pki.tokens import PIN, token
from tests.fixtures.schools.small_school import small_school

_GRADES, _PUPILS = 5, 60
_BEAT_MS = 2
_AT_REST_S = 3.0
_GOAL_MS = 50.0
_MORE_RUNS = 2


def measures() -> list[Measure]:
    best = _run()
    for _ in range(_MORE_RUNS):
        if best["gap"] > _GOAL_MS:
            best = min(best, _run(), key=lambda found: found["gap"])
    gap, holds = best["gap"], best["gap"] <= _GOAL_MS
    goal = f"<= {_GOAL_MS:g}"
    return [Measure("signing.window_gap_ms", gap, "ms", best["floor"], goal, holds)]


def _run() -> dict[str, float]:
    """`gap` and `floor` in ms; in a process of its own, as the window is."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.signing_window"],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        check=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _school(folder: Path) -> Services:
    """Everything waits for the school's signature; its key is on a token."""
    sections = tuple(
        ClassSection(f"{grade}A", SCHOOL_YEAR, grade, f"{grade}A", "gv11")
        for grade in range(1, _GRADES + 1)
    )
    school = small_school(folder, sections, pupils=_PUPILS)
    for role in (SignerRole.HOMEROOM, SignerRole.PRINCIPAL):
        for waiting in school.made.signing.waiting(role):
            with school.identity(waiting.signer).key() as key:
                assert not school.made.signing.sign(waiting.heads, role, key).failed
    (waiting, *_) = school.made.signing.waiting(SignerRole.SCHOOL)
    driver = token(folder, school.identity(waiting.signer))
    return replace(school.made, keys=KeySources(drivers=(driver,)))


def _main() -> None:
    with tempfile.TemporaryDirectory() as name:
        made = _school(Path(name))
        print(json.dumps(_measured(made)))
        made.close()


def _measured(made: Services) -> dict[str, float]:
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QWidget

    from app.ui.dialogs import DialogService, PinDialog
    from app.ui.pages.signing.page import SigningPage
    from app.ui.shell.app import build_application
    from app.ui.shell.garbage_collection import SETTLED_MS
    from app.ui.shell.task_runner import TaskRunner

    application = build_application(["hocba"])
    made.workspace.forbid_this_thread()
    runner, window = TaskRunner(), QWidget()
    dialogs = DialogService(window)
    page = SigningPage(made, runner, dialogs)
    page.resize(1106, 640)
    page.show()
    beats: list[float] = []
    heart = QTimer()
    heart.setTimerType(Qt.TimerType.PreciseTimer)
    heart.setInterval(_BEAT_MS)
    heart.timeout.connect(lambda: beats.append(time.perf_counter()))

    def gap(act: Callable[[], None]) -> float:
        beats.clear()
        heart.start()
        act()
        heart.stop()
        return max(b - a for a, b in pairwise(beats)) * 1e3

    def until_rest() -> None:
        while runner.busy():
            QTest.qWait(20)

    def load() -> None:
        page.refresh()
        until_rest()

    def sign() -> None:
        page.ask_pin()
        assert isinstance(dialogs.current, PinDialog)
        dialogs.current.field.setText(PIN)
        dialogs.current.accept()
        until_rest()
        QTest.qWait(300)

    QTest.qWait(SETTLED_MS + 500)
    floor = gap(lambda: QTest.qWait(int(_AT_REST_S * 1000)))
    worst = max(gap(load), gap(sign))
    assert page.work.waiting == 0, page.work.waiting
    runner.shutdown()
    application.quit()
    return {"gap": worst, "floor": floor}


if __name__ == "__main__":
    _main()
