"""The engine decides only on what it can believe, and records everything before it acts."""

import pytest

from bot.domain.effect import Prepare, Record, Submit
from bot.domain.entry import (
    AnomalyCounted,
    CapitalDeposited,
    FillRecorded,
    IntentDenied,
    IntentRecorded,
    MarketListed,
    MarketSettled,
    OrderChanged,
    PositionSettled,
    TradingState,
    TradingStateSet,
)
from bot.domain.event import (
    BookReplaced,
    FeedEnded,
    MarketResolved,
    MarketSeen,
    OrderAnswered,
    OrderEnded,
    StopAsked,
    TradingAsked,
)
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Price, Shares, Usd
from bot.domain.order import (
    Accepted,
    Answer,
    Intent,
    IntentId,
    OrderHash,
    OrderState,
    Rejected,
    Unknown,
)
from bot.engine.engine import Engine
from tests.unit.bot.given import (
    END,
    SECOND,
    START,
    STRATEGY,
    book,
    buy,
    engine,
    entries,
    fill,
    intents,
    levels,
    market,
    prepared,
    strategy,
)

NOW = END - 100 * SECOND


def answered(made: Engine, intent: Intent, answer: Answer) -> list[object]:
    order_hash = OrderHash(f"hash-{intent.intent_id}")
    event = OrderAnswered(1, intent.made_us, intent.intent_id, order_hash, answer)
    return list(entries(made.handle(event)))


def ended(intent: Intent, state: OrderState, frame: int = 3) -> OrderEnded:
    return OrderEnded(frame, NOW + SECOND, OrderHash(f"hash-{intent.intent_id}"), state, "killed")


def test_an_intent_is_recorded_with_its_hash_before_it_is_submitted() -> None:
    made = engine()
    effects = made.handle(book("up1", "0.69", "0.70"))
    [intent] = intents(effects)
    assert [type(effect) for effect in effects] == [Prepare]
    after = made.handle(prepared(intent))
    assert after == [
        Record(IntentRecorded(intent, OrderHash(f"hash-{intent.intent_id}"), "{}")),
        Submit(prepared(intent).prepared),
    ]


def test_an_intent_carries_what_was_seen_and_who_decided() -> None:
    one = strategy()
    [intent] = intents(engine(one).handle(book("up1", "0.69", "0.70", frame=7)))
    assert intent.intent_id == "000000000007-001"
    assert intent.strategy_hash == one.strategy_hash
    assert intent.components == one.component_hashes
    assert intent.signal.probability_micros == 695_000
    assert (intent.signal.bid_micros, intent.signal.ask_micros) == (690_000, 700_000)
    assert intent.signal.expected_price == Price.parse("0.70")
    assert intent.signal.expected_fee == Usd.parse("0.21")
    assert intent.signal.depth == Shares.parse("100")
    assert "100 s left" in intent.signal.reason


def test_the_favourite_may_be_down() -> None:
    made = engine()
    [intent] = intents(made.handle(book("down1", "0.79", "0.80")))
    assert (intent.terms.outcome, intent.terms.token) == (Outcome.DOWN, "down1")
    assert intent.signal.probability_micros == 795_000


def test_nothing_is_decided_before_trading_is_active() -> None:
    made = Engine((strategy(),))
    made.apply([CapitalDeposited(Usd.parse("1000"), Usd.parse("1000"))])
    made.handle(MarketSeen(0, START, market()))
    [denied] = entries(made.handle(book("up1", "0.69", "0.70")))
    assert isinstance(denied, IntentDenied)
    assert (denied.limit, denied.value, denied.bound) == ("trading_state", "halted", "active")


def test_a_repeated_refusal_is_recorded_once_and_counted() -> None:
    made = engine(cash="5")
    first = entries(made.handle(book("up1", "0.69", "0.70", frame=1)))
    again = [entries(made.handle(book("up1", "0.69", "0.70", frame=n))) for n in (2, 3, 4)]
    assert [(one.limit, one.count) for one in first if isinstance(one, IntentDenied)] == [
        ("cash", 1)
    ]
    assert again == [[], [], []]
    closing = entries(made.handle(MarketResolved(5, END + SECOND, MarketId("0xm1"), Outcome.UP)))
    assert [one.count for one in closing if isinstance(one, IntentDenied)] == [3]


def test_a_change_of_the_refusing_limit_is_recorded() -> None:
    made = engine(cash="5")
    made.handle(book("up1", "0.69", "0.70", frame=1))
    made.handle(book("up1", "0.69", "0.70", frame=2))
    wide = entries(made.handle(book("up1", "0.61", "0.70", frame=3)))
    assert [(one.limit, one.count) for one in wide if isinstance(one, IntentDenied)] == [
        ("cash", 1),
        ("spread_max", 1),
    ]


def test_a_fill_changes_order_position_and_cash_in_one_entry() -> None:
    made = engine()
    intent = buy(made)
    answered(made, intent, Accepted())
    [entry] = entries(made.handle(fill(intent, "10")))
    assert isinstance(entry, FillRecorded)
    assert entry.filled == Shares.parse("10")
    assert entry.position.cost == Usd.parse("7.147")
    assert entry.cash == made.portfolio.cash == Usd.parse("992.853")
    assert entry.equity == Usd.parse("992.853") + Usd.parse("6.9")


def test_the_same_fill_twice_counts_once() -> None:
    made = engine()
    intent = buy(made)
    made.handle(fill(intent, "10"))
    assert made.handle(fill(intent, "10")) == []
    assert made.portfolio.cash == Usd.parse("992.853")


def test_a_fill_of_nobody_is_counted_and_changes_nothing() -> None:
    made = engine()
    stranger = fill(buy(engine()), "10")
    [entry] = entries(made.handle(stranger))
    assert isinstance(entry, AnomalyCounted)
    assert made.portfolio.cash == Usd.parse("1000")


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Accepted("delayed"), OrderState.OPEN),
        (Rejected("no"), OrderState.REJECTED),
        (Unknown("timeout"), OrderState.UNKNOWN),
    ],
)
def test_an_answer_moves_the_order_once(answer: Answer, state: OrderState) -> None:
    made = engine()
    intent = buy(made)
    [entry] = answered(made, intent, answer)
    assert isinstance(entry, OrderChanged)
    assert entry.state is state
    assert answered(made, intent, Rejected("late")) == []


def test_an_unknown_order_blocks_its_market() -> None:
    made = engine()
    answered(made, buy(made), Unknown("timeout"))
    later = BookReplaced(
        5, NOW + 20 * SECOND, TokenId("up1"), levels(("0.69", "9")), levels(("0.7", "9"))
    )
    [denied] = entries(made.handle(later))
    assert isinstance(denied, IntentDenied)
    assert denied.limit == "order_unknown"


def test_an_answer_for_an_order_of_another_life_is_ignored() -> None:
    intent = buy(engine())
    assert answered(engine(), intent, Accepted()) == []
    assert engine().handle(ended(intent, OrderState.CANCELLED)) == []


def test_an_order_ends_once() -> None:
    made = engine()
    intent = buy(made)
    answered(made, intent, Accepted())
    [entry] = entries(made.handle(ended(intent, OrderState.CANCELLED)))
    assert isinstance(entry, OrderChanged)
    assert made.handle(ended(intent, OrderState.FILLED)) == []


def test_a_winning_position_is_paid_one_dollar_a_share() -> None:
    made = engine()
    intent = buy(made)
    made.handle(fill(intent, "10"))
    made.handle(ended(intent, OrderState.CANCELLED))
    resolved = MarketResolved(9, END + SECOND, MarketId("0xm1"), Outcome.UP)
    settled, over = entries(made.handle(resolved))
    assert isinstance(settled, PositionSettled)
    assert (settled.payout, settled.profit) == (Usd.parse("10"), Usd.parse("2.853"))
    assert settled.equity == settled.cash == Usd.parse("1002.853")
    assert over == MarketSettled(MarketId("0xm1"), Outcome.UP)
    assert made.handle(resolved) == []
    assert made.portfolio.orders == {}


def test_a_market_is_settled_only_when_no_order_can_change_any_more() -> None:
    """A fill may be told after the market resolved, a sale's too: paid out is what is left."""
    made = engine()
    intent = buy(made)
    answered(made, intent, Accepted())
    assert entries(made.handle(MarketResolved(9, END, MarketId("0xm1"), Outcome.DOWN))) == []
    assert made.handle(MarketResolved(9, END, MarketId("0xm1"), Outcome.DOWN)) == []
    late = entries(made.handle(fill(intent, "10")))
    assert [type(entry) for entry in late] == [FillRecorded]
    over = entries(made.handle(ended(intent, OrderState.FILLED)))
    assert [type(entry) for entry in over[1:]] == [PositionSettled, MarketSettled]
    assert made.portfolio.cash == Usd.parse("992.853")


def test_a_resolved_market_is_not_traded() -> None:
    made = engine()
    intent = buy(made)
    made.handle(MarketResolved(9, END, MarketId("0xm1"), Outcome.DOWN))
    assert made.handle(book("down1", "0.79", "0.80", frame=10)) == []
    assert intents(made.handle(book("up1", "0.69", "0.70", frame=11))) == []
    assert intent.intent_id in made.portfolio.orders


def test_no_intent_after_a_stop_is_asked() -> None:
    made = engine()
    made.handle(StopAsked(1, NOW, "SIGTERM"))
    assert made.handle(book("up1", "0.69", "0.70")) == []


def test_the_trading_state_is_recorded() -> None:
    made = engine()
    asked = TradingAsked(1, NOW, TradingState.REDUCE_ONLY, "drill")
    assert entries(made.handle(asked)) == [TradingStateSet(TradingState.REDUCE_ONLY, "drill")]


def test_clips_are_paused_and_bounded() -> None:
    made = engine()
    times = [0, 5, 10, 20, 40]
    made_at = []
    for frame, after in enumerate(times, start=1):
        at_us = NOW + after * SECOND
        effects = made.handle(book("up1", "0.69", "0.70", frame=frame, at_us=at_us))
        for intent in intents(effects):
            made_at.append(after)
            made.handle(prepared(intent, frame))
    assert made_at == [0, 10]


def test_orders_of_the_last_minute_are_counted_across_a_restart() -> None:
    made = engine(strategy(risk={"orders_per_minute_max": 1}))
    made.recall([NOW - 61 * SECOND, NOW - 59 * SECOND])
    [denied] = entries(made.handle(book("up1", "0.69", "0.70")))
    assert isinstance(denied, IntentDenied)
    assert (denied.limit, denied.value) == ("orders_per_minute_max", "2 orders a minute")


def test_a_series_that_is_not_the_strategys_is_not_traded() -> None:
    made = engine(strategy(series=["eth-5m"]))
    assert made.handle(book("up1", "0.69", "0.70")) == []


PROFIT = {"component": "take_profit", "version": 1, "price_min": "0.90"}


def test_take_profit_sells_what_is_held_once() -> None:
    made = engine(strategy(exit=PROFIT))
    intent = buy(made)
    made.handle(fill(intent, "10.5555"))
    made.handle(ended(intent, OrderState.CANCELLED))
    [sale] = intents(made.handle(book("up1", "0.91", "0.93", frame=5)))
    assert sale.closing
    assert sale.terms.size == Shares.parse("10.55")
    assert sale.terms.price == Price.parse("0.91")
    assert intents(made.handle(book("up1", "0.92", "0.94", frame=6))) == []


def test_a_sale_waits_until_the_buy_is_over() -> None:
    made = engine(strategy(exit=PROFIT))
    made.handle(fill(buy(made), "10"))
    assert intents(made.handle(book("up1", "0.91", "0.97", frame=5))) == []
    low = engine(strategy(exit=PROFIT))
    intent = buy(low)
    low.handle(fill(intent, "10"))
    low.handle(ended(intent, OrderState.CANCELLED))
    assert intents(low.handle(book("up1", "0.89", "0.97", frame=5))) == []


def test_entries_read_back_leave_the_engine_where_it_was() -> None:
    """Recovery applies what is on disk: same money, same clips, same decisions."""
    made = engine()
    intent = buy(made)
    history = [
        CapitalDeposited(Usd.parse("1000"), Usd.parse("1000")),
        MarketListed(market()),
        IntentRecorded(intent, OrderHash(f"hash-{intent.intent_id}"), "{}"),
        *entries(made.handle(fill(intent, "10"))),
        *entries(made.handle(ended(intent, OrderState.CANCELLED))),
    ]
    again = Engine((strategy(),))
    for _ in range(2):
        again.apply(history)
    made.portfolio.state = again.portfolio.state
    assert again.portfolio == made.portfolio
    again.handle(TradingAsked(3, NOW, TradingState.ACTIVE, "agree"))
    soon = BookReplaced(
        4, NOW + 5 * SECOND, TokenId("up1"), levels(("0.69", "9")), levels(("0.7", "9"))
    )
    assert again.handle(soon) == []
    again.apply(
        [MarketSettled(MarketId("0xm1"), Outcome.UP), MarketSettled(MarketId("x"), Outcome.UP)]
    )
    assert again.portfolio.markets == {}


def test_an_order_read_back_of_a_settled_market_only_counts() -> None:
    made = engine()
    made.apply([MarketSettled(MarketId("0xm1"), Outcome.UP)])
    made.apply([IntentRecorded(buy(engine()), OrderHash("h"), "{}")])
    assert made.handle(book("up1", "0.69", "0.70")) == []


def test_strategies_decide_apart_from_each_other() -> None:
    """One sees the window in its time, the other does not; each counts its own clips."""
    late = strategy(name="late", entry={**STRATEGY["entry"], "left_s_max": 60})
    made = engine(strategy(), late)
    effects = made.handle(book("up1", "0.69", "0.70"))
    assert [intent.strategy for intent in intents(effects)] == ["given"]
    soon = END - 50 * SECOND
    both = made.handle(book("up1", "0.69", "0.70", frame=2, at_us=soon))
    assert [intent.strategy for intent in intents(both)] == ["given", "late"]
    assert [intent.intent_id[-3:] for intent in intents(both)] == ["001", "002"]


def test_a_market_pays_out_its_own_positions_only() -> None:
    made = engine()
    made.handle(fill(buy(made), "10"))
    held = dict(made.portfolio.positions)
    second = market(market_id=MarketId("0xm2"), up=TokenId("up2"), down=TokenId("down2"))
    made.handle(MarketSeen(3, END, second))
    over = entries(made.handle(MarketResolved(9, END, MarketId("0xm2"), Outcome.UP)))
    assert over == [MarketSettled(MarketId("0xm2"), Outcome.UP)]
    assert made.portfolio.positions == held


def test_refusals_that_are_counted_on_disk_are_not_counted_again() -> None:
    """A crash right after the end of the feed: nothing that is read again says that end."""
    made = engine()
    made.handle(TradingAsked(1, NOW, TradingState.HALTED, "drill"))
    for frame in (2, 3, 4):
        made.handle(book("up1", "0.69", "0.70", frame=frame))
    name = made.desks[MarketId("0xm1")].seats[0].strategy.name
    closed = IntentDenied(IntentId(""), name, MarketId("0xm1"), "trading_state", "", "", 2)
    made.counted(closed)
    assert entries(made.handle(FeedEnded(5, NOW))) == []
