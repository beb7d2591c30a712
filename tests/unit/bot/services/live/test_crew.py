"""Tasks beside the loop are heard of when they die, and all end with the session."""

import asyncio

import pytest

from bot.services.live.crew import Crew, Died


async def never() -> None:
    await asyncio.Event().wait()


async def broken() -> None:
    await asyncio.sleep(1)
    raise ValueError("planted")


async def done() -> None:
    await asyncio.sleep(1)


async def test_a_dead_task_is_named_with_its_cause() -> None:
    crew = Crew()
    crew.begin("renewal", broken())
    with pytest.raises(Died, match="renewal: ValueError: planted"):
        await crew.failed
    await crew.close()


async def test_the_first_death_counts() -> None:
    crew = Crew()
    crew.begin("one", broken())
    await crew.settled(5)
    crew.begin("two", broken())
    await crew.settled(5)
    assert str(crew.failed.exception()).startswith("one:")
    await crew.close()


async def test_work_that_ends_well_is_no_failure() -> None:
    crew = Crew()
    crew.begin("work", done())
    assert crew.busy
    assert await crew.settled(5)
    assert not crew.busy
    assert not crew.failed.done()
    await crew.close()


async def test_waiting_is_bounded_and_closing_ends_everybody() -> None:
    crew = Crew()
    crew.begin("work", never())
    assert not await crew.settled(5)
    await crew.close()
    assert not crew.busy
    assert not crew.failed.done()


async def test_two_crews_can_fail_as_one() -> None:
    crew = Crew()
    errands = Crew(crew.failed)
    errands.begin("submit", broken())
    with pytest.raises(Died, match="submit"):
        await crew.failed
    await errands.close()
    await crew.close()
