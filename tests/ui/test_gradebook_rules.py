"""The grid and the program's own rules for entries understand one another."""

from __future__ import annotations

from functools import partial

import pytest

from app.assessment import parse_cell
from app.model import gradebook as areas
from app.model.gradebook import CellChange
from app.profile.loading import shipped
from app.ui.grid.columns import ColumnKind, GridColumn
from app.ui.grid.model import GradebookModel
from tests.fixtures.schools import gradebook_demo as demo

SCORE = GridColumn(("TOAN", "s1.midterm"), "Giữa kì", ColumnKind.SCORE, decimals=1)


def grid(column: GridColumn) -> GradebookModel:
    profile = shipped().for_grade("2026-2027", 8)
    return GradebookModel([column], demo.rows(1), {}, partial(parse_cell, profile))


@pytest.mark.parametrize(
    ("column", "typed", "saved", "shown"),
    [
        (SCORE, "7.5", "7.5", "7,5"),
        (SCORE, " 10 ", "10", "10,0"),
        (GridColumn((areas.CONDUCT, "s1"), "", ColumnKind.LETTER), "đạt", "D", "Đ"),
        (GridColumn((areas.CONDUCT, "s2"), "", ColumnKind.LETTER), "cđ", "CD", "CĐ"),
        (GridColumn((areas.ATTENDANCE, "excused"), "", ColumnKind.SCORE), "3", "3", "3"),
        (GridColumn((areas.AWARDS, "recognised"), "", ColumnKind.LETTER), "x", "yes", "Có"),
        (
            GridColumn((areas.DECISION, "promotion"), "", ColumnKind.LETTER),
            "lưu ban",
            "retained",
            "Ở lại lớp",
        ),
        (
            GridColumn((areas.REMARKS, "homeroom"), "", ColumnKind.TEXT),
            "Ngoan\n.",
            "Ngoan\n.",
            None,
        ),
    ],
)
def test_what_is_shown_can_be_typed_again(
    qapp: object, column: GridColumn, typed: str, saved: str, shown: str | None
) -> None:
    model = grid(column)
    heard: list[list[CellChange]] = []
    model.changed.connect(heard.append)
    model.enter({(0, 0): typed}, "Nhập")
    assert [change.after for changes in heard for change in changes] == [saved]
    assert model.text(0, 0) == (shown or saved)
    model.enter({(0, 0): model.text(0, 0)}, "Nhập")
    assert len(heard) == 1


def test_a_refusal_of_the_rules_is_a_sentence_with_a_suggestion(qapp: object) -> None:
    model = grid(SCORE)
    model.enter({(0, 0): "77"}, "Nhập")
    [(_, problem)] = model.problems()
    assert problem.reason == "Phải từ 0 đến 10."
    model.enter({(0, 0): problem.suggestion}, "Nhập")
    assert model.text(0, 0) == "7,7"
    assert model.problems() == []
