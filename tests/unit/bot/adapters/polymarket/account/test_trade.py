"""What of a trade is ours: as the taker, as a maker of either outcome, or as both."""

from decimal import Decimal
from typing import Any

import pytest
from polymarket.models.clob.user_events import UserTradePayload

from bot.adapters.polymarket.account.trade import State, fill_of, legs
from bot.domain.book import Side
from bot.domain.fill import Liquidity
from bot.domain.money import Usd
from bot.ports import Temporary
from tests.unit.bot.adapters.polymarket.account.given import (
    AT_S,
    DOWN,
    FACTS,
    HASH,
    KEY,
    MARKET,
    OURS,
    UP,
    WALLET,
    maker,
    trade,
)


def test_as_a_taker_the_trade_is_ours_with_its_fee() -> None:
    (leg,) = legs(trade("MINED"), OURS)
    assert (leg.order_hash, leg.side, leg.liquidity) == (HASH, Side.BUY, Liquidity.TAKER)
    assert leg.state is State.MINED
    fill = fill_of(leg, FACTS)
    assert fill.fill_id == f"t1/{HASH}"
    assert (fill.notional, fill.fee) == (Usd.parse("5.2"), Usd.parse("0.17472"))
    assert fill.filled_us == AT_S * 1_000_000
    assert fill.provisional


def test_as_a_maker_the_leg_is_ours_not_the_trade() -> None:
    """The taker bought Up; we sold it, or bought Down beside it: mint and merge."""
    mirrored = maker(
        "0xd", address=WALLET, asset_id=DOWN, side="BUY", price="0.48", matched_amount="4"
    )
    plain = maker("0xs", address=WALLET.upper().replace("0X", "0x"), matched_amount="6")
    told = trade(ours=False, makers=(mirrored, plain, maker()))
    found = {leg.order_hash: leg for leg in legs(told, OURS)}
    assert set(found) == {"0xd", "0xs"}
    down = fill_of(found["0xd"], FACTS)  # type: ignore[index]
    assert (down.token, down.side, str(down.price), str(down.size)) == (
        DOWN,
        Side.BUY,
        "0.48",
        "4.00",
    )
    assert down.fee == Usd(0)
    assert down.liquidity is Liquidity.MAKER


def test_one_order_in_two_legs_is_one_fill() -> None:
    told = trade(ours=False, makers=(maker("0xs", address=WALLET, matched_amount="4"),
                                     maker("0xs", address=WALLET, matched_amount="2")))  # fmt: skip
    (leg,) = legs(told, OURS)
    assert str(leg.size) == "6.00"


def test_both_sides_of_one_trade_can_be_ours() -> None:
    found = legs(trade(makers=(maker("0xs", address=WALLET),)), OURS)
    assert [leg.liquidity for leg in found] == [Liquidity.TAKER, Liquidity.MAKER]
    assert len({leg.fill_id for leg in found}) == 2


def test_a_strangers_trade_is_nothing() -> None:
    assert legs(trade(ours=False), OURS) == ()


def socket(**change: Any) -> UserTradePayload:
    """Return a trade as the user socket tells it: without a trader side, key as the owner."""
    plain = {
        "id": "t1", "taker_order_id": HASH, "market": MARKET, "asset_id": UP, "side": "buy",
        "size": "10", "price": "0.52", "status": "MATCHED", "owner": KEY,
        "match_time": str(AT_S),
    }  # fmt: skip
    return UserTradePayload.model_validate(plain | change)


def test_the_socket_and_the_listing_tell_the_same_fill() -> None:
    (heard,), (read,) = legs(socket(), OURS), legs(trade(), OURS)
    assert heard == read


def test_on_the_socket_a_maker_without_a_wallet_is_known_by_its_key() -> None:
    own = {"order_id": "0xs", "owner": KEY, "matched_amount": "3", "price": "0.52",
           "asset_id": UP, "side": "sell"}  # fmt: skip
    (leg,) = legs(socket(owner="somebody", maker_orders=[own]), OURS)
    assert (leg.order_hash, leg.side) == ("0xs", Side.SELL)


@pytest.mark.parametrize(("price", "size"), [("0", "1"), ("1", "1"), ("0.5", "0"), ("0.5", "-1")])
def test_amounts_that_cannot_be_are_not_believed(price: str, size: str) -> None:
    with pytest.raises(Temporary, match="cannot be"):
        legs(trade(price=price, size=size), OURS)


def test_a_size_finer_than_a_millionth_is_not_believed() -> None:
    with pytest.raises(Temporary, match="at most 6 decimals"):
        legs(trade(size="1.0000001"), OURS)


def test_an_average_price_is_kept_exact_where_money_moves() -> None:
    """A match over several levels may have an average price of many decimals."""
    (leg,) = legs(trade(price="0.523333333333", size="3"), OURS)
    fill = fill_of(leg, FACTS)
    assert fill.notional == Usd(int(Decimal("0.523333333333") * 3_000_000))
    assert fill.price.micros == 523_333
