"""Benches of the gradebook's sheets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import python_calamine

from app.roster.roster_import import read_roster
from tests.bench import Measure

SCHOOL = Path(__file__).parent.parent / "data" / "toan-truong-csdl.xlsx"


def _seconds(work: Callable[[], object], times: int = 5) -> float:
    found = []
    for _ in range(times):
        start = perf_counter()
        work()
        found.append(perf_counter() - start)
    return median(found)


def _bare_read() -> object:
    return python_calamine.load_workbook(str(SCHOOL)).get_sheet_by_index(0).to_python()


def import_school() -> Measure:
    """Read, repair and plan 891 pupils; the floor only reads the cells."""
    value = _seconds(lambda: read_roster(SCHOOL, "2026-2027"))
    floor = _seconds(_bare_read)
    return Measure("gradebook.import_school", value, "s", floor, "≤ 3 s", value <= 3.0)


MEASURES: list[Callable[[], Measure]] = [import_school]


def measures() -> list[Measure]:
    return [measure() for measure in MEASURES]
