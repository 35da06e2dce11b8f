"""How long silence may last follows what was measured."""

from __future__ import annotations

from app.sync.pace import SEND_BUFFER, LinkPace


class _Line:
    """A pace on a line that takes so many bytes a second, once the buffer is full."""

    def __init__(self, rate: float, round_trip: float) -> None:
        self.at = 100.0
        self.pace = LinkPace(lambda: self.at)
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
    pace = LinkPace()
    pace.connected(0.4)
    pace.connected(3.0)
    assert pace.round_trip == 0.4


class _Two:
    """Connections side by side, opened at the same moment on one clock."""

    def __init__(self) -> None:
        self.at = 100.0
        self.one = LinkPace(lambda: self.at)
        self.other = self.one.beside()
        for pace in (self.one, self.other):
            pace.connected(0.4)
        self.move(self.one, self.other, seconds=20)
        self.since = self.at

    def move(self, *paces: LinkPace, seconds: int) -> None:
        """A piece each second, for as long."""
        for pace in paces:
            pace.begin()
            pace.moved(pace.buffer)
        for _ in range(seconds):
            self.at += 1
            for pace in paces:
                pace.moved(4096)


def test_a_silent_connection_is_not_dead_while_one_beside_it_still_moves() -> None:
    two = _Two()
    two.move(two.other, seconds=12)
    assert two.one.silence() < 12
    assert not two.one.is_dead(two.since)
    two.at += two.one.silence()
    assert two.one.is_dead(two.since)


def test_connections_that_fall_silent_together_are_dead_sooner_than_one_alone() -> None:
    two = _Two()
    two.at += two.one.silence() - 0.4
    assert two.one.is_dead(two.since)
    assert two.other.is_dead(two.since)


def test_a_connection_opened_after_a_cut_says_nothing_of_one_from_before() -> None:
    two = _Two()
    two.at += 3
    two.other.connected(0.4)
    two.move(two.other, seconds=5)
    assert two.one.is_dead(two.since)


def test_what_only_filled_a_buffer_is_no_sign_of_life() -> None:
    two = _Two()
    two.at += 7
    two.other.begin()
    two.other.moved(two.other.buffer)
    assert two.one.is_dead(two.since)


def test_nobody_waits_for_ever_because_others_move() -> None:
    two = _Two()
    two.move(two.other, seconds=29)
    assert not two.one.is_dead(two.since)
    two.move(two.other, seconds=1)
    assert two.one.is_dead(two.since)


def test_a_connection_alone_is_dead_after_its_own_silence() -> None:
    line = _Line(8000, 0.4)
    line.send(200_000)
    since = line.at
    line.at = since + line.pace.silence() - 0.1
    assert not line.pace.is_dead(since)
    line.at = since + line.pace.silence()
    assert line.pace.is_dead(since)
