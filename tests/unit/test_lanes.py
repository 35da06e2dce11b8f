"""How many parcels travel at once is decided by what was measured."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.sync.lanes import MOST, Width


def after(
    rate_of: Callable[[int], float], seconds: int = 120, round_trip: float = 0.1
) -> list[int]:
    """The widths of each second, on a line whose rate depends on the width; all lanes busy."""
    width, moved, found = Width(), 0.0, []
    for at in range(seconds):
        width.met(round_trip if at else 0.0)
        width.look(float(at), int(moved), width.wide)
        found.append(width.wide)
        moved += rate_of(width.wide)
    return found


@pytest.mark.parametrize("rate", [1000.0, 8000.0, 1e6])
def test_a_line_that_one_connection_fills_ends_with_one(rate: float) -> None:
    widths = after(lambda _: rate)
    assert widths[-1] == 1
    assert set(widths) <= {1, 2}


def test_a_near_line_that_one_connection_cannot_fill_keeps_two() -> None:
    widths = after(lambda wide: 1000.0 * wide)
    assert widths[:2] == [1, 2]
    assert widths[-1] == 2


def test_on_a_long_way_two_are_kept_when_they_were_faster_than_four_and_one() -> None:
    widths = after({4: 1000.0, 2: 1500.0, 1: 1200.0}.__getitem__, round_trip=0.9)
    assert {1, 2, MOST} == set(widths)
    assert widths[-1] == 2


def test_a_long_way_begins_with_four_and_keeps_them_where_fewer_are_slower() -> None:
    widths = after(lambda wide: 1000.0 * wide, round_trip=0.9)
    assert widths[:2] == [1, MOST]
    assert widths[-1] == MOST


def test_a_long_way_that_one_connection_fills_best_ends_with_one() -> None:
    assert after(lambda wide: 1000.0 / wide, round_trip=0.9)[-1] == 1


def test_nothing_is_judged_while_a_lane_is_empty() -> None:
    width = Width()
    for at in range(60):
        width.look(float(at), at * 1000, 0)
    assert width.wide == 1
