"""How long silence may last follows what was measured."""

from __future__ import annotations

from app.sync.pace import SEND_BUFFER, Pace


class _Line:
    """A pace on a line that takes so many bytes a second, once the buffer is full."""

    def __init__(self, rate: float, round_trip: float) -> None:
        self.at = 100.0
        self.pace = Pace(lambda: self.at)
        self._rate = rate
        self.pace.connected(round_trip)

    def send(self, count: int, piece: int = 4096) -> None:
        self.pace.begin()
        for sent in range(0, count, piece):
            if sent >= self.pace.buffer:
                self.at += piece / self._rate
            self.pace.moved(piece)


def test_what_only_filled_the_buffer_says_nothing_of_the_line() -> None:
    line = _Line(8000, 0.4)
    before = line.pace.silence()
    line.send(SEND_BUFFER)
    assert line.pace.rate == 0
    assert line.pace.silence() == before == 8


def test_the_rate_is_that_of_the_line() -> None:
    line = _Line(8000, 0.4)
    line.send(200_000)
    assert abs(line.pace.rate - 8000) < 800


def test_on_a_line_of_64_kbit_silence_lasts_about_five_seconds() -> None:
    line = _Line(8000, 0.4)
    line.send(200_000)
    assert 4.5 <= line.pace.silence() <= 5.5


def test_a_slower_line_is_given_longer_but_not_for_ever() -> None:
    slow, slower = _Line(1000, 0.4), _Line(50, 0.4)
    slow.send(60_000)
    slower.send(60_000)
    assert 9 <= slow.pace.silence() <= 15
    assert slower.pace.silence() == 30


def test_the_answer_is_awaited_after_the_buffer_has_left() -> None:
    line = _Line(1000, 0.4)
    line.send(60_000)
    assert 16 <= line.pace.still_leaving() <= 18
    line.pace.begin()
    assert line.pace.still_leaving() < 1


def test_the_buffer_grows_where_it_would_be_the_brake_and_only_there() -> None:
    near, far = _Line(8000, 0.4), _Line(200_000, 0.5)
    near.send(200_000)
    far.send(2_000_000)
    assert near.pace.buffer == SEND_BUFFER
    assert far.pace.buffer >= 100_000


def test_a_handshake_slowed_by_a_loss_does_not_count_as_a_longer_way() -> None:
    pace = Pace()
    pace.connected(0.4)
    pace.connected(3.0)
    assert pace.round_trip == 0.4
