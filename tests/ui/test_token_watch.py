"""Tokens that come and go while the window is open, on the real driver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.services import Services
from app.signing.keys.key_choice import KeySources
from app.signing.keys.token_process import TokenDriver
from app.signing.keys.token_watch import TokenWatch
from app.ui.shell.composition import compose
from app.ui.shell.main_window import MainWindow
from app.ui.shell.state_strip import StripPlace
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.shell.token_watch import TokenNotice
from installer.pictures.screens_pages import settle
from tests.fixtures.outcomes import must_not_fail
from tests.fixtures.pki.pki import HOMEROOM, staffroom
from tests.fixtures.pki.tokens import calls, shim, token
from tests.ui.school_copies import ReadySchool

pytest_plugins = ["tests.ui.ready_schools"]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """While this file exists no token is plugged in."""
    return tmp_path / "out"


@pytest.fixture
def driver(tmp_path: Path, out: Path) -> TokenDriver:
    out.touch()
    return shim(tmp_path, token(tmp_path, staffroom().homeroom), absent=str(out))


def test_coming_and_going_is_noticed_without_a_session_or_a_pin(
    driver: TokenDriver, out: Path, tmp_path: Path
) -> None:
    watch = TokenWatch([driver, TokenDriver(tmp_path / "broken.so")])
    try:
        assert watch.present() == frozenset()
        out.unlink()
        ((file, serial),) = watch.present()
        assert (file, bool(serial)) == (driver.path.name, True)
        out.touch()
        assert watch.present() == frozenset()
    finally:
        watch.close()
    assert calls(tmp_path) == []


@pytest.fixture
def window(
    tmp_path: Path, empty_base: ReadySchool, driver: TokenDriver, runner: TaskRunner, qtbot: QtBot
) -> Iterator[MainWindow]:
    made: Services = replace(empty_base.copy_to(tmp_path), keys=KeySources((driver,)))
    shown = compose(made, runner)
    qtbot.addWidget(shown)
    shown.show()
    settle(runner)
    yield shown
    shown.close()
    made.close()


def test_the_strip_tells_of_a_token_that_is_plugged_in_now(
    window: MainWindow, out: Path, runner: TaskRunner, qtbot: QtBot
) -> None:
    notice = window.findChild(TokenNotice)
    assert notice is not None
    notice.look()
    settle(runner)
    out.unlink()
    with qtbot.waitSignal(notice.changed):
        notice.look()
        settle(runner)
    settle(runner)
    assert HOMEROOM[0] in window.strip._items[StripPlace.TOKEN].text()
    with qtbot.assertNotEmitted(notice.changed):
        notice.look()
        settle(runner)


def test_nothing_is_asked_while_something_is_going_on(
    window: MainWindow, runner: TaskRunner
) -> None:
    notice = window.findChild(TokenNotice)
    assert notice is not None
    runner.run(
        Lane.DATABASE,
        lambda context: context.cancel.raise_if_cancelled(),
        owner=window,
        failed=must_not_fail,
    )
    before = len(runner._tasks)
    notice.look()
    assert len(runner._tasks) == before
    settle(runner)
