"""The gradebook page on a real workspace: entering, saving, undoing, other sheets, the lock."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.model.gradebook import CellChange, CellKey
from app.practice.setup import PracticePlace
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.pages.gradebook_class import ClassGrid
from app.ui.pages.gradebook_page import GradebookPage
from app.ui.task_runner import Lane, TaskRunner
from tests.ui.practice_school import Copier

pytest_plugins = ["tests.ui.practice_services"]

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
        Lane.DATABASE, lambda _: made.book.open(section).cells, owner=runner, done=found.append
    )
    qtbot.waitUntil(lambda: bool(found), timeout=10_000)
    return found[0]


def words_of(page: GradebookPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def test_a_typed_mark_is_saved_and_the_average_follows(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made)
    pupil = grid_of(page).opened.students[3].id
    grid_of(page).show_sheet("TOAN", "s1")
    model = grid_of(page).model
    row = model.row_of(pupil)
    result = model.column_of(("TOAN", "s1.result"))
    assert result is not None
    for slot in ("regular1", "regular2", "regular3", "regular4", "midterm", "final"):
        type_in(page, pupil, ("TOAN", f"s1.{slot}"), "9,5")
    assert model.text(row, result) == "9,5"
    settle(qtbot, page, runner)
    assert stored(qtbot, runner, made, "8B")[CellKey(pupil, "TOAN", "s1.final")] == "9.5"
    assert "Đã lưu" in words_of(page)
