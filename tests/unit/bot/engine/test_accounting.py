"""Cash, positions and orders are the fold of the entries, in whatever order they are read."""

from bot.domain.book import Side
from bot.domain.entry import FillRecorded, FrameReached, OrderChanged, PositionSettled
from bot.domain.market import MarketId, Outcome
from bot.domain.money import Price, Shares, Usd
from bot.domain.order import OrderHash, OrderState, Quantity, TimeInForce
from bot.engine.accounting import Portfolio, WorkingOrder
from tests.unit.bot.engine.test_risk import intent, sale
from tests.unit.bot.given import buy, engine, entries, fill, market


def test_a_buy_reserves_what_is_left_of_it_with_the_most_it_can_cost_in_fees() -> None:
    """7 % of the amount, as if it were filled at the lowest price there is, and the roundings."""
    made = engine()
    order = WorkingOrder(buy(made))
    assert order.reserved(market()) == Usd.parse("10.70043")
    order.spent = Usd.parse("4")
    assert order.reserved(market()) == Usd.parse("6.42046")
    order.state = OrderState.CANCELLED
    assert order.reserved(market()) == Usd(0)


def test_a_resting_buy_reserves_its_unfilled_shares() -> None:
    terms = intent().terms
    resting = intent(
        terms=type(terms)(
            terms.market_id, terms.token, Outcome.UP, Side.BUY, TimeInForce.GTC,
            Price.parse("0.5"), Quantity.of(Shares.parse("10")),
        )
    )  # fmt: skip
    order = WorkingOrder(resting, filled=Shares.parse("4"))
    assert order.reserved(market()) == Usd.parse("3.1055")
    assert WorkingOrder(sale()).reserved(market()) == Usd(0)


def test_a_fill_read_twice_counts_once() -> None:
    made = engine()
    bought = buy(made)
    [entry] = entries(made.handle(fill(bought, "10")))
    made.portfolio.apply(entry)
    assert made.portfolio.orders[bought.intent_id].spent == Usd.parse("7")
    assert made.portfolio.exposure() == made.portfolio.exposure(MarketId("0xm1"))


def test_entries_of_orders_that_are_gone_only_move_money() -> None:
    made = engine()
    [entry] = entries(made.handle(fill(buy(made), "10")))
    assert isinstance(entry, FillRecorded)
    empty = Portfolio()
    empty.apply(entry)
    empty.apply(FrameReached())
    gone = OrderChanged(
        OrderHash("gone"), entry.intent_id, MarketId("m"), OrderState.FILLED, "", Shares(0)
    )
    empty.apply(gone)
    assert (empty.cash, empty.orders) == (entry.cash, {})


def test_a_payout_read_from_disk_moves_cash() -> None:
    made = engine()
    [entry] = entries(made.handle(fill(buy(made), "10")))
    assert isinstance(entry, FillRecorded)
    paid = PositionSettled(
        entry.position, Outcome.UP, Shares(0), Usd(0), Usd(0), Usd(0), Usd(7), Usd(7)
    )
    made.portfolio.apply(paid)
    assert made.portfolio.cash == Usd(7)
