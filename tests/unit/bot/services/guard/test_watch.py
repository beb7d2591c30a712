"""Something wrong pauses trading, all of it gone lets it go on, and a bound does not flicker."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.domain.entry import TradingState
from bot.domain.event import OrderAnswered, TradingAsked
from bot.domain.order import OrderHash, Rejected, Unknown
from bot.domain.refusal import Refused
from bot.engine.engine import Engine
from bot.services.guard.vital import Vitals, judge
from bot.services.guard.watch import CALM_LOOKS, Instruments, Watch, disk_bound, free_mb
from bot.services.live.hold import Hold
from tests.unit.bot.given import END, SECOND, START, buy, engine

NOW = END - 100 * SECOND
WELL = Vitals(
    silent_s=15, window_open=True, jump_s=-1, disk_mb=64, disk_mb_min=64, sent=9, failed=4,
    unknown=2,
)  # fmt: skip


def test_at_every_bound_all_is_well() -> None:
    assert judge(WELL) == {}


@pytest.mark.parametrize(
    ("wrong", "cause", "state"),
    [
        ({"silent_s": 15.1}, "frozen feed", TradingState.HALTED),
        ({"jump_s": -1.1}, "clock jump", TradingState.HALTED),
        ({"disk_mb": 63}, "low disk", TradingState.REDUCE_ONLY),
        ({"failed": 5}, "error rate", TradingState.REDUCE_ONLY),
        ({"unknown": 3}, "unknown orders", TradingState.REDUCE_ONLY),
    ],
)
def test_each_cause_pauses_by_its_name(
    wrong: dict[str, int], cause: str, state: TradingState
) -> None:
    found = judge(replace(WELL, **wrong))  # type: ignore[arg-type]
    assert [(one, allowed) for one, (allowed, _) in found.items()] == [(cause, state)]


@pytest.mark.parametrize(
    "harmless",
    [{"silent_s": 99, "window_open": False}, {"disk_mb": -1}, {"failed": 5, "sent": 11}],
)
def test_what_only_looks_wrong_pauses_nothing(harmless: dict[str, int]) -> None:
    assert judge(replace(WELL, **harmless)) == {}  # type: ignore[arg-type]


@dataclass
class World:
    """A session's surroundings, moved by hand."""

    engine: Engine
    at: float = 1_000.0
    wall_ahead: float = 0.0
    frame: int = 1
    disk_mb: int = 9_999
    at_us: int = NOW
    asked: list[TradingAsked] = field(default_factory=list)

    async def carry(self, event: TradingAsked) -> None:
        """Be the floor."""
        self.asked.append(event)
        self.engine.handle(event)

    def watch(self) -> tuple[Watch, Hold]:
        """Return a watch over it."""
        hold = Hold(self)  # type: ignore[arg-type]
        by = Instruments(
            market_us=lambda: self.at_us,
            frame=lambda: self.frame,
            disk_mb=lambda: self.disk_mb,
            wall=lambda: self.at + self.wall_ahead,
            steady=lambda: self.at,
        )
        return Watch(self.engine, hold, by, disk_mb_min=64), hold


async def test_it_goes_on_only_when_the_last_cause_is_gone_for_a_while() -> None:
    world = World(engine())
    watch, hold = world.watch()
    await hold.begin("agreed")
    await watch.look()
    assert world.engine.portfolio.state is TradingState.ACTIVE
    world.at += 16
    world.disk_mb = 10
    await watch.look()
    assert set(hold.causes) == {"frozen feed", "low disk"}
    halted: TradingState = world.engine.portfolio.state
    assert halted is TradingState.HALTED
    world.frame += 1
    for _ in range(CALM_LOOKS):
        assert "frozen feed" in hold.causes
        await watch.look()
    assert list(hold.causes) == ["low disk"]
    reduced: TradingState = world.engine.portfolio.state
    assert reduced is TradingState.REDUCE_ONLY
    world.disk_mb = 9_999
    await watch.look()
    world.disk_mb = 10
    await watch.look()
    world.disk_mb = 9_999
    for _ in range(CALM_LOOKS):
        assert list(hold.causes) == ["low disk"], "a bound that flickers is not kept"
        await watch.look()
    assert hold.causes == {}
    assert world.asked[-1].cause == "low disk is over"


async def test_a_jump_of_the_clock_pauses_until_it_ran_evenly_again() -> None:
    world = World(engine())
    watch, hold = world.watch()
    world.wall_ahead = -5
    await watch.look()
    assert hold.causes == {"clock jump": "the wall clock jumped by -5.0 s"}
    for _ in range(29):
        world.at += 1
        world.frame += 1
        await watch.look()
    assert "clock jump" in hold.causes
    for _ in range(2 + CALM_LOOKS):
        world.at += 1
        world.frame += 1
        await watch.look()
    assert hold.causes == {}


async def test_nothing_is_frozen_between_windows() -> None:
    world = World(engine(), at_us=START - SECOND)
    watch, hold = world.watch()
    world.at += 60
    await watch.look()
    assert hold.causes == {}


@pytest.mark.parametrize("answer", [Rejected("no"), Unknown("timeout")])
async def test_failed_and_doubted_orders_are_counted(answer: Rejected | Unknown) -> None:
    made = engine()
    intent = buy(made)
    order_hash = OrderHash(f"hash-{intent.intent_id}")
    made.handle(OrderAnswered(2, NOW, intent.intent_id, order_hash, answer))
    order = made.portfolio.orders[intent.intent_id]
    for number in range(4):
        made.portfolio.orders[type(intent.intent_id)(f"more-{number}")] = order
    world = World(made)
    watch, hold = world.watch()
    await watch.look()
    assert "error rate" in hold.causes
    assert ("unknown orders" in hold.causes) == isinstance(answer, Unknown)


def test_the_disk_is_measured_where_there_is_one(tmp_path: Path) -> None:
    assert free_mb(tmp_path) > 0
    assert free_mb(tmp_path / "none") == -1


@pytest.mark.parametrize("given", ["x", "-1", "NaN", "1e9"])
def test_a_bound_that_is_no_number_is_refused(given: str) -> None:
    with pytest.raises(Refused, match="POLY_DISK_MB_MIN: must be a number"):
        disk_bound({"POLY_DISK_MB_MIN": given})
    assert disk_bound({}) == 64
