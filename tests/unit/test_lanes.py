"""How many parcels travel at once is decided by what was measured."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import requests

from app.errors import NetworkDown
from app.outbox import DueParcel
from app.sync.client import StationClient
from app.sync.concurrency import MOST, Concurrency, ParallelSender
from app.work import WorkContext

PLENTY = 1 << 40


def after(
    rate_of: Callable[[int], float],
    seconds: int = 120,
    round_trip: float = 0.1,
    total: float = PLENTY,
) -> list[int]:
    """The widths of each second, on a line whose rate depends on the width; all lanes busy."""
    width, moved, found = Concurrency(), 0.0, []
    for at in range(seconds):
        width.met(round_trip if at else 0.0)
        width.look(float(at), int(moved), int(total - moved), width.wide)
        found.append(width.wide)
        moved += rate_of(width.wide)
    return found


@pytest.mark.parametrize("rate", [1000.0, 8000.0, 1e6])
def test_a_line_that_one_connection_fills_ends_with_one(rate: float) -> None:
    widths = after(lambda _: rate)
    assert widths[-1] == 1
    assert set(widths) <= {1, 3}


def test_a_near_line_that_one_connection_cannot_fill_keeps_three() -> None:
    widths = after(lambda wide: 1000.0 * wide)
    assert widths[:2] == [1, 3]
    assert widths[-1] == 3


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


def test_nothing_is_judged_while_another_number_of_lanes_is_busy() -> None:
    """Three that still leave say nothing of what one would carry."""
    for busy in (0, 1, 2):
        width = Concurrency()
        width.met(0.1)
        for at in range(60):
            width.look(float(at), at * 1000, PLENTY, busy)
        assert width.wide == 3


@pytest.mark.parametrize("rate", [0.0, 1000.0])
def test_what_is_soon_over_is_carried_without_trying_a_narrower_way(rate: float) -> None:
    assert set(after(lambda _: rate, total=2_000_000)) == {1, 3}
    assert after(lambda _: rate, total=2_000_000)[-1] == 3
    assert after(lambda _: rate, total=4_000_000)[-1] == 1


class _Carrier:
    """Takes every parcel at once; the connection of the one named `cut` breaks, after `go`."""

    def __init__(self, go: threading.Event, cut: str) -> None:
        self._go, self._cut = go, cut
        self.round_trip = 0.1
        self.closed = 0
        self._is_whole = True

    def request(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: object = None,
        reply_seconds: float = 0.0,
    ) -> requests.Response:
        answer = requests.Response()
        answer.status_code = 200
        answer.headers["Upload-Offset"] = "0"
        answer._content = b'{"receipts": []}'
        if method == "PUT" and self._cut in path and self._is_whole:
            self._is_whole = False
            assert self._go.wait(60)
            raise NetworkDown("cut")
        return answer

    def another(self) -> _Carrier:
        return _Carrier(self._go, self._cut)

    def close(self) -> None:
        self.closed += 1


def parcel(name: str) -> DueParcel:
    return DueParcel(name * 64, 4, "4A", (), 0, 1)


def until_arrived(lanes: ParallelSender) -> str:
    while not (arrived := lanes.arrivals()):
        pass
    ((one, outcome),) = arrived
    assert outcome.result() == []
    return one.sha256[0]


def test_what_lay_idle_while_another_lane_was_cut_is_not_used_again() -> None:
    go = threading.Event()
    carrier = _Carrier(go, "b")
    lanes = ParallelSender(StationClient(carrier, pause=0), WorkContext(), 16)
    for name in "ab":
        lanes.carry(parcel(name), b"1234")
    assert until_arrived(lanes) == "a"
    go.set()
    assert until_arrived(lanes) == "b"
    lanes.carry(parcel("c"), b"1234")
    assert carrier.closed == 0  # over the one that came back by itself
    assert until_arrived(lanes) == "c"
    lanes.carry(parcel("d"), b"1234")
    lanes.carry(parcel("e"), b"1234")
    assert carrier.closed == 1
    while lanes.busy:
        lanes.arrivals()
    assert lanes.close() == []
    assert carrier.closed == 1
