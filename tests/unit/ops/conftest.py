"""One small day for the tests of what the operator sees: a window, an order, a fill, a payout."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.ledger.ledger import SqliteLedger
from bot.domain.book import Side
from bot.domain.entry import (
    CapitalDeposited,
    Entry,
    FillRecorded,
    IntentRecorded,
    MarketListed,
    MarketSettled,
    OrderChanged,
    PositionSettled,
    Recorded,
    SessionStarted,
    SessionStopped,
    Stamp,
    TradingState,
    TradingStateSet,
)
from bot.domain.fill import Fill, FillId, Liquidity, Position
from bot.domain.market import (
    FeeSchedule,
    Market,
    MarketId,
    MarketWindow,
    Outcome,
    ProtocolVersion,
    TokenId,
)
from bot.domain.money import Price, Shares, Usd
from bot.domain.order import (
    Intent,
    IntentId,
    OrderHash,
    OrderState,
    Quantity,
    Signal,
    StrategyId,
    Terms,
    TimeInForce,
)

START = 1_790_586_000_000_000
MARKET = Market(
    market_id=MarketId("0xfb"),
    slug="btc-updown-15m-1790586000",
    asset="BTC",
    window=MarketWindow(START, START + 900_000_000),
    up=TokenId("1"),
    down=TokenId("2"),
    tick=Price(10_000),
    size_min=Shares(5_000_000),
    fees=FeeSchedule(70_000, 1, taker_only=True),
    version=ProtocolVersion.V1,
)
STRATEGY = StrategyId("demo")
INTENT = Intent(
    intent_id=IntentId("1-0"),
    strategy=STRATEGY,
    strategy_hash="aa",
    components=(),
    made_us=START + 600_000_000,
    closing=False,
    terms=Terms(
        market_id=MARKET.market_id,
        token=MARKET.up,
        outcome=Outcome.UP,
        side=Side.BUY,
        time_in_force=TimeInForce.FAK,
        price=Price(900_000),
        quantity=Quantity.of(Usd(10_000_000)),
    ),
    signal=Signal(
        reason="favourite & late",
        probability_micros=870_000,
        bid_micros=860_000,
        ask_micros=870_000,
        depth=Shares(100_000_000),
        expected_price=Price(870_000),
        expected_fee=Usd(90_000),
    ),
)
FILL = Fill(
    fill_id=FillId("t1"),
    order_hash=OrderHash("h1"),
    market_id=MARKET.market_id,
    token=MARKET.up,
    outcome=Outcome.UP,
    side=Side.BUY,
    price=Price(880_000),
    size=Shares(10_000_000),
    notional=Usd(8_800_000),
    fee=Usd(73_920),
    liquidity=Liquidity.TAKER,
    filled_us=START + 601_000_000,
)


def day_entries(*, closed: bool = True) -> list[Recorded]:
    """Return a day with one window, one order, one fill and, if closed, its settlement."""
    held = Position(STRATEGY, MARKET.market_id, Outcome.UP).after(FILL)
    flat, payout = held.settled(Outcome.UP)
    day: list[Entry] = [
        SessionStarted(
            1, "s", "replay", "", (), "c", "r", "aa", 0, Usd(1_000_000_000), 1, START, "", 0, "0"
        ),
        CapitalDeposited(Usd(1_000_000_000), Usd(1_000_000_000)),
        TradingStateSet(TradingState.ACTIVE, "all agree"),
        MarketListed(MARKET),
        IntentRecorded(INTENT, FILL.order_hash, "{}"),
        FillRecorded(
            FILL,
            INTENT.intent_id,
            STRATEGY,
            "aa",
            INTENT.components,
            FILL.size,
            held,
            Usd(991_126_080),
            Usd(1_000_000_000),
        ),
        OrderChanged(
            FILL.order_hash, INTENT.intent_id, MARKET.market_id, OrderState.FILLED, "", FILL.size
        ),
    ]
    if closed:
        day += [
            PositionSettled(
                flat, Outcome.UP, held.size, held.cost, payout, flat.realized, Usd(1_001_126_080),
                Usd(1_001_126_080),
            ),
            MarketSettled(MARKET.market_id, Outcome.UP),
            SessionStopped("end of feed"),
        ]  # fmt: skip
    return [
        Recorded(number, Stamp(number, START + number * 60_000_000, ""), "", entry)
        for number, entry in enumerate(day, start=1)
    ]


@dataclass(frozen=True, slots=True)
class Day:
    """The day's values, and its entries whole or without the settlement."""

    market: Market = MARKET
    intent: Intent = INTENT
    fill: Fill = FILL

    def entries(self, *, closed: bool = True) -> list[Recorded]:
        """Return the entries as the ledger has them."""
        return day_entries(closed=closed)


@pytest.fixture
def day() -> Day:
    """Return the day."""
    return Day()


def write(folder: Path, entries: list[Recorded]) -> Path:
    """Write entries into a new ledger, one commit each, and return its folder."""

    async def append() -> None:
        ledger = SqliteLedger.open(folder, threaded=False)
        for recorded in entries:
            await ledger.append([recorded.entry], recorded.stamp)
        await ledger.close()

    folder.mkdir()
    asyncio.run(append())
    return folder


@pytest.fixture
def closed_ledger(tmp_path: Path) -> Path:
    """Return the folder of a ledger with the whole day."""
    return write(tmp_path / "closed", day_entries())


@pytest.fixture
def open_ledger(tmp_path: Path) -> Path:
    """Return the folder of a ledger that ends before the settlement, and without a stop."""
    return write(tmp_path / "open", day_entries(closed=False))
