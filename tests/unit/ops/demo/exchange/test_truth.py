"""The comparison itself: agreeing books have no difference, and every planted one is named."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.entry import Entry, FillRecorded, FillReversed, OrderChanged
from bot.domain.fill import Fill, FillId
from bot.domain.order import OrderState
from ops.demo.exchange.truth import Ours, Theirs, differences
from tests.contract.ledger.story import Story

WALLET, KEY = "0xAbC", "key"
Truth = dict[str, Any]


def named(fill: Fill) -> Fill:
    return replace(fill, fill_id=FillId(f"t{fill.fill_id}/{fill.order_hash}"))


def told(seed: int) -> Iterator[Entry]:
    """Yield a day whose last window is not settled, every order over."""
    story = Story(seed)
    days = [story.opening(), *(story.window(n, settle=n < 5) for n in range(6))]
    for entries, _ in (one for day in days for one in day):
        for entry in entries:
            if isinstance(entry, FillRecorded | FillReversed):
                yield replace(entry, fill=named(entry.fill))
            elif isinstance(entry, OrderChanged) and entry.state is OrderState.FILLED:
                yield replace(entry, state=OrderState.CANCELLED)
            else:
                yield entry


def agreeing(ours: Ours) -> Truth:
    """Return the truth of a venue where exactly that happened; the last trade is not mined yet."""
    trades = []
    for number, (name, moved) in enumerate(ours.fills.items()):
        trade_id, _, order_id = name.partition("/")
        move = {
            "wallet": WALLET.lower(), "cash": moved.cash, "shares": moved.shares,
            "token": moved.token, "order_id": order_id.upper().replace("0X", "0x"),
        }  # fmt: skip
        mined = number + 1 < len(ours.fills)
        trades.append({"id": trade_id, "status": "MINED", "mined": mined, "moves": [move]})
    failed = {"id": "x", "status": "FAILED", "mined": False, "moves": trades[0]["moves"]}
    tokens = ours.tokens()
    late = next(reversed(ours.fills.values()))
    tokens[late.token] = tokens.get(late.token, 0) - late.shares
    orders = [
        {
            "id": one,
            "owner": KEY,
            "status": "CANCELED",
            "budget": 9_000_000,
            "spent": 0,
            "matched": 0,
        }
        for one in ours.orders
    ]
    return {
        "wallets": [{"address": WALLET, "cash": ours.cash - late.cash, "tokens": tokens}],
        "trades": [*trades, failed],
        "orders": orders,
        "markets": [],
    }


def found(ours: Ours, truth: Truth) -> str:
    return "\n".join(differences(ours, Theirs.of(truth, wallet=WALLET, api_key=KEY)))


@pytest.mark.parametrize("seed", range(5))
def test_books_of_the_same_day_do_not_differ(seed: int) -> None:
    ours = Ours.of(told(seed))
    assert len(ours.fills) > 1
    assert found(ours, agreeing(ours)) == ""


def first(truth: Truth, what: str) -> Truth:
    one: Truth = truth[what][0]
    return one


PLANTED: tuple[tuple[str, Callable[[Truth], object]], ...] = (
    ("not in the ledger", lambda t: t["orders"].append(first(t, "orders") | {"id": "0xff"})),
    ("left open", lambda t: first(t, "orders").update(status="LIVE")),
    ("never had it", lambda t: t["orders"].pop()),
    ("lost", lambda t: t["trades"].append(first(t, "trades") | {"id": "new"})),
    ("not at the venue", lambda t: t["trades"].pop(0)),
    ("ledger, not at the venue", lambda t: first(t, "trades").update(status="FAILED")),
    ("the venue says", lambda t: first(t, "trades")["moves"][0].update(cash=-1)),
    ("cash: ", lambda t: first(t, "wallets").update(cash=first(t, "wallets")["cash"] + 1)),
    ("token ", lambda t: first(t, "wallets")["tokens"].update({"77": 1})),
)


@pytest.mark.parametrize(("names", "plant"), PLANTED, ids=[one[0] for one in PLANTED])
def test_a_difference_of_the_venue_is_named(names: str, plant: Callable[[Truth], object]) -> None:
    ours = Ours.of(told(1))
    truth = agreeing(ours)
    plant(truth)
    assert names in found(ours, truth)


@pytest.mark.parametrize(
    ("state", "names"),
    [
        (OrderState.UNKNOWN, "still unknown"),
        (OrderState.IN_FLIGHT, "still in_flight"),
        (OrderState.REJECTED, "the venue took it"),
        (OrderState.EXPIRED, "the venue took it"),
        (OrderState.FILLED, "the venue matched 0"),
    ],
)
def test_a_guessed_state_is_named(state: OrderState, names: str) -> None:
    ours = Ours.of(told(1))
    truth = agreeing(ours)
    first(truth, "orders")["matched"] = 1
    names = names.replace("matched 0", "matched 1")
    ours.orders[next(iter(ours.orders))] = state
    assert names in found(ours, truth)


def test_an_order_that_ended_without_a_trace_may_be_expired() -> None:
    """No page of the venue shows an order that is over and has matched nothing."""
    ours = Ours.of(told(1))
    truth = agreeing(ours)
    ours.orders[next(iter(ours.orders))] = OrderState.EXPIRED
    assert found(ours, truth) == ""


def test_two_orders_of_one_intent_are_named() -> None:
    ours = Ours.of(told(1))
    truth = agreeing(ours)
    intent_id = next(iter(ours.intents))
    ours.intents[intent_id] |= {next(reversed(ours.orders))}
    assert "2 orders of it" in found(ours, truth)


def test_a_payout_that_is_not_redeemed_yet_is_no_difference() -> None:
    ours = Ours.of(told(1))
    truth = agreeing(ours)
    market = {"tokens": ["88", "99"], "outcomes": ["Up", "Down"], "winner": "Up"}
    truth["markets"].append(market)
    wallet = first(truth, "wallets")
    wallet["tokens"] |= {"88": 5, "99": 7}
    wallet["cash"] -= 5
    assert found(ours, truth) == ""
    market["winner"] = "Down"
    assert "cash: " in found(ours, truth)
