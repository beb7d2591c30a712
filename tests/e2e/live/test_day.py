"""A live day as a process: it trades, agrees with the venue to the micro, leaves nothing open."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.polymarket.account.heartbeat import Heartbeat, Pace
from bot.domain.entry import FillRecorded, IntentRecorded, SessionStarted, SessionStopped
from bot.domain.order import Accepted
from tests.e2e.live.given import Desk, resting, said, states
from tests.simulation.live.life import Life, until

STOP_S_MAX = 30.0
"""What an operator is promised of an orderly stop."""
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with Life(tmp_path, seed=5) as one:
        yield one


def trading(life: Life, fills: int = 3) -> None:
    """Start the bot and wait until it has traded."""
    life.begin()
    until(lambda: len(life.of(FillRecorded)) >= fills, f"{fills} fills")


def test_a_live_day_ends_as_the_venue_says(life: Life) -> None:
    trading(life)
    assert life.conclude() == []
    assert resting(life) == []
    assert [one["check"] for one in said(life, "live.check") if one["ok"]] == [
        "geoblock", "clock", "credentials", "wallet", "account", "funds",
    ]  # fmt: skip
    (cleared,) = said(life, "orders.cleared")
    assert cleared["proved"]
    assert len(life.of(SessionStopped)) == 1
    (started,) = life.of(SessionStarted)
    assert started.account == life.exchange.line["account"]["wallet"].lower()
    venues = Counter(one["id"] for one in life.exchange.truth()["orders"])
    assert set(venues.values()) == {1}


async def test_a_stop_empties_the_book_in_time(life: Life) -> None:
    """Whatever rests under this key is gone, and it is proved before the process ends."""
    trading(life, fills=1)
    desk = await Desk.open(life)
    assert isinstance(await desk.rest(), Accepted)
    await desk.close()
    assert len(resting(life)) == 1
    began = time.monotonic()
    assert life.stop() == 0
    assert time.monotonic() - began < STOP_S_MAX
    assert resting(life) == []
    assert said(life, "orders.cleared")[-1]["proved"]


def test_a_venue_that_takes_no_cancel_does_not_hold_the_process(life: Life) -> None:
    """What cannot be proved is said; whoever watches the process sweeps again."""
    trading(life, fills=1)
    life.exchange.arm("read-502", rate=1)
    began = time.monotonic()
    life.stop()
    assert time.monotonic() - began < STOP_S_MAX
    (cleared,) = said(life, "orders.cleared")
    assert not cleared["proved"]
    assert "open orders" in cleared["problem"]


def test_a_kill_in_mid_flight_sends_nothing_again(life: Life) -> None:
    """The answer never came, and the process died: after the restart it is found, not repeated."""
    life.exchange.arm("timeout-after-accept", rate=1)
    life.begin()
    until(lambda: life.exchange.truth()["orders"], "an order on its way")
    assert life.of(IntentRecorded)
    life.kill()
    life.exchange.disarm()
    before = [one["id"] for one in life.exchange.truth()["orders"]]
    life.begin()
    until(lambda: len(said(life, "trading.state")) > 1, "the second boot trades")
    found = life.conclude()
    venues = Counter(one["id"] for one in life.exchange.truth()["orders"])
    assert set(venues.values()) == {1}
    assert set(before) <= venues.keys()
    # What the venue never saw stays in doubt until its window is over: it may be on its way.
    never = {one.order_hash for one in life.of(IntentRecorded)} - venues.keys()
    assert set(found) <= {f"order {one}: still unknown in the ledger" for one in never}
    assert len(life.of(SessionStarted)) == 2


def test_a_lost_heartbeat_pauses_trading_until_it_is_pressed_again(life: Life) -> None:
    trading(life, fills=1)
    life.exchange.arm("heartbeat-hangs", rate=1)
    until(lambda: states(life)[-1][0] == "halted", "trading halts")
    assert states(life)[-1][1].startswith("heartbeat: no heartbeat was accepted in time")
    life.exchange.disarm()
    until(lambda: states(life)[-1] == ("active", "heartbeat is over"), "trading goes on")
    assert life.conclude() == []


def test_another_process_with_this_key_halts_for_good(life: Life) -> None:
    trading(life, fills=1)
    life.exchange.arm("heartbeat-id-taken", times=1)
    until(lambda: states(life)[-1][0] == "halted", "trading halts")
    assert states(life)[-1][1].startswith("foreign_heartbeat: another process")
    assert life.stop() == 0
    assert resting(life) == []
    assert states(life)[-1][0] == "halted"


async def test_another_process_with_this_key_is_found_before_the_first_order(life: Life) -> None:
    desk = await Desk.open(life)
    rival = Heartbeat(desk.venue.connection.client, lambda *_: None, Pace(every_s=1))
    await rival.start()
    beating = asyncio.create_task(rival.run())
    life.begin()
    code = await asyncio.to_thread(life.ended)
    beating.cancel()
    await desk.close()
    assert code == 3
    assert "another process sends heartbeats with this API key" in life.words()
    assert life.exchange.truth()["orders"] == []
