"""Figures of selected cells and of one test. Nothing here puts pupils in an order of merit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import TypeVar

from app.model.marks import fixed, printed
from app.ui.grid.columns import ColumnKind
from app.ui.grid.model import GradebookModel
from app.ui.grid.moves import Place

FAR = Decimal(4)
"""A mark this far from the median of the pupil's other marks is worth a second look."""
_ENOUGH = 3
T = TypeVar("T")


Bar = tuple[str, int]
"""Label and count."""


@dataclass(frozen=True, slots=True)
class CellReference:
    """A mark far from the pupil's others; `others` is their median."""

    row: int
    column: int
    mark: Decimal
    others: Decimal


def score_at(model: GradebookModel, row: int, column: int) -> Decimal | None:
    """The valid score of a cell, or None."""
    if model.columns[column].kind not in (ColumnKind.SCORE, ColumnKind.COMPUTED):
        return None
    text = model.text(row, column).replace(",", ".")
    is_number = text.replace(".", "", 1).isdigit() and text.isascii()
    return None if model.problem_at(row, column) or not is_number else Decimal(text)


def comma(value: Decimal) -> str:
    """As an average is printed."""
    return printed(fixed(value))


def summarize(model: GradebookModel, places: Sequence[Place]) -> str:
    """'12 ô · 10 điểm · trung bình 7,2'; '' for one cell."""
    if len(places) < 2:
        return ""
    scores = [s for place in places if (s := score_at(model, *place)) is not None]
    parts = [f"{len(places)} ô"]
    if scores:
        mean = sum(scores, Decimal(0)) / len(scores)
        parts += [f"{len(scores)} điểm", f"trung bình {comma(mean)}"]
    return " · ".join(parts)


def distribution(model: GradebookModel, column: int) -> list[Bar]:
    """How many pupils by score ('9' means 9 up to 10 inclusive), or by letter."""
    rows = range(model.rowCount())
    scores = [s for row in rows if (s := score_at(model, row, column)) is not None]
    if scores:
        counts = Counter(min(int(score), 9) for score in scores if score >= 0)
        return [(str(step), counts[step]) for step in range(10)]
    if model.columns[column].kind is ColumnKind.TEXT:
        return []
    letters = Counter(
        text
        for row in rows
        if (text := model.text(row, column)) not in ("", "—") and not model.problem_at(row, column)
    )
    return sorted(letters.items(), key=_best_first)


def jumps(model: GradebookModel) -> list[CellReference]:
    """Marks far from the pupil's others in the same subject, in the order shown."""
    return [jump for row in range(model.rowCount()) for jump in _jumps_of(model, row)]


def _jumps_of(model: GradebookModel, row: int) -> Iterable[CellReference]:
    by_area: dict[str, list[tuple[int, Decimal]]] = {}
    for place, column in enumerate(model.columns):
        if column.kind is ColumnKind.SCORE and (mark := score_at(model, row, place)) is not None:
            by_area.setdefault(column.key[0], []).append((place, mark))
    for marks in by_area.values():
        for place, mark, others in far_from_others(marks):
            yield CellReference(row, place, mark, others)


def far_from_others(marks: Sequence[tuple[T, Decimal]]) -> Iterable[tuple[T, Decimal, Decimal]]:
    """(where, mark, median of the others) of each mark far from a pupil's others."""
    for place, mark in marks:
        others = [other for where, other in marks if where != place]
        if len(others) >= _ENOUGH and abs(mark - median(others)) >= FAR:
            yield place, mark, median(others)


def _best_first(item: tuple[str, int]) -> tuple[int, str]:
    order = ("T", "K", "H", "Đ", "C", "CĐ")
    return (order.index(item[0]) if item[0] in order else len(order), item[0])
