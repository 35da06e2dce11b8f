"""Opening a class of 45 x 40 cells, and a keystroke until the results are repainted."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView

from app.model.gradebook import CellKey, Cells
from app.ui import theme
from app.ui.gradebook.columns import ColumnKind, GridColumn, RowOutcome
from app.ui.gradebook.model import GradebookModel
from app.ui.gradebook.side import SidePanel
from app.ui.gradebook.view import GradebookView
from tests.bench import Measure
from tests.support import gradebook_demo as demo

PUPILS, COLUMNS, ROUNDS, KEYSTROKES = 45, 40, 9, 60
SUBJECTS = COLUMNS // 8
_SLOTS = ("s1.regular1", "s1.regular2", "s1.regular3", "s1.regular4", "s1.midterm", "s1.final")


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


def _columns() -> list[GridColumn]:
    made = []
    for number in range(SUBJECTS):
        area, group = f"S{number}", f"Môn {number + 1}"
        for slot in _SLOTS:
            made.append(GridColumn((area, slot), slot[-4:], ColumnKind.SCORE, group=group))
        made.append(GridColumn((area, "s1.average"), "TB", ColumnKind.COMPUTED, group=group))
        made.append(GridColumn((area, "comment"), "Nhận xét", ColumnKind.TEXT, group=group))
    return made


def _cells() -> dict[CellKey, str]:
    made = {}
    for place, row in enumerate(demo.rows(PUPILS)):
        for number in range(SUBJECTS):
            for shift, slot in enumerate(_SLOTS):
                mark = f"{(place + number + shift) % 10}.{shift}"
                made[CellKey(row.student_id, f"S{number}", slot)] = mark
            made[CellKey(row.student_id, f"S{number}", "comment")] = "Chăm chỉ, tiến bộ rõ."
    return made


def _recompute(cells: Cells, students: Sequence[str]) -> dict[str, RowOutcome]:
    """The demo's average for each of the subjects."""
    found: dict[str, dict[tuple[str, str], str]] = {student: {} for student in students}
    for number in range(SUBJECTS):
        area = f"S{number}"
        one = {
            CellKey(key.student_id, demo.MATHS, key.slot): mark
            for key, mark in cells.items()
            if key.area == area
        }
        for student, outcome in demo.recompute(one, students).items():
            if outcome.values:
                found[student][area, "s1.average"] = outcome.values[demo.AVERAGE]
    return {student: RowOutcome(values) for student, values in found.items()}


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
    return GradebookView(
        GradebookModel(_columns(), demo.rows(PUPILS), cells, demo.parse, _recompute)
    )


cells = _cells()


def _keystroke_ms() -> float:
    """Letter and Enter: editor opened, text parsed, results computed, window painted."""
    model = GradebookModel(_columns(), demo.rows(PUPILS), cells, demo.parse, _recompute)
    view = GradebookView(model)
    side = SidePanel(view, demo.explain)
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
        theme.apply(app, theme.LIGHT)
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
