"""The gradebook's page on a real practice workspace, for its tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.model.gradebook import CellKey
from app.services import Services
from app.store import database
from app.ui.dialogs import DialogService
from app.ui.pages.gradebook.class_grid import ClassGrid
from app.ui.pages.gradebook.page import GradebookPage
from app.ui.shell.task_runner import Lane, TaskRunner
from tests.fixtures.outcomes import must_not_fail

Opener = Callable[..., GradebookPage]


@pytest.fixture
def open_page(qtbot: QtBot, runner: TaskRunner, dialogs: DialogService) -> Opener:
    def make(made: Services, section: str = "8B") -> GradebookPage:
        made.workspace.forbid_this_thread()
        page = GradebookPage(made, runner, dialogs)
        qtbot.addWidget(page)
        page.resize(1106, 640)
        page.show()
        page.show_item(section)
        qtbot.waitUntil(lambda: page.grid is not None and not runner.busy(), timeout=10_000)
        return page

    return make


def grid_of(page: GradebookPage) -> ClassGrid:
    assert page.grid is not None
    return page.grid


def type_in(page: GradebookPage, student: str, column: tuple[str, str], text: str) -> None:
    grid = grid_of(page)
    assert grid.lead_to(student, column)
    view = grid.view
    assert view is not None
    QTest.keyClicks(view, text[0])
    assert view.cells.editor is not None
    QTest.keyClicks(view.cells.editor, text[1:])
    QTest.keyClick(view.cells.editor, Qt.Key.Key_Return)


def settle(qtbot: QtBot, page: GradebookPage, runner: TaskRunner) -> None:
    qtbot.waitUntil(lambda: not page.saver.unsaved and not runner.busy(), timeout=10_000)


def stored(qtbot: QtBot, runner: TaskRunner, made: Services, section: str) -> dict[CellKey, str]:
    found: list[dict[CellKey, str]] = []
    runner.run(
        Lane.DATABASE,
        lambda _: made.book.open(section).cells,
        owner=runner,
        failed=must_not_fail,
        done=found.append,
    )
    qtbot.waitUntil(lambda: bool(found), timeout=10_000)
    return found[0]


def words_of(page: GradebookPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def impatient(made: Services) -> Callable[[object], None]:
    """The lane's own connection gives up soon instead of after ten seconds."""

    def work(_: object) -> None:
        made.workspace.here().db.execute("PRAGMA busy_timeout = 200")

    return work


def sqlite_lock(made: Services) -> Any:
    """Another program holds the write lock until it is closed."""
    other = database.connect(made.workspace.path, made.workspace._key).conn
    other.execute("BEGIN IMMEDIATE")
    return other
