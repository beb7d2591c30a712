"""The heartbeat's wire: what is written is understood, and nothing else is a beat."""

import contextlib
import os
from collections.abc import Iterator

import pytest

from bot.watchdog.beat import Beat, Heart, Phase, Pulse, TripAsked


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        with contextlib.suppress(OSError):
            os.close(end)


class Hands:
    """A clock that is set by hand."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def heard(end: int) -> list[Beat | TripAsked]:
    os.set_blocking(end, False)
    try:
        return list(Pulse().feed(os.read(end, 65_536)))
    except BlockingIOError:
        return []


def test_beats_are_written_ten_times_a_second_and_at_every_new_phase(pipe: tuple[int, int]) -> None:
    hands = Hands()
    heart = Heart(pipe[1], hands)
    for tick in range(100):
        hands.at = tick / 64
        heart.beat(Phase.TRADING, frame=tick, seq=2 * tick)
    assert [beat.frame for beat in heard(pipe[0]) if isinstance(beat, Beat)] == [*range(0, 99, 7)]
    heart.beat(Phase.STOPPING)
    assert heard(pipe[0]) == [Beat(Phase.STOPPING, 0, 0)]
    heart.beat()
    assert heard(pipe[0]) == []


def test_a_trip_is_one_line_whatever_its_words(pipe: tuple[int, int]) -> None:
    heart = Heart(pipe[1])
    assert heart.trip("drawdown", "fell\nbeat trading 1 1\n\u20ac" + "x" * 5000)
    (said,) = heard(pipe[0])
    assert isinstance(said, TripAsked)
    assert said.cause == "drawdown"
    assert said.detail.startswith("fell beat trading 1 1 ?x")
    assert len(said.detail) < 500


def test_nobody_to_hear_is_no_failure(pipe: tuple[int, int]) -> None:
    mute = Heart.inherited("")
    mute.beat(Phase.TRADING)
    assert not mute.heard
    assert not mute.trip("bug", "x")
    heart = Heart(pipe[1])
    os.close(pipe[0])
    heart.beat(Phase.TRADING)
    assert not heart.heard


def test_a_full_pipe_does_not_hold_the_loop_up(pipe: tuple[int, int]) -> None:
    hands = Hands()
    heart = Heart(pipe[1], hands)
    for tick in range(20_000):
        hands.at = float(tick)
        heart.beat(Phase.TRADING, frame=tick)
    assert heart.heard


@pytest.mark.parametrize("number", ["x", "-1", "99999", "1.0"])
def test_a_number_that_is_no_pipe_is_nobody(number: str) -> None:
    assert not Heart.inherited(number).heard


@pytest.mark.parametrize(
    "line", [b"beat\n", b"beat trading 1\n", b"beat dancing 1 1\n", b"beat trading -1 1\n",
             b"beat trading 1 1 1\n", b"\xff\xfe\n", b"trip\n", b"\n", b"BEAT trading 1 1\n"],
)  # fmt: skip
def test_what_is_no_beat_is_none(line: bytes) -> None:
    assert list(Pulse().feed(line)) == []


def test_lines_may_come_in_pieces() -> None:
    pulse = Pulse()
    assert list(pulse.feed(b"beat tra")) == []
    assert list(pulse.feed(b"ding 3 4\nbe")) == [Beat(Phase.TRADING, 3, 4)]
    assert list(pulse.feed(b"x" * 100_000)) == []
