"""The loop's beats are heard inside the process, and a loop that hangs is known."""

import os
import time

from typing_extensions import override

from bot.services.health import pulse
from bot.services.health.pulse import HeardHeart
from bot.watchdog.beat import Phase


def test_what_is_not_said_again_is_kept() -> None:
    heart = HeardHeart()
    heart.beat(Phase.TRADING, frame=7, seq=9)
    heart.beat()
    assert (heart.pulse.phase, heart.pulse.frame, heart.pulse.seq) == (Phase.TRADING, 7, 9)


def test_the_watchdog_hears_as_before() -> None:
    reading, writing = os.pipe()
    heart = HeardHeart.inherited(str(writing))
    heart.beat(Phase.WAITING, frame=3, seq=4)
    assert os.read(reading, 99) == b"beat waiting 3 4\n"
    os.close(reading)
    os.close(writing)


def test_a_replay_without_health_does_not_beat_while_it_waits() -> None:
    """It would make two tasks of every commit."""
    heart = HeardHeart()
    assert not heart.heard
    heart.listened_to = True
    assert heart.heard


def test_only_a_loop_that_should_beat_hangs() -> None:
    class Stopped(HeardHeart):
        @property
        @override
        def silent_s(self) -> float:
            return time.monotonic() - self._last.at_s + pulse.HUNG_S + 1

    heart = Stopped()
    heart.listened_to = True
    for phase, hung in ((Phase.WAITING, False), (Phase.CATCHING_UP, False), (Phase.HALTED, True)):
        heart.beat(phase)
        assert heart.hung is hung
    heart.listened_to = False
    assert not heart.hung
