"""The story of a day says what the ledger's entries say, and nothing else."""

from dataclasses import replace

from bot.domain.book import Side
from bot.domain.entry import (
    Entry,
    FillRecorded,
    IntentRecorded,
    MarketListed,
    MarketSettled,
    OrderChanged,
    PositionSettled,
    Recorded,
    Stamp,
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
from ops.demo.chapter import Kill, Proof, chapter
from ops.demo.page import page
from ops.demo.stage import Chapter
from ops.demo.story import tell, window_lines

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


def entries(*, closed: bool = True) -> list[Recorded]:
    """Return a day with one window, one order, one fill and, if closed, its settlement."""
    held = Position(STRATEGY, MARKET.market_id, Outcome.UP).after(FILL)
    flat, payout = held.settled(Outcome.UP)
    day: list[Entry] = [
        MarketListed(MARKET),
        IntentRecorded(INTENT, FILL.order_hash, "{}"),
        FillRecorded(
            FILL, INTENT.intent_id, STRATEGY, "aa", FILL.size, held, Usd(991), Usd(1_000_000_000)
        ),
        OrderChanged(
            FILL.order_hash, INTENT.intent_id, MARKET.market_id, OrderState.FILLED, "", FILL.size
        ),
    ]
    if closed:
        day += [
            PositionSettled(
                flat, Outcome.UP, held.size, held.cost, payout, flat.realized, Usd(5),
                Usd(1_001_126_080),
            ),
            MarketSettled(MARKET.market_id, Outcome.UP),
        ]  # fmt: skip
    return [
        Recorded(number, Stamp(number, START + number * 60_000_000, ""), "", entry)
        for number, entry in enumerate(day, start=1)
    ]


def test_a_window_tells_expected_actual_fee_outcome_and_profit() -> None:
    story = tell(entries())
    (line,) = window_lines(story.windows[MARKET.market_id])
    assert line == (
        "09:00-09:15  Up won       +1.13  bought 10.00 up at 0.88 (expected 0.87), "
        "fee 0.07392: favourite & late"
    )
    assert story.equity[-1][1] == 1_001_126_080


def test_an_open_window_claims_no_outcome() -> None:
    story = tell(entries(closed=False))
    assert window_lines(story.windows[MARKET.market_id])[0].startswith("09:00-09:15  open ")


def test_a_window_without_orders_says_so() -> None:
    story = tell(entries()[:1])
    assert window_lines(story.windows[MARKET.market_id]) == [
        "09:00-09:15  open                nothing bought"
    ]


def test_worse_is_positive_for_a_buy_and_for_a_sale() -> None:
    story = tell(entries())
    order = story.orders[FILL.order_hash]
    assert order.slip_micros == 10_000
    order.intent = replace(
        INTENT,
        terms=replace(INTENT.terms, side=Side.SELL, quantity=Quantity.of(Shares(10_000_000))),
    )
    assert order.slip_micros == -10_000


def test_the_report_holds_the_proof_and_escapes_what_it_shows() -> None:
    proof = Proof(
        summary={"windows": 1, "orders": 1},
        kills=[Kill(START + 60_000_000, "the <process>")],
        content_hash="c" * 64,
        undisturbed_content_hash="c" * 64,
        orders_left_without_volume=0,
        orders_before_without_volume=1,
    )
    mids = {MARKET.market_id: [(0.0, 0.5), (300.0, 0.7), (800.0, 0.9)]}
    document = page([Chapter("Trade", chapter(tell(entries()), mids, proof))])
    assert "favourite &amp; late" in document
    assert "the &lt;process&gt;" in document
    assert document.count("c" * 64) == 2
    assert "ended with exactly the books" in document
    assert "://" not in document
    assert "<script" not in document


def test_a_run_that_differs_is_not_called_the_same() -> None:
    proof = Proof({}, [], "a", "b", 0, 1)
    assert "did NOT end" in chapter(tell(entries()), {}, proof)
