"""Rules in force as rows that people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from app.profile import Profiles


@dataclass(frozen=True, slots=True)
class RuleRow:
    title: str
    id: str
    grades: str
    years: str


def rows_of(profiles: Profiles) -> tuple[RuleRow, ...]:
    """One for each set of rules in force."""
    held = sorted(profiles.by_grade.values(), key=lambda p: (p.title, p.id))
    rows = []
    for (title, name), group in groupby(held, key=lambda p: (p.title, p.id)):
        every = list(group)
        grades = sorted({one.grade for one in every})
        years = sorted({one.school_year for one in every})
        rows.append(RuleRow(title, name, _span(grades), _span(years).replace("-", "–")))
    return tuple(rows)


def _span(values: Sequence[object]) -> str:
    first, last = values[0], values[-1]
    return f"{first}" if first == last else f"{first} đến {last}"
