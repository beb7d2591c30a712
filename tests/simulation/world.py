"""The whole bot in one process, on a made-up day, that can be crashed at any named boundary.

A crash drops everything in memory and keeps the files. Nothing here is a second implementation:
engine, ledger, paper venue, feed and session are the ones that trade.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.adapters.ledger.ledger import FILE_NAME, SqliteLedger
from bot.adapters.ledger.reader import LedgerReader, Summary
from bot.adapters.paper.feed import PaperFeed
from bot.adapters.paper.venue import PaperVenue
from bot.adapters.replay.feed import ReplayFeed
from bot.domain.entry import (
    Entry,
    FillRecorded,
    IntentRecorded,
    OrderChanged,
    SessionStarted,
    Stamp,
)
from bot.domain.order import Answer, ApprovedOrder, OrderHash, Prepared
from bot.engine.engine import Engine
from bot.engine.strategy.composition import Composition
from bot.ports import GENESIS, Head, Ledger, Venue, VenueView
from bot.services.loop import Observer
from bot.services.session import Acceptance, Session, Terms

SEED = 7
BOUNDARIES = (
    "intent not committed",
    "intent committed",
    "before send",
    "sent, no answer",
    "answer not committed",
    "fill not committed",
    "between two commits",
)


class Crash(BaseException):
    """The process is gone; no handler of ours may catch it."""


@dataclass
class Dice:
    """Crashes at the `after`-th boundary that is passed, wherever that is; never if 0."""

    after: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    fell_at: str = ""

    def boundary(self, name: str) -> None:
        """Pass a boundary, or crash at it."""
        self.passed[name] += 1
        if self.passed.total() == self.after:
            self.fell_at = name
            raise Crash(name)


class BrittleLedger:
    """The real ledger, with a boundary on either side of each commit."""

    def __init__(self, ledger: SqliteLedger, dice: Dice, watch: Observer) -> None:
        """Stand in front of a ledger; `watch` hears of what is durable even if that is the end."""
        self._watch = watch
        self._ledger = ledger
        self._dice = dice

    def __getattr__(self, name: str) -> object:
        """Pass everything else on."""
        return getattr(self._ledger, name)

    async def append(self, entries: Sequence[Entry], stamp: Stamp) -> Head:
        """Commit, crashing before or after."""
        kinds = {type(entry) for entry in entries}
        before = {
            IntentRecorded: "intent not committed",
            OrderChanged: "answer not committed",
            FillRecorded: "fill not committed",
        }
        for kind, name in before.items():
            if kind in kinds:
                self._dice.boundary(name)
        head = await self._ledger.append(entries, stamp)
        self._watch(entries, stamp)
        self._dice.boundary(
            "intent committed" if IntentRecorded in kinds else "between two commits"
        )
        return head


class BrittleVenue:
    """The real paper venue, with a boundary on either side of each submit."""

    def __init__(self, venue: PaperVenue, dice: Dice) -> None:
        """Stand in front of a venue."""
        self._venue = venue
        self._dice = dice

    def prepare(self, order: ApprovedOrder, *, salt: int, at_us: int) -> Prepared:
        """Pass on."""
        return self._venue.prepare(order, salt=salt, at_us=at_us)

    async def submit(self, prepared: Prepared) -> Answer:
        """Submit, crashing before or after."""
        self._dice.boundary("before send")
        answer = await self._venue.submit(prepared)
        self._dice.boundary("sent, no answer")
        return answer

    async def cancel(self, order_hash: OrderHash) -> bool:
        """Pass on."""
        return await self._venue.cancel(order_hash)

    async def view(self, hashes: Sequence[OrderHash], since_us: int) -> VenueView:
        """Pass on."""
        return await self._venue.view(hashes, since_us)


def _silent(entries: Sequence[Entry], stamp: Stamp) -> None:
    """Say nothing of what became durable."""


@dataclass
class World:
    """A directory with a day in it, and everything needed to live it."""

    directory: Path
    recording: Path
    strategy: Composition
    watch: Callable[[Engine, Sequence[Entry], Stamp], None]
    accepted: Acceptance | None = None
    """What a person accepted before the next start."""

    async def live(self, dice: Dice) -> None:
        """Start, go on from whatever is on disk, and live to the end or to the crash."""
        feed = ReplayFeed.open(self.recording)
        ledger = SqliteLedger.open(self.directory, threaded=False)
        paper = self.strategy.paper
        venue = PaperVenue.open(
            self.directory,
            starting_cash=paper.cash_usd,
            latency_us=paper.latency_ms * 1_000,
            seed=SEED,
        )
        try:
            stamp = ledger.head.stamp
            venue.resume(frame=stamp.frame, at_us=stamp.at_us)
            brittle: Ledger = BrittleLedger(  # type: ignore[assignment]
                ledger, dice, lambda entries, at: self.watch(session.engine, entries, at)
            )
            watched: Venue = BrittleVenue(venue, dice)  # type: ignore[assignment]
            terms = Terms(
                self._started(feed), self.strategy, order_life_us=5_000_000, accepted=self.accepted
            )
            session = Session(terms, brittle, watched, PaperFeed(feed, venue), _silent)
            await session.start()
            await session.run(lambda _: None)
        finally:
            venue.close()
            ledger.drop()

    def summary(self) -> Summary:
        """Return what the ledger says at the end."""
        with LedgerReader.open(self.directory) as reader:
            return reader.summary()

    @property
    def file(self) -> Path:
        """Return the ledger's file."""
        return self.directory / FILE_NAME

    def _started(self, feed: ReplayFeed) -> SessionStarted:
        return SessionStarted(
            boot=1, session="s", mode="replay", deployment_id="", versions=(), config_hash="",
            recording_hash=feed.recording_hash, strategy_hash=self.strategy.strategy_hash,
            seed=SEED, starting_cash=self.strategy.paper.cash_usd, device=0, started_us=0,
            previous_deployment_id="", previous_seq=0, previous_hash=GENESIS,
        )  # fmt: skip
