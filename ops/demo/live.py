"""The act of live trading: three recorded windows over real sockets, with faults, killed once.

The bot is `python -m bot` in live mode, unchanged: it signs, posts, listens and redeems as with
money. The exchange misbehaves by plan. At the end the ledger is compared with the exchange's own
truth, to the micro; the ledger is read, never corrected.
"""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.domain.entry import FillReversed, IntentRecorded, OrderChanged, Recorded, TradingStateSet
from bot.domain.order import OrderHash
from bot.domain.refusal import ExitCode, Refused
from ops.demo.container import Follower
from ops.demo.exchange import hosted
from ops.demo.exchange.control import Exchange
from ops.demo.exchange.truth import Ours, Theirs, differences
from ops.demo.pace import until
from ops.demo.page import rows, tiles
from ops.demo.stage import Stage
from ops.demo.story import Story, WindowStory, clock, window_line
from ops.demo.trade import import_windows
from ops.engine_process import COMMAND
from ops.estate.cli import ROOT
from ops.report import table

NAME = "live"
TITLE = "The bot trades live at an exchange that misbehaves, and is killed with an order in flight"

STRATEGY: Final = ROOT / "strategies" / "busy_favourite.toml"
WINDOWS: Final = 3
FIRST_S: Final = 1_790_586_000
"""Where the first recorded window begins."""
LENGTH_US: Final = 900_000_000
ACTS_S: Final = 600
"""Where less is left of a window when the bot has started, the next one is the first."""
PACE: Final = 60
STARTED_S_MAX: Final = 60.0
WINDOW_S_MAX: Final = 90.0
QUIET_LOOKS: Final = 150
IN_FLIGHT: Final = "timeout-after-accept"
FAULTS: Final[tuple[tuple[str, ...], ...]] = (
    ("html-502-after-accept", "trade-fails", "user-frame-lost", "market-frame-lost"),
    (IN_FLIGHT, "trade-retry-mines", "socket-cut"),
    ("rate-limited", "trade-retry-fails", "user-frame-twice", "relayer-busy"),
)
"""What strikes once in which window."""


@dataclass(slots=True)
class Engine:
    """The bot as a process, over any number of boots, and what its ledger has said so far."""

    stage: Stage
    variables: dict[str, str]
    data: Path
    process: "subprocess.Popen[bytes] | None" = None
    story: Story = field(default_factory=Story)
    ours: Ours = field(default_factory=Ours)
    voided: int = 0
    orders: dict[OrderHash, bool] = field(default_factory=dict)
    """Whether each has been answered."""
    boots: int = 0
    trading: int = 0
    """Boots that came to trade."""
    first_us: int = 0
    """Where the first window begins that it trades from its best time on."""
    follower: Follower | None = None

    def start(self) -> None:
        """Start it; a restart needs nothing but the same directory."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.boots += 1
        given = {n: v for n, v in os.environ.items() if not n.startswith("POLY")}
        with (self.data.parent / "bot.log").open("ab") as log:
            self.process = self.stage.start(
                COMMAND, environment={**given, **self.variables}, output=log, errors=log
            )

    def look(self) -> None:
        """Take in what was committed since the last look.

        Raises:
            Refused: it has ended by itself.

        """
        if self.follower is None:
            self.follower = Follower(self.data, hear=self.hear)
        self.follower.look()
        if self.process is not None and self.process.poll() is not None:
            self.follower.look()
            raise Refused(f"the bot ended by itself: {self.last_words()}", ExitCode.BUG)

    def hear(self, recorded: Recorded) -> None:
        """Follow one entry."""
        entry = recorded.entry
        self.story.add(recorded)
        self.ours.take(entry)
        if isinstance(entry, IntentRecorded):
            self.orders[entry.order_hash] = False
        elif isinstance(entry, OrderChanged):
            self.orders[entry.order_hash] = True
        elif isinstance(entry, FillReversed):
            self.voided += 1
        elif isinstance(entry, TradingStateSet) and entry.state.value == "active":
            self.trading = self.boots
            self.first_us = self.first_us or first_window(recorded.stamp.at_us)

    @property
    def at_us(self) -> int:
        """Return the time of the last entry."""
        return self.follower.at_us if self.follower is not None else 0

    def windows(self) -> list[WindowStory]:
        """Return the windows that the story is about, as far as they are listed."""
        found = {one.market.window.start_us: one for one in self.story.windows.values()}
        starts = [self.first_us + number * LENGTH_US for number in range(WINDOWS)]
        return [found[start_us] for start_us in starts if start_us in found]

    def kill(self) -> None:
        """Kill it as a power cut would."""
        assert self.process is not None  # noqa: S101 - started before
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop, and return its exit code."""
        assert self.process is not None  # noqa: S101 - started before
        process, self.process = self.process, None
        process.terminate()
        code = process.wait(STARTED_S_MAX)
        self.look()
        return code

    def last_words(self) -> str:
        """Return the last line it said."""
        said = (self.data.parent / "bot.log").read_text(errors="replace").splitlines()
        return said[-1][:300] if said else "without a word"


def first_window(at_us: int) -> int:
    """Return where the window begins that can be traded in its whole last part from now on."""
    start_us = at_us - at_us % LENGTH_US
    late = start_us + LENGTH_US - at_us < ACTS_S * 1_000_000
    return start_us + late * LENGTH_US


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill, and what was found of the order that was in flight."""

    at_us: int
    order_hash: OrderHash


def play(stage: Stage) -> dict[str, object]:
    """Trade three windows live, with faults and a kill, and compare the books."""
    venue = open_exchange(stage)
    try:
        return traded(stage, venue)
    finally:
        stage.progress()
        venue.close()


def open_exchange(stage: Stage) -> Exchange:
    """Start the exchange on the recorded windows, a little before the first one ends."""
    recording = stage.folder / "trade" / "windows.jsonl.zst"
    if not recording.exists():
        recording = stage.workdir / "windows.jsonl.zst"
        import_windows(stage, recording)
    options = ("--recording", str(recording), "--speed", "0", "--seed", str(stage.seed))
    _, venue = hosted.start(stage.workdir / "exchange", stage.start, options=options)
    venue.post("clock", to_us=FIRST_S * 1_000_000)
    venue.post("clock", speed=PACE)
    return venue


def traded(stage: Stage, venue: Exchange) -> dict[str, object]:
    """Live through the windows."""
    variables = hosted.account(venue, "demo") | {
        "POLY_STRATEGY": str(STRATEGY), "POLY_CALL_TIMEOUT_S": "1",
        "POLY_DATA_DIR": str(stage.workdir / "data"), "POLY_SEED": str(stage.seed),
    }  # fmt: skip
    engine = Engine(stage, variables, stage.workdir / "data")
    stage.say("A stand-in of the exchange listens on this machine: it matches, checks signatures,")
    stage.say(f"settles on a chain of its own, and fails by plan. Time runs {PACE} times as fast.")
    stage.say("The bot trades it in live mode, as it would with money:\n")
    engine.start()
    wait(stage, engine, lambda: engine.trading == 1, "the bot trades", STARTED_S_MAX)
    kills: list[Kill] = []
    for number, faults in enumerate(FAULTS):
        for name in faults:
            venue.arm(name, times=1)
        if IN_FLIGHT in faults:
            kills.append(kill_in_flight(stage, engine, venue))
        settled(stage, engine, number)
    struck = {name: count for name, count in venue.struck().items() if count}
    code = come_to_rest(stage, engine, venue)
    return conclude(stage, engine, venue, Ending(kills, struck, code))


def wait(stage: Stage, engine: Engine, true: Callable[[], object], what: str, s: float) -> None:
    """Follow the bot until something is so.

    Raises:
        Refused: it is not in time.

    """

    def look() -> bool:
        engine.look()
        stage.progress(f"  {clock(engine.at_us, '%H:%M:%S')} at the exchange")
        return bool(true())

    if not until(look, within_s=s):
        raise Refused(f"not within {s:.0f} s: {what}", ExitCode.BUG)


def kill_in_flight(stage: Stage, engine: Engine, venue: Exchange) -> Kill:
    """Wait for an order that the exchange has taken and not answered, and kill the bot then."""

    def caught() -> bool:
        return bool(in_flight(engine, venue))

    wait(stage, engine, caught, "an order in flight", WINDOW_S_MAX)
    order_hash = in_flight(engine, venue)[0]
    engine.kill()
    kill = Kill(engine.at_us, order_hash)
    stage.say(
        f"  {clock(kill.at_us, '%H:%M:%S')}  SIGKILL: order {order_hash[:12]}… is at the exchange, "
        "and no answer has come"
    )
    engine.start()
    wait(stage, engine, lambda: engine.trading == engine.boots, "it trades again", STARTED_S_MAX)
    wait(stage, engine, lambda: engine.orders[order_hash], "the order is found", WINDOW_S_MAX)
    state = engine.ours.orders[order_hash]
    stage.say(
        f"  {clock(engine.at_us, '%H:%M:%S')}  started again: found by its hash, sent no second "
        f"time; it is {state}"
    )
    return kill


def in_flight(engine: Engine, venue: Exchange) -> list[OrderHash]:
    """Return orders that the exchange has and that no answer has come for."""
    open_ones = [order_hash for order_hash, answered in engine.orders.items() if not answered]
    if not open_ones:
        return []
    there = {str(row["id"]).lower() for row in venue.truth()["orders"]}
    return [order_hash for order_hash in open_ones if order_hash in there]


def settled(stage: Stage, engine: Engine, number: int) -> None:
    """Wait for the end of a window and tell it."""

    def over() -> bool:
        return len(engine.windows()) > number and engine.windows()[number].settled

    wait(stage, engine, over, f"window {number + 1} is settled", WINDOW_S_MAX)
    stage.progress()
    stage.say(f"  {window_line(engine.windows()[number])}")


def come_to_rest(stage: Stage, engine: Engine, venue: Exchange) -> int:
    """Let payouts be redeemed, then stop in order; return the exit code."""
    venue.disarm()
    seen = [0, 0]

    def quiet() -> bool:
        seen[1] = seen[1] + 1 if len(engine.ours.fills) == seen[0] else 0
        seen[0] = len(engine.ours.fills)
        return seen[1] > QUIET_LOOKS and all(engine.orders.values())

    wait(stage, engine, quiet, "every order is answered", WINDOW_S_MAX)
    return engine.stop()


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known when the bot has stopped."""

    kills: Sequence[Kill]
    struck: dict[str, int]
    code: int


def conclude(
    stage: Stage, engine: Engine, venue: Exchange, ending: Ending
) -> dict[str, object]:  # fmt: skip
    """Compare, show, and return the act's result."""
    own = engine.variables
    theirs = Theirs.of(
        venue.truth(), wallet=own["POLYMARKET_WALLET"], api_key=own["POLYMARKET_API_KEY"]
    )
    found = list(differences(engine.ours, theirs))
    if engine.follower is not None:
        engine.follower.close()
    orders, fills = len(engine.orders), engine.story.fills
    stage.say("\n  What the exchange did wrong on purpose:")
    lines = [(name, str(count)) for name, count in sorted(ending.struck.items())]
    for line in table(("fault", "times"), lines).splitlines():
        stage.say(f"  {line}")
    same = "equals the exchange's, to the micro" if not found else "DIFFERS from the exchange's"
    stage.say(
        f"\n  {orders} orders, {fills} fills, {engine.voided} of them voided again, "
        f"{len(ending.kills)} kill. The ledger {same}:"
    )
    cash = f"{engine.ours.cash / 1e6:.6f}"
    stage.say(f"  cash {cash} USD, {len(engine.ours.tokens())} tokens held, 0 orders open")
    for line in found:
        stage.say(f"  {line}")
    figures = [
        (str(orders), "orders"), (str(fills), "fills"), (str(engine.voided), "voided"),
        (str(len(ending.kills)), "kill"), (str(sum(ending.struck.values())), "faults"),
        ("0" if not found else str(len(found)), "differences"),
    ]  # fmt: skip
    windows = [[window_line(one)] for one in engine.windows()]
    stage.chapter(
        TITLE, tiles(figures) + rows(("window",), windows) + rows(("fault", "times"), lines)
    )
    return {
        "ok": not found and not ending.code and len(ending.kills) == 1 and engine.voided > 0,
        "act": NAME,
        "windows": sum(one.settled for one in engine.windows()),
        "orders": orders,
        "fills": fills,
        "voided": engine.voided,
        "kills": len(ending.kills),
        "faults": ending.struck,
        "ledger_equals_venue": not found,
        "differences": found,
    }
