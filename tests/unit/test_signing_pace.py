"""How long a job takes is told by the pace of its key, views included."""

from __future__ import annotations

import time

import pytest

from app.signing.batch.pace import PaceMeter, SigningPace
from app.signing.batch.signing_batch import Pause
from app.work import Progress, WorkContext


@pytest.mark.parametrize(
    ("pace", "records", "views", "seconds"),
    [
        (SigningPace(), 10, 0, None),
        (SigningPace(0.2), 10, 0, 2.0),
        (SigningPace(0.2, 0.6), 10, 10, 8.0),
        (SigningPace(0.2), 10, 10, 6.5),
        (SigningPace(0.0, 0.6), 0, 5, 3.0),
        (SigningPace(0.0, 0.6), 1, 5, None),
        (SigningPace(0.2), 0, 0, None),
    ],
    ids=["unknown", "records", "both", "views guessed", "views", "records unknown", "nothing"],
)
def test_a_pace_tells_how_long_records_and_views_take(
    pace: SigningPace, records: int, views: int, seconds: float | None
) -> None:
    found = pace.seconds(records, views)
    assert found is None if seconds is None else found == pytest.approx(seconds)


def test_the_time_left_while_records_are_signed_counts_the_views_that_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, told = [100.0], list[Progress]()
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    meter = PaceMeter(SigningPace(), Pause(), WorkContext(report=told.append), 10)
    signing = meter.records("đang ký")
    signing.step(0, 10)
    now[0] += 5.0
    signing.step(5, 10)
    assert told[0].seconds_left is None
    assert told[1].seconds_left == pytest.approx(5 * 1.0 + 10 * 2.05)
    assert told[1].what == "đang ký"
    sealing = meter.views("đóng dấu")
    now[0] += 9.0
    sealing.step(3, 10)
    assert told[2].seconds_left == pytest.approx(7 * 3.0)
    assert meter.pace == SigningPace(1.0, 3.0)


def test_a_pause_does_not_slow_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now, pause, told = [0.0], Pause(), list[Progress]()
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    signing = PaceMeter(SigningPace(), pause, WorkContext(report=told.append), 0).records("đang ký")
    now[0] += 64.0
    pause.held_seconds += 60.0
    signing.step(4, 10)
    assert told[0].seconds_left == pytest.approx(6.0)
