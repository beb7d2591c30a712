"""A session starts, recovers and stops on one path, and trades only on what agrees."""

import dataclasses
import random
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.paper.feed import PaperFeed
from bot.adapters.paper.venue import PaperVenue
from bot.adapters.replay.feed import ReplayFeed
from bot.adapters.wire import own
from bot.domain.book import Side
from bot.domain.entry import (
    Entry,
    FillRecorded,
    IntentRecorded,
    OrderChanged,
    SessionStarted,
    SessionStopped,
    Stamp,
    TradingState,
    TradingStateSet,
)
from bot.domain.event import OrderAnswered, OrderEnded, OrderFilled, OrderPrepared, TradingAsked
from bot.domain.fill import Fill, FillId, Liquidity
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Price, Shares, Usd
from bot.domain.order import Accepted, IntentId, OrderHash, OrderState, Prepared
from bot.domain.refusal import Refused
from bot.ports import GENESIS, OpenOrder, VenueView
from bot.services.session import Session, Terms
from bot.settings import read_strategy
from tests.simulation.day import SECOND, START_S, WINDOW_S, Window, write

STRATEGY = read_strategy(Path(__file__).parents[3] / "simulation" / "simulated.toml")
STARTED = SessionStarted(
    1, "s", "replay", "", (), "", "", STRATEGY.strategy_hash, 7, STRATEGY.paper.cash_usd,
    0, 0, "", 0, GENESIS,
)  # fmt: skip


class Bot:
    """A bot on a directory, its recorded entries kept."""

    def __init__(self, directory: Path, recording: Path, **changes: object) -> None:
        self.entries: list[Entry] = []
        recorded = bool(changes.pop("as_recorded", False))
        feed = ReplayFeed.open(recording, ours=recorded)
        self.ledger = SqliteLedger.open(directory, threaded=False)
        self.venue = PaperVenue.open(
            directory, starting_cash=STRATEGY.paper.cash_usd, latency_us=2_500_000, seed=7
        )
        stamp = self.ledger.head.stamp
        self.venue.resume(frame=stamp.frame, at_us=stamp.at_us)
        started = dataclasses.replace(STARTED, recording_hash=feed.recording_hash, **changes)  # type: ignore[arg-type]
        terms = Terms(started, STRATEGY, 5_000_000, recorded)
        said = feed if recorded else PaperFeed(feed, self.venue)
        self.session = Session(terms, self.ledger, self.venue, said, self.observe)

    def observe(self, entries: Sequence[Entry], _: Stamp) -> None:
        self.entries += entries

    async def live(self, stop_after: int = 0) -> str:
        """Live the day, asked to stop after so many batches if that is not 0."""
        left = stop_after

        def progress(_: int) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self.session.stop("SIGTERM")

        try:
            await self.session.start()
            return await self.session.run(progress)
        finally:
            self.venue.close()
            self.ledger.drop()

    def of(self, kind: type[Entry]) -> list[Entry]:
        return [entry for entry in self.entries if isinstance(entry, kind)]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write(tmp_path / "day.jsonl", 1)


def data(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    directory.mkdir(exist_ok=True)
    return directory


async def test_trading_becomes_active_once_and_ends_with_the_feed(
    tmp_path: Path, recording: Path
) -> None:
    bot = Bot(data(tmp_path), recording)
    assert await bot.live() == "end of feed"
    states = bot.of(TradingStateSet)
    assert states == [TradingStateSet(TradingState.ACTIVE, "memory, ledger and venue agree")]
    assert bot.entries[-1] == SessionStopped("end of feed")
    assert bot.of(FillRecorded)


async def test_a_stop_is_orderly_and_the_next_boot_goes_on(tmp_path: Path, recording: Path) -> None:
    first = Bot(data(tmp_path), recording)
    assert await first.live(stop_after=1) == "SIGTERM"
    assert first.entries[-1] == SessionStopped("SIGTERM")
    second = Bot(data(tmp_path), recording)
    await second.live()
    [started] = second.of(SessionStarted)
    assert isinstance(started, SessionStarted)
    assert (started.boot, started.previous_seq > 0) == (2, True)


async def test_a_finished_day_started_again_trades_nothing(tmp_path: Path, recording: Path) -> None:
    await Bot(data(tmp_path), recording).live()
    again = Bot(data(tmp_path), recording)
    await again.live()
    assert again.of(IntentRecorded) == []
    assert again.entries[-1] == SessionStopped("end of feed")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"recording_hash": "other"}, "recording"),
        ({"strategy_hash": "other"}, "strategy other is not the ledger's"),
        ({"seed": 8}, "seed 8 is not the ledger's (7)"),
        ({"starting_cash": Usd.parse("9")}, "starting cash 9.00 is not the ledger's (150.00)"),
    ],
)
async def test_a_ledger_of_another_run_is_refused(
    tmp_path: Path, recording: Path, change: dict[str, object], what: str
) -> None:
    await Bot(data(tmp_path), recording).live()
    if "recording_hash" in change:
        recording = write(tmp_path / "other.jsonl", 2)
        change = {}
    with pytest.raises(Refused, match="not the ledger's") as refused:
        await Bot(data(tmp_path), recording, **change).live()
    assert what in str(refused.value)


async def test_a_venue_that_knows_what_nobody_sent_is_refused(
    tmp_path: Path, recording: Path
) -> None:
    bot = Bot(data(tmp_path), recording)
    stranger = OpenOrder(OrderHash("x"), MarketId("m"), TokenId("t"), Shares(0))

    async def view(hashes: Sequence[OrderHash], since_us: int) -> VenueView:
        return VenueView(
            since_us, (stranger,), (), Usd.parse("150"), (), tuple((h, Accepted()) for h in hashes)
        )

    bot.venue.view = view  # type: ignore[method-assign]
    with pytest.raises(Refused, match=r"cannot explain.*external_order"):
        await bot.live()
    assert bot.of(TradingStateSet) == []


def recorded_day(file: Path) -> Path:
    """Write a day that holds one order of ours with its answer, fill and end."""
    window = Window(0, random.Random(1), 70)
    window.walk()
    now = (START_S + WINDOW_S - 100) * SECOND
    rows: list[tuple[int, str, bytes]] = [(now, "gamma", msgspec.json.encode(window.gamma()))]
    up = TokenId(window.token("up"))
    books = [
        {
            "event_type": "book", "asset_id": up, "market": window.market_id,
            "bids": [{"price": "0.69", "size": "100"}], "asks": [{"price": "0.70", "size": "100"}],
            "timestamp": "1", "hash": "",
        }
    ]  # fmt: skip
    intent, order = IntentId("000000000003-001"), OrderHash("recorded")
    fill = Fill(
        FillId("f1"), order, MarketId(window.market_id), up, Outcome.UP, Side.BUY,
        Price.parse("0.7"), Shares.parse("17.14"), Usd.parse("11.998"), Usd.parse("0.252"),
        Liquidity.TAKER, now,
    )  # fmt: skip
    ours: list[own.Ours] = [
        TradingAsked(1, now, TradingState.ACTIVE, "as it was"),
        OrderPrepared(3, now, Prepared(intent, order, "body", now)),
        OrderAnswered(3, now, intent, order, Accepted("matched")),
        OrderFilled(3, now, fill),
        OrderEnded(3, now, order, OrderState.FILLED, "matched"),
    ]
    lines = [(now, *own.encode(event)) for event in ours]
    rows += [lines[0], (now, "market", msgspec.json.encode(books)), *lines[1:]]
    closed = msgspec.json.encode(window.gamma("up"))
    rows.append((now + 120 * SECOND, "gamma", closed))
    text = b"".join(
        b'{"at_us":%d,"stream":"%s","frame":%s}\n' % (at, stream.encode(), frame)
        for at, stream, frame in rows
    )
    file.write_bytes(text)
    return file


async def test_a_recorded_day_takes_its_answers_from_the_recording(tmp_path: Path) -> None:
    recording = recorded_day(tmp_path / "own.jsonl")
    bot = Bot(data(tmp_path), recording, as_recorded=True)
    await bot.live()
    [intent] = bot.of(IntentRecorded)
    assert isinstance(intent, IntentRecorded)
    assert (intent.order_hash, intent.body) == ("recorded", "body")
    assert [
        type(entry) for entry in bot.entries if isinstance(entry, OrderChanged | FillRecorded)
    ] == [
        OrderChanged,
        FillRecorded,
        OrderChanged,
    ]
    assert bot.of(TradingStateSet) == [TradingStateSet(TradingState.ACTIVE, "as it was")]


async def test_a_recorded_day_needs_an_empty_ledger(tmp_path: Path) -> None:
    recording = recorded_day(tmp_path / "own.jsonl")
    await Bot(data(tmp_path), recording, as_recorded=True).live()
    with pytest.raises(Refused, match="use an empty data directory"):
        await Bot(data(tmp_path), recording, as_recorded=True).live()
