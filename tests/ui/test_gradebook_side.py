"""The cards beside the grid lead to cells, mend entries and explain results."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.model.assessment import Reason
from app.ui.grid.clipboard import read_table, write_table
from app.ui.grid.columns import ColumnKey
from app.ui.grid.model import GradebookModel
from app.ui.grid.side import GridSidePanel
from app.ui.grid.summary import distribution, jumps
from app.ui.grid.view import GradebookView
from tests.fixtures.schools import gradebook_demo as demo


class Asked:
    """Remembers what was asked to be explained."""

    def __init__(self) -> None:
        self.last: tuple[str, ColumnKey] | None = None

    def __call__(self, student: str, key: ColumnKey) -> Sequence[Reason]:
        self.last = (student, key)
        return [Reason(f"Các bước của {student}.", "Thông tư 22/2021, điều 9 khoản 1")]


@pytest.fixture
def view(qtbot: QtBot) -> GradebookView:
    model = GradebookModel(demo.columns(), demo.rows(), demo.cells(), demo.parse, demo.recompute)
    made = GradebookView(model)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def side(view: GradebookView, asked: Asked, qtbot: QtBot) -> GridSidePanel:
    made = GridSidePanel(view, asked)
    qtbot.addWidget(made)
    made.show()
    return made


def line(card: QWidget, words: str) -> QPushButton:
    return next(b for b in card.findChildren(QPushButton) if words in b.accessibleName())


def test_what_is_missing_leads_to_its_cell(view: GradebookView, side: GridSidePanel) -> None:
    assert side.missing.count.text() == "17 / 20 học sinh đủ điểm"
    found = line(side.missing, "Pờ Go Xừ")
    assert found.accessibleName() == "Pờ Go Xừ — TX4, cuối kì"
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)
    assert (view.currentIndex().row(), view.currentIndex().column()) == (12, 3)


def test_a_filled_gap_leaves_the_list(
    view: GradebookView, side: GridSidePanel, qtbot: QtBot
) -> None:
    view.grid.enter({(6, 5): "8"}, "Nhập")
    qtbot.waitUntil(lambda: side.missing.count.text() == "18 / 20 học sinh đủ điểm")


def test_the_suggested_mark_is_written_only_when_pressed(
    view: GradebookView, side: GridSidePanel
) -> None:
    view.grid.enter({(9, 4): "77"}, "Nhập")
    side.refresh()
    assert side.problem.accept.text() == "Ghi 7,7"
    assert side.problem.words.text() == (
        "Cà Văn Hặc · giữa kì: “77”. Điểm từ 0 đến 10, một chữ số thập phân. Thầy cô muốn ghi 7,7?"
    )
    assert view.grid.text(9, 4) == "77"
    side.problem.accept.click()
    side.refresh()
    assert view.grid.text(9, 4) == "7,7"
    assert side.problem.isHidden()


def test_an_entry_without_a_suggestion_can_be_left_empty(
    view: GradebookView, side: GridSidePanel
) -> None:
    view.grid.enter({(9, 3): "tám"}, "Nhập")
    side.refresh()
    assert side.problem.accept.isHidden()
    side.problem.clear.click()
    assert view.grid.text(9, 3) == ""
    assert view.grid.problems() == []


def test_why_asks_about_the_result_of_the_current_row(
    view: GradebookView, side: GridSidePanel, asked: Asked
) -> None:
    view.go(3, 1)
    side.refresh()
    assert side.why is not None
    assert side.why.title.text() == "Vì sao 6,2?"
    assert asked.last == ("p4", demo.AVERAGE)
    words = [label.text() for label in side.why.findChildren(QLabel)]
    assert "Các bước của p4." in words


def test_the_distribution_counts_pupils_by_mark(view: GradebookView) -> None:
    bars = dict(distribution(view.grid, 5))
    assert bars["7"] == 7
    assert bars["2"] == 1
    assert sum(bars.values()) == 18
    assert distribution(view.grid, 7) == []


def test_a_mark_far_from_the_others_is_worth_a_look(view: GradebookView) -> None:
    found = [(view.grid.row(j.row).full_name, j.column, str(j.mark)) for j in jumps(view.grid)]
    assert ("Mùa A Đạt", 5, "2") in [(n, c, m.removesuffix(".0")) for n, c, m in found]
    assert "Lò Văn Ún" not in {name for name, _, _ in found}


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("", [[""]]),
        ("5", [["5"]]),
        ("5\r\n", [["5"]]),
        ("5\t6\r\n7\t\r\n", [["5", "6"], ["7", ""]]),
        ("a\n\nb", [["a"], [""], ["b"]]),
        ('"a\r\nb"\tc', [["a\nb", "c"]]),
        ('"nói ""vâng"""', [['nói "vâng"']]),
        ('"chưa đóng', [['"chưa đóng']]),
        ('cao 5" rưỡi\t1', [['cao 5" rưỡi', "1"]]),
    ],
)
def test_tables_are_read_as_spreadsheets_write_them(text: str, table: list[list[str]]) -> None:
    assert read_table(text) == table


def test_tables_survive_the_clipboard() -> None:
    table = [['a "b"', "c\td", "e\nf"], ["", "7,5", "Đ"]]
    assert read_table(write_table(table)) == table
