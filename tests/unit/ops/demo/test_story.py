"""The story of a day says what the ledger's entries say, and nothing else."""

from dataclasses import replace
from typing import Protocol

from bot.domain.book import Side
from bot.domain.entry import MarketListed, Recorded
from bot.domain.fill import Fill
from bot.domain.market import Market
from bot.domain.money import Shares
from bot.domain.order import Intent, Quantity
from ops.demo.chapter import Kill, Proof, chapter
from ops.demo.page import page
from ops.demo.stage import Chapter
from ops.demo.story import tell, window_line


class Day(Protocol):
    """What the fixture `day` has."""

    market: Market
    intent: Intent
    fill: Fill

    def entries(self, *, closed: bool = True) -> list[Recorded]:
        """Return the entries."""
        ...


def test_a_window_tells_expected_actual_fee_outcome_and_profit(day: Day) -> None:
    story = tell(day.entries())
    line = window_line(story.windows[day.market.market_id])
    assert line == (
        "09:00-09:15  Up won       +1.13  bought 10.00 up at 0.880 (expected 0.870), "
        "fee 0.07: favourite & late"
    )
    assert story.equity[-1][1] == 1_001_126_080


def test_an_open_window_claims_no_outcome(day: Day) -> None:
    story = tell(day.entries(closed=False))
    assert window_line(story.windows[day.market.market_id]).startswith("09:00-09:15  open ")


def test_a_window_without_orders_says_so(day: Day) -> None:
    story = tell([one for one in day.entries() if isinstance(one.entry, MarketListed)])
    line = window_line(story.windows[day.market.market_id])
    assert line == "09:00-09:15  open                nothing bought"


def test_worse_is_positive_for_a_buy_and_for_a_sale(day: Day) -> None:
    story = tell(day.entries())
    order = story.orders[day.fill.order_hash]
    assert order.slip_micros == 10_000
    order.intent = replace(
        day.intent,
        terms=replace(day.intent.terms, side=Side.SELL, quantity=Quantity.of(Shares(10_000_000))),
    )
    assert order.slip_micros == -10_000


def test_the_report_holds_the_proof_and_escapes_what_it_shows(day: Day) -> None:
    proof = Proof(
        summary={"windows": 1, "orders": 1},
        kills=[Kill(day.market.window.start_us + 60_000_000, "the <process>")],
        content_hash="c" * 64,
        undisturbed_content_hash="c" * 64,
        orders_left_without_volume=0,
        orders_before_without_volume=1,
    )
    mids = {day.market.market_id: [(0.0, 0.5), (300.0, 0.7), (800.0, 0.9)]}
    document = page([Chapter("Trade", chapter(tell(day.entries()), mids, proof))])
    assert "favourite &amp; late" in document
    assert "the &lt;process&gt;" in document
    assert document.count("c" * 64) == 2
    assert "ended with exactly the books" in document
    assert "://" not in document
    assert "<script" not in document


def test_a_run_that_differs_is_not_called_the_same(day: Day) -> None:
    proof = Proof({}, [], "a", "b", 0, 1)
    assert "did NOT end" in chapter(tell(day.entries()), {}, proof)
