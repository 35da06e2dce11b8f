"""Opening a class of 45 x 40 cells, and a keystroke until the results are repainted.

Opening: columns, entries, model and view made, shown and painted twice (once by the window, once
into a picture), results computed. The floor does the same with an empty table, turn by turn; both
are the median of their turns, so that what else the machine does weighs on both alike.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from time import perf_counter

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView

from app.assessment import parse_cell
from app.model.people import Student
from app.practice.marks import invent
from app.profile import shipped
from app.ui.grid.columns import GridColumn
from app.ui.grid.model import GradebookModel
from app.ui.grid.sheets import all_columns, sheets
from app.ui.grid.side import GridSidePanel
from app.ui.grid.view import GradebookView
from app.ui.pages.gradebook.results import ClassResults
from app.ui.theme import apply_theme, theme
from tests.bench import Measure
from tests.fixtures.schools import gradebook_demo as demo

PUPILS, COLUMNS, ROUNDS, KEYSTROKES = 45, 40, 25, 60
PROFILE = shipped().for_grade("2026-2027", 8)
PUPILS_OF_CLASS = [
    Student(row.student_id, row.full_name, "2013-05-01") for row in demo.rows(PUPILS)
]
CELLS = invent(PROFILE, PUPILS_OF_CLASS)


class _Empty(QAbstractTableModel):
    """The floor: a table of the same size that shows nothing."""

    def rowCount(self, _: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return PUPILS

    def columnCount(
        self,
        _: QModelIndex | QPersistentModelIndex = QModelIndex(),  # noqa: B008
    ) -> int:
        return COLUMNS

    def data(self, _: QModelIndex | QPersistentModelIndex, role: int = 0) -> None:
        return None


def _columns() -> tuple[GridColumn, ...]:
    return all_columns(sheets(PROFILE))[:COLUMNS]


def _model(columns: Sequence[GridColumn]) -> GradebookModel:
    """With the circular's own rules, as the page has them."""
    results = ClassResults(PROFILE, PUPILS_OF_CLASS)
    parse = partial(parse_cell, PROFILE)
    return GradebookModel(columns, demo.rows(PUPILS), CELLS, parse, results.recompute)


def _time(act: Callable[[], QTableView]) -> float:
    started = perf_counter()
    view = act()
    view.resize(1100, 660)
    view.show()
    QApplication.processEvents()
    view.grab()
    spent = perf_counter() - started
    view.close()
    view.deleteLater()
    QApplication.processEvents()
    return spent * 1000


def _open_empty() -> QTableView:
    view = QTableView()
    model = _Empty(view)
    view.setModel(model)
    return view


def _open_grid() -> QTableView:
    return GradebookView(_model(_columns()))


def _keystroke_ms() -> float:
    """Letter and Enter: editor opened, text parsed, results computed, window painted."""
    results = ClassResults(PROFILE, PUPILS_OF_CLASS)
    parse = partial(parse_cell, PROFILE)
    columns = next(sheet for sheet in sheets(PROFILE) if sheet.key == "TOAN").parts[0].columns
    model = GradebookModel(columns, demo.rows(PUPILS), CELLS, parse, results.recompute)
    view = GradebookView(model)
    side = GridSidePanel(view, results.explain)
    view.resize(1100, 660)
    view.show()
    side.show()
    view.setFocus()
    QApplication.processEvents()
    spent = []
    for turn in range(KEYSTROKES):
        view.go(turn % PUPILS, turn % 4)
        QApplication.processEvents()
        started = perf_counter()
        QTest.keyClick(view, Qt.Key(Qt.Key.Key_0 + turn % 10))
        QTest.keyClick(view.cells.editor, Qt.Key.Key_Return)
        QApplication.processEvents()
        spent.append((perf_counter() - started) * 1000)
    view.close()
    side.close()
    return median(spent)


def measures() -> list[Measure]:
    app = QApplication.instance() or QApplication([])
    if isinstance(app, QApplication):
        theme.load_fonts()
        apply_theme.apply(app, theme.LIGHT)
    _time(_open_empty), _time(_open_grid)  # fonts and styles are loaded once for both
    empty, full = [], []
    for _ in range(ROUNDS):
        empty.append(_time(_open_empty))
        full.append(_time(_open_grid))
    floor, opened, stroke = median(empty), median(full), _keystroke_ms()
    return [
        Measure("gradebook.open_ms", opened, "ms", floor, "≤ 4 × floor", opened <= 4 * floor),
        Measure("gradebook.keystroke_ms", stroke, "ms", None, "≤ 16 ms", stroke <= 16),
    ]
