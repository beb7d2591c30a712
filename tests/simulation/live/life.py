"""A whole bot in live mode and a stand-in exchange, each a process of its own, and their books.

A life has any number of boots. Whatever was struck, it ends the same way: faults are taken away,
the venue's time stands still, the bot stops, and ledger and venue are compared to the micro.
"""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Self

from bot.adapters.ledger.codec import decode
from bot.adapters.ledger.reader import FILE_NAME, LedgerReader
from bot.domain.entry import (
    Entry,
    FillProved,
    FillRecorded,
    FillReversed,
    MarketSettled,
    PositionSettled,
    TradingStateSet,
)
from bot.domain.refusal import Refused
from ops.demo.exchange.control import Exchange
from ops.demo.exchange.truth import OPEN, Ours, Theirs, differences
from tests.simulation.live import nursery
from tests.simulation.live.vendor import rest

WINDOW_S = 900
BEGIN_S = 1_795_450_500
LEFT_S = 170
"""Windows of a quarter of an hour and of five minutes end together then."""
SPEED = 50
CALL_TIMEOUT_S = 1
WITHIN_S = 120.0
LOOK_S = 0.02
SETTLE_LOOK_S = 0.15
SETTLED_S_MAX = 180.0
REDEEMED_S_MAX = 10.0
QUIET_S = 1.5
"""More than a look of the bot at its orders: what it has not found by then it does not know of."""
STRATEGY = Path(__file__).with_name("campaign.toml")
HOLDING = Path(__file__).with_name("holding.toml")
BOOKED = FillProved | FillRecorded | FillReversed | MarketSettled | PositionSettled
Line = Mapping[str, Any]


def begin_s(left_s: int = LEFT_S) -> int:
    """Return a second at which windows have so much left."""
    return BEGIN_S + WINDOW_S - left_s


def until(probe: Callable[[], object], what: str, *, within_s: float = WITHIN_S) -> None:
    """Look again and again until a claim is true."""
    by = time.monotonic() + within_s
    while not probe():
        assert time.monotonic() < by, f"not within {within_s} s: {what}"
        time.sleep(LOOK_S)


@dataclass(slots=True)
class Life:
    """One exchange, one data directory, one boot after another."""

    folder: Path
    seed: int = 0
    speed: int = SPEED
    left_s: int = LEFT_S
    faults: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    strategy: Path = STRATEGY
    wallet: str = "deposit"
    exchange: Exchange = field(init=False)
    boots: int = 0
    _venue: ForkServerProcess = field(init=False)
    _bot: ForkServerProcess | None = None
    foreign: tuple[str, ...] = ()
    """Orders of the same key that another program has made."""
    _ledger: LedgerReader | None = None
    _entries: list[Entry] = field(default_factory=list)
    _seq: int = 0

    def __enter__(self) -> Self:
        """Start the exchange."""
        self.folder.mkdir(parents=True, exist_ok=True)
        out = self.folder / "exchange.out"
        options = [
            "--speed", str(self.speed), "--begin", str(begin_s(self.left_s)),
            "--seed", str(self.seed), "--faults", self.faults,
        ]  # fmt: skip
        self._venue = nursery.begin_exchange(options, out)
        until(lambda: out.exists() and b"\n" in out.read_bytes(), "the stand-in's first line")
        self.exchange = Exchange.read(out.read_bytes().partition(b"\n")[0])
        return self

    def __exit__(self, *_: object) -> None:
        """End whatever still lives."""
        for process in (self._bot, self._venue):
            if process is not None:
                with contextlib.suppress(ValueError):
                    process.kill()
                    process.join(nursery.ENDED_S_MAX)
                    process.close()
        self._close()
        self.exchange.close()

    # The bot

    @property
    def data(self) -> Path:
        """Return the data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """Return where the bot's output goes, of all boots."""
        return self.folder / "bot.log"

    @property
    def address(self) -> str:
        """Return the wallet it trades with."""
        return str(self.exchange.line["account"]["wallets"][self.wallet]["wallet"])

    def environment(self) -> dict[str, str]:
        """Return what the bot is given."""
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("POLY", "PYTHONDONT"))}
        return {
            **kept,
            **self.exchange.variables(),
            "POLYMARKET_WALLET": self.address,
            "POLY_MODE": "live",
            "POLY_LIVE_WITHOUT_GATE": "I-accept-the-risk",
            "POLY_STRATEGY": str(self.strategy),
            "POLY_DATA_DIR": str(self.data),
            "POLY_CALL_TIMEOUT_S": str(CALL_TIMEOUT_S),
            "POLY_RATE_SHARE": "1",
            **self.variables,
        }

    def begin(self, boundary: str = "") -> None:
        """Start the bot, or one that falls at a boundary."""
        self.data.mkdir(exist_ok=True)
        self.boots += 1
        # Soon after a kill a start waits for a rival's heartbeat; that is tested elsewhere.
        self.exchange.post("heartbeats")
        if boundary:
            self._bot = nursery.begin_brittle(self.environment(), self.log, boundary)
        else:
            self._bot = nursery.begin_bot(self.environment(), self.log)

    def fell(self) -> bool:
        """Say whether the bot was killed rather than ended; it is gone either way."""
        return self._end(signal.SIGKILL) == -signal.SIGKILL

    @property
    def alive(self) -> bool:
        """Say whether the bot runs."""
        return self._bot is not None and self._bot.is_alive()

    def stays(self) -> bool:
        """Wait for what becomes of a start: True once it says where trading stands."""
        said = len(self.of(TradingStateSet))
        until(lambda: len(self.of(TradingStateSet)) > said or not self.alive, "a start")
        return self.alive

    def kill(self) -> int:
        """Kill it as a power cut would."""
        return self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        return self._end(signal.SIGTERM)

    def ended(self) -> int:
        """Wait until it has ended by itself and return its exit code."""
        bot = self._bot
        assert bot is not None
        until(lambda: not bot.is_alive(), "the bot ends by itself")
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        bot, self._bot = self._bot, None
        assert bot is not None
        return nursery.end(bot, number)

    # What it says and keeps

    def lines(self) -> Sequence[Line]:
        """Return what it has said, objects only."""
        if not self.log.exists():
            return []
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                one = json.loads(line)
                if isinstance(one, dict):
                    found.append(one)
        return found

    def words(self) -> str:
        """Return what it said that is no object: last words and tracebacks."""
        if not self.log.exists():
            return ""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if not line.startswith("{"))

    def entries(self) -> list[Entry]:
        """Return everything in the ledger so far."""
        if self._ledger is None:
            if not (self.data / FILE_NAME).exists():
                return self._entries
            try:
                self._ledger = LedgerReader.open(self.data)
            except Refused:
                return self._entries  # not created to its end yet
        for row in self._ledger.events(after_seq=self._seq, limit=10_000):
            self._seq = row.seq
            self._entries.append(decode(row.event_type, row.content))
        return self._entries

    def of(self, kind: type[Entry]) -> list[Any]:
        """Return the entries of a kind."""
        return [one for one in self.entries() if isinstance(one, kind)]

    def ours(self) -> Ours:
        """Return the ledger's books."""
        return Ours.of(self.entries())

    def _close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def resting(self) -> Sequence[str]:
        """Return the orders that are open at the venue."""
        orders = self.exchange.truth()["orders"]
        return [str(one["id"]) for one in orders if one["status"] in {"LIVE", "DELAYED"}]

    def rest(self, count: int) -> None:
        """Have orders rest that another program of the same key has made."""
        self.foreign = asyncio.run(rest(self.exchange, count))

    # The end

    def differences(self) -> Sequence[str]:
        """Compare ledger and venue now."""
        account = self.exchange.line["account"]
        truth = self.exchange.truth()
        theirs = Theirs.of(truth, wallet=self.address, api_key=account["api_key"])
        orders = {one: row for one, row in theirs.orders.items() if one not in self.foreign}
        left = [f"order {one} of another program is left open" for one in self._left()]
        return [*left, *differences(self.ours(), replace(theirs, orders=orders))]

    def _left(self) -> Sequence[str]:
        return [one for one in self.resting() if one in self.foreign]

    def settle(self) -> None:
        """Let the venue take no more orders, and wait until nothing is open or on its way.

        Its time goes on meanwhile: trades reach the chain, windows are resolved, doubts end.
        """
        self.exchange.arm("trading-disabled", times=1, numbers={"for_s": 100_000})
        begun = time.monotonic()
        by, since, seen = begun + SETTLED_S_MAX, begun, -1
        while self.alive and time.monotonic() < by:
            booked = sum(isinstance(one, BOOKED) for one in self.entries())
            if booked != seen or self._under_way(time.monotonic() - begun):
                seen, since = booked, time.monotonic()
            if time.monotonic() - since > QUIET_S:
                return
            time.sleep(SETTLE_LOOK_S)

    def _under_way(self, waited_s: float) -> bool:
        """Say whether an order is not over, a trade still walks, or a win is not redeemed."""
        if any(state in OPEN for state in self.ours().orders.values()):
            return True
        truth = self.exchange.truth()
        walking = any(
            trade["path"] and trade["status"] != trade["path"][-1]
            for trade in truth["trades"]
            if trade["moves"]
        )
        theirs = Theirs.of(truth, wallet=self.address, api_key="")
        unpaid = theirs.winners & theirs.tokens.keys()
        return walking or (bool(unpaid) and waited_s < REDEEMED_S_MAX)

    def conclude(self) -> Sequence[str]:
        """Take the faults away, let all come to rest, stop, and return what is different then."""
        self.exchange.disarm()
        self.settle()
        code = self.stop()
        found = list(self.differences())
        if code:
            found.append(f"the bot ended with {code}: {self.words()[-500:]}")
        if "Traceback" in self.words():
            found.append(self.words()[-2_000:])
        return found
