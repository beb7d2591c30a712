"""The dead man's switch in virtual time: serial, within its fuse, and never by two."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from polymarket import OrderHeartbeatMismatchError
from polymarket.errors import TransportError

from bot.adapters.polymarket.account.heartbeat import Heartbeat, Loss, Rival


@dataclass
class Said:
    """An accepted beat."""

    heartbeat_id: str


@dataclass
class Venue:
    """Expects an id, gives the next; `spoil` decides what goes wrong at which call."""

    expected: str = ""
    count: int = 0
    at_once: int = 0
    most_at_once: int = 0
    times: list[float] = field(default_factory=list)
    spoil: Callable[[int], str] = lambda _: ""

    async def send_order_heartbeat(self, *, heartbeat_id: str) -> Said:
        self.count += 1
        call = self.count
        self.times.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(heartbeat_id, self.spoil(call), call)
        finally:
            self.at_once -= 1

    async def _answer(self, sent: str, how: str, call: int) -> Said:
        if how == "down":
            raise TransportError("Request failed")
        if how == "hang":
            await asyncio.sleep(60)
        if self.expected and sent != self.expected:
            raise OrderHeartbeatMismatchError(self.expected)
        self.expected = f"id-{call}"
        if how == "lost":
            await asyncio.sleep(60)
        return Said(self.expected)


class Losses(list[Loss]):
    """Remembers what was lost."""

    def __call__(self, loss: Loss, _: str) -> None:
        self.append(loss)


async def lived(venue: Venue, seconds: float) -> Losses:
    """Start and beat for some virtual seconds."""
    losses = Losses()
    heart = Heartbeat(venue, losses)
    await heart.start()
    running = asyncio.create_task(heart.run())
    await asyncio.sleep(seconds)
    running.cancel()
    return losses


async def test_it_beats_every_four_seconds_one_at_a_time() -> None:
    venue = Venue()
    assert await lived(venue, 20.5) == []
    assert venue.count == 7
    assert venue.most_at_once == 1
    gaps = [b - a for a, b in zip(venue.times[1:], venue.times[2:], strict=False)]
    assert gaps == [4.0] * 5


async def test_a_call_that_hangs_costs_two_seconds_not_the_fuse() -> None:
    venue = Venue(spoil=lambda call: "hang" if call == 3 else "")
    assert await lived(venue, 20) == []


async def test_an_answer_that_was_lost_is_made_good_at_once() -> None:
    """The venue took the beat and expects an id that we never saw: our own doing."""
    venue = Venue(spoil=lambda call: "lost" if call == 3 else "")
    assert await lived(venue, 20) == []


async def test_silence_is_told_before_the_venues_fuse_is_over() -> None:
    venue = Venue(spoil=lambda call: "down" if call > 2 else "")
    losses = Losses()
    heart = Heartbeat(venue, losses)
    await heart.start()
    running = asyncio.create_task(heart.run())
    last = 0.0
    while not losses:
        await asyncio.sleep(0.25)
        last = heart.age_s
    running.cancel()
    assert losses == [Loss.SILENT]
    assert last < 10


async def test_silence_is_told_again_after_it_was_broken() -> None:
    """Hanging calls, so that each takes its two seconds: two silences, with beats between."""
    venue = Venue(spoil=lambda call: "hang" if call in range(3, 9) or call in range(12, 18) else "")
    assert await lived(venue, 60) == [Loss.SILENT] * 2


async def test_an_id_we_did_not_cause_ends_it() -> None:
    venue = Venue()
    losses = Losses()
    heart = Heartbeat(venue, losses)
    await heart.start()
    venue.expected = "somebody else's"
    await heart.run()
    assert losses == [Loss.FOREIGN]


async def test_two_processes_never_start_together() -> None:
    venue = Venue()
    first = Heartbeat(venue, Losses())
    await first.start()
    beating = asyncio.create_task(first.run())
    with pytest.raises(Rival):
        await Heartbeat(venue, Losses()).start()
    beating.cancel()


async def test_the_last_process_is_dead_after_six_seconds_of_the_same_id() -> None:
    venue = Venue(expected="of the dead")
    heart = Heartbeat(venue, Losses())
    await heart.start()
    assert asyncio.get_running_loop().time() == 6
    assert heart.age_s == 0


async def test_a_venue_that_does_not_answer_starts_nothing() -> None:
    venue = Venue(spoil=lambda _: "down")
    with pytest.raises(TimeoutError, match="no heartbeat was accepted"):
        await Heartbeat(venue, Losses()).start()
    assert asyncio.get_running_loop().time() <= 10
