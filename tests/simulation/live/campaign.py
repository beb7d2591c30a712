"""One fault, or a mixture of many, against a whole bot; what came of it, in facts.

Nothing is judged here but by the ledger, the venue's truth and the bot's own words.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.domain.entry import (
    DriftFound,
    FillRecorded,
    FillReversed,
    IntentRecorded,
    OrderChanged,
    PositionSettled,
    TradingStateSet,
)
from bot.domain.order import OrderState
from bot.domain.refusal import ExitCode
from tests.simulation.live import nursery
from tests.simulation.live.life import HOLDING, LEFT_S, SPEED, STRATEGY, Life, Line, until
from tests.simulation.live.plays import PLAYS, Play, When

WINDOW_LEFT_S = LEFT_S + 30
"""From the bot's start on: the end of the windows, their resolution and their payout."""
DAY_S = WINDOW_LEFT_S / SPEED
BOOTS_MAX = 8
PAID_S_MAX = 120.0
AT_ONCE = 6
"""Lives that are lived beside each other: most of a life is waiting."""
TOLD_EVERY_DAY = (
    "order.intended", "order.sent", "order.fill", "market.listed", "position.settled",
    "market.settled", "live.check",
)  # fmt: skip
SAID = ("state", "kind", "cause", "action", "reason", "why", "detail", "problem", "found", "name")
NUMBERS = re.compile(r"0x[0-9a-fA-F]+|[0-9a-f]{8}-[0-9a-f-]{20,}|\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a life came to."""

    faults: Mapping[str, int]
    """How often each struck."""
    differences: Sequence[str]
    boots: int
    orders: int
    fills: int
    voided: int
    unknown: int
    settled: int
    said: Mapping[str, int]
    """What the bot said, numbers taken out, without what it says on every day."""
    states: tuple[tuple[str, str], ...]
    """Trading states after the first, with their causes."""
    code: int = 0
    words: str = ""

    def names(self, play: Play) -> bool:
        """Say whether the fault is named by what was said."""
        told = "\n".join([*self.said, *(" ".join(one) for one in self.states), self.words])
        return re.search(play.names, told) is not None

    @staticmethod
    def tells(play: Play, line: str) -> bool:
        """Say whether a line names a fault."""
        return re.search(play.names, line) is not None


def said(lines: Sequence[Line]) -> Counter[str]:
    """Count what was said, told in a way that two runs have in common."""
    found: Counter[str] = Counter()
    for line in lines:
        event = str(line.get("event"))
        if event not in TOLD_EVERY_DAY:
            rest = " ".join(str(line[name]) for name in SAID if line.get(name))
            found[NUMBERS.sub("#", f"{event} {rest}".strip())[:160]] += 1
    return found


def outcome(life: Life, differences: Sequence[str], code: int = 0) -> Outcome:
    """Take down what a life came to, at its end."""
    states = [(one.state.value, one.cause) for one in life.of(TradingStateSet)]
    changes = life.of(OrderChanged)
    return Outcome(
        faults={name: count for name, count in life.exchange.struck().items() if count},
        differences=differences,
        boots=life.boots,
        orders=len(life.of(IntentRecorded)),
        fills=len(life.of(FillRecorded)),
        voided=len(life.of(FillReversed)),
        unknown=sum(one.state is OrderState.UNKNOWN for one in changes),
        settled=len(life.of(PositionSettled)),
        said=said(life.lines()),
        states=tuple(states[1:]),
        code=code,
        words=life.words(),
    )


def trades(life: Life) -> None:
    """Wait until the bot has bought something in its present boot."""
    before = len(life.of(FillRecorded))
    until(lambda: len(life.of(FillRecorded)) > before or not life.alive, "a fill")


def live_for(life: Life, wall_s: float) -> None:
    """Let time pass, as long as the bot lives."""
    by = time.monotonic() + wall_s
    until(lambda: time.monotonic() > by or not life.alive, "time passes", within_s=wall_s + 30)


def arm(life: Life, play: Play) -> None:
    """Arm a fault, and what it needs beside it."""
    if play.beside:
        life.exchange.arm(play.beside, times=play.times)
    life.exchange.arm(play.fault, times=play.times, numbers=play.numbers)


def perform(play: Play, folder: Path, seed: int = 0) -> Outcome:
    """Play one fault alone, through the end of the windows and their payout."""
    faults = play.fault if play.when is When.LISTING else ""
    strategy = HOLDING if play.holds else STRATEGY
    with Life(folder, seed=seed, faults=faults, wallet=play.wallet, strategy=strategy) as life:
        if play.when is When.REFUSED:
            arm(life, play)
            life.begin()
            code = life.ended()
            return outcome(life, [f"{one} at the venue" for one in life.resting()], code)
        if play.when is When.LISTING:
            return outcome(life, listed(life))
        life.begin()
        trades(life)
        strike(life, play)
        live_for(life, DAY_S * play.days)
        if play.when is When.TRADING:
            until(lambda: struck(life, play) or not life.alive, "it strikes", within_s=PAID_S_MAX)
        if play.when in {When.STOP, When.RESTING}:
            return stopped(life, play)
        return outcome(life, life.conclude())


def strike(life: Life, play: Play) -> None:
    """Arm a fault that strikes a bot at work, or one that starts again."""
    if play.when is When.TRADING:
        arm(life, play)
    elif play.when is When.RESTING:
        life.rest(play.times)
    elif play.when is When.RESTART:
        live_for(life, DAY_S / 8)
        life.kill()
        arm(life, play)
        revive(life)


def stopped(life: Life, play: Play) -> Outcome:
    """Arm a fault for the stop alone, and stop."""
    life.settle()
    if play.when is When.RESTING:
        until(lambda: drifted(life) or not life.alive, "they are found")
    arm(life, play)
    code = life.stop()
    return outcome(life, life.differences(), code)


def listed(life: Life) -> Sequence[str]:
    """Live through a day of markets that are not as they should be."""
    life.begin()
    live_for(life, DAY_S * 1.5)
    return life.conclude()


def revive(life: Life) -> None:
    """Start the bot until it stays, as a platform does that restarts what has failed."""
    for _ in range(BOOTS_MAX):
        life.begin()
        if life.stays():
            return
        code = life.ended()
        assert code == ExitCode.OUTSIDE, f"ended with {code}: {life.words()[-500:]}"
    raise AssertionError(f"did not stay in {BOOTS_MAX} starts: {life.words()[-500:]}")


def drifted(life: Life) -> bool:
    """Say whether an order was found that is nobody's of ours."""
    return any(one.cause == "external_order" for one in life.of(DriftFound))


def struck(life: Life, play: Play) -> int:
    """Return how often the fault has struck so far."""
    return life.exchange.struck()[play.fault]


MIXED = tuple(
    play.fault for play in PLAYS
    if play.when in {When.TRADING, When.RESTART, When.STOP}
    and play.fault not in {"heartbeat-id-taken", "clock-skew", "deposit-wallet-only"}
)  # fmt: skip
"""What a mixture is made of: what ends a day for good is played alone."""
READS = ("cloudflare-403", "unauthorized", "read-", "page-", "data-", "socket-")


def mixture(seed: int, folder: Path) -> Outcome:
    """Play many faults at once, by seed; half of the lives are also killed and started again."""
    dice = random.Random(seed)
    chosen = dice.sample(MIXED, dice.randint(5, 12))
    with Life(folder, seed=seed) as life:
        life.begin()
        trades(life)
        for name in chosen:
            most = 0.02 if name.startswith(READS) else 0.15
            numbers = {"for_s": 0.5, "then_s": 0.5}
            life.exchange.arm(name, rate=dice.uniform(most / 4, most), numbers=numbers)
        kills = dice.choice((0, 0, 1, 2))
        for _ in range(kills):
            live_for(life, dice.uniform(0.1, 0.5) * DAY_S / (kills + 1))
            if life.alive:
                life.kill()
            revive(life)
        live_for(life, DAY_S)
        return outcome(life, life.conclude())


def together(work: Mapping[str, Callable[[], Outcome]]) -> dict[str, Outcome | BaseException]:
    """Do several lives beside each other; what one raises is its outcome."""

    def one(name: str) -> tuple[str, Outcome | BaseException]:
        try:
            return name, work[name]()
        except (AssertionError, OSError, ValueError, httpx.HTTPError) as error:
            return name, error

    nursery.context()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(pool.map(one, work))
