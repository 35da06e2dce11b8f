"""Shall we make it: what the station foretells from what has come."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.department.pages.progress import DeadlineForecast

TODAY, DEADLINE = date(2027, 5, 20), date(2027, 5, 31)


def progress(
    *arrived: tuple[int, int], declared: int = 100, deadline: date | None = DEADLINE
) -> DeadlineForecast:
    """`arrived`: (days ago, records)."""
    days = [(TODAY - timedelta(days=ago), count) for ago, count in arrived]
    missing = declared - sum(count for _, count in arrived)
    return DeadlineForecast(days, declared, missing, TODAY, deadline)


def test_the_last_two_weeks_count_and_nothing_before() -> None:
    found = progress((40, 30), (14, 2), (13, 10), (0, 18))
    assert found.per_day == 2.0
    assert found.missing == 40
    assert found.complete_on == TODAY + timedelta(days=20)
    assert found.days_early == -9
    assert found.needed_per_day == 4  # 40 in 11 days


def test_a_start_of_three_days_ago_is_an_average_of_three_days() -> None:
    found = progress((2, 30), (0, 30))
    assert found.per_day == 20.0
    assert (found.complete_on, found.days_early) == (TODAY + timedelta(days=2), 9)


@pytest.mark.parametrize("arrived", [[], [(30, 50)]])
def test_where_nothing_comes_nothing_is_foretold(arrived: list[tuple[int, int]]) -> None:
    found = progress(*arrived)
    assert (found.per_day, found.complete_on, found.days_early) == (0, None, None)
    assert found.needed_per_day > 0


def test_a_trickle_is_not_foretold_beyond_a_year() -> None:
    assert progress((10, 1), declared=10_000).complete_on is None


def test_after_the_deadline_nothing_is_needed_per_day() -> None:
    assert progress((0, 5), deadline=TODAY).needed_per_day == 0
    assert progress((0, 5), deadline=None).needed_per_day == 0


def points(line: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in line.split())]


def test_the_line_rises_to_what_is_held_and_goes_on_to_the_goal() -> None:
    chart = progress((19, 20), (9, 20), (0, 20)).chart()
    assert chart is not None
    held, ahead = points(chart.points), points(chart.ahead)
    assert held == sorted(held)
    assert [y for _, y in held] == sorted((y for _, y in held), reverse=True)
    assert held[-1] == ahead[0] == (pytest.approx(1000 * 20 / 34, abs=0.1), 60.0)
    assert ahead[-1] == (1000, 0)  # 14 days from now: beyond the deadline
    assert chart.goal_y == 0
    assert chart.deadline is not None
    assert chart.deadline.x == pytest.approx(100 * 31 / 34)
    assert chart.deadline.anchor == "end"
    assert chart.start is not None


def test_all_that_was_declared_and_more_needs_no_line_ahead() -> None:
    chart = DeadlineForecast([(TODAY, 120)], 100, 0, TODAY, DEADLINE).chart()
    assert chart is not None
    assert chart.ahead == ""
    assert chart.goal_y == pytest.approx(25)
    assert points(chart.points)[-1][1] == 0


def test_records_from_a_clock_ahead_stay_inside_the_drawing() -> None:
    chart = DeadlineForecast([(TODAY + timedelta(days=400), 5)], 10, 5, TODAY, None).chart()
    assert chart is not None
    assert all(0 <= x <= 1000 and 0 <= y <= 150 for x, y in points(chart.points))


def test_there_is_no_chart_of_nothing() -> None:
    assert progress().chart() is None
    assert DeadlineForecast([(TODAY, 5)], 0, 0, TODAY, DEADLINE).chart() is None
