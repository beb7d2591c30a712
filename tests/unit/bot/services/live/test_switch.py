"""A lost heartbeat stops trading and empties the book; another process with our key is for good."""

import asyncio

from bot.domain.event import Event, TradingAsked
from bot.ports import Temporary
from bot.services.live.crew import Crew
from bot.services.live.hold import Hold
from bot.services.live.switch import Switch


class World:
    """A floor, a venue and a watchdog that remember."""

    frame = at_us = 0

    def __init__(self, failing: int = 0) -> None:
        self.states: list[str] = []
        self.cancels = 0
        self.trips: list[tuple[str, str]] = []
        self.failing = failing

    async def carry(self, event: Event) -> None:
        assert isinstance(event, TradingAsked)
        self.states.append(event.state.value)

    async def cancel_all(self) -> None:
        self.cancels += 1
        if self.cancels <= self.failing:
            raise Temporary("502")

    def trip(self, cause: str, detail: str) -> None:
        self.trips.append((cause, detail))


async def begun(world: World) -> tuple[Switch, Crew]:
    crew, hold = Crew(), Hold(world)
    await hold.begin("all agree")
    return Switch(crew, hold, world.cancel_all, world.trip), crew


async def test_silence_pauses_until_beats_are_accepted_again() -> None:
    world = World(failing=2)
    switch, crew = await begun(world)
    began_s = asyncio.get_running_loop().time()
    switch.age_s = lambda: 9.0 if asyncio.get_running_loop().time() - began_s < 20 else 0.1
    switch.lost("silent", foreign=False)
    await asyncio.sleep(19)
    assert world.states == ["active", "halted"]
    assert world.cancels == 3
    assert await crew.settled(5)
    assert world.states == ["active", "halted", "active"]
    assert world.trips == []


async def test_another_process_with_this_key_trips_and_nothing_resumes() -> None:
    world = World()
    switch, crew = await begun(world)
    switch.lost("another process", foreign=True)
    assert await crew.settled(60)
    assert world.states == ["active", "halted"]
    assert world.trips == [("foreign_heartbeat", "another process")]
    assert world.cancels == 1
