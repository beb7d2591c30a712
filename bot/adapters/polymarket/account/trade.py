"""A trade of the venue's, and what of it is ours: as the taker, as one of the makers, or as both.

Fills come from trades only. A trade is told again with every new status under the same id; a fill
is keyed by trade id and our order. Amounts are the venue's: what moves is size x price, floored.
Source: docs.polymarket.com/market-data/websocket/user-channel; polymarket.md 3.4 and 4.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Final, Protocol

from polymarket.models.clob.account import ClobTrade
from polymarket.models.clob.user_events import UserTradePayload

from bot.adapters.polymarket.account.reading import micros
from bot.adapters.polymarket.order.catalog import Facts
from bot.domain.book import Side
from bot.domain.fill import Fill, FillId, Liquidity
from bot.domain.market import MarketId, TokenId
from bot.domain.money import MICROS, Price, Shares, Usd
from bot.domain.order import OrderHash
from bot.ports import Temporary

MICRO: Final = Decimal(1)
US_S: Final = 1_000_000


class State(StrEnum):
    """How far a trade is; the first two change nothing for us, the last two are final."""

    MATCHED = "matched"
    """Matched or being sent again: promised, nothing has moved on the chain."""
    MINED = "mined"
    """Moved on the chain; the block can still be reverted."""
    CONFIRMED = "confirmed"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Say whether nothing more can happen."""
        return self in {State.CONFIRMED, State.FAILED}

    @property
    def moved(self) -> bool:
        """Say whether balances on the chain show it."""
        return self in {State.MINED, State.CONFIRMED}


STATES: Final = {
    "MATCHED": State.MATCHED,
    "MATCHED_NOT_BROADCASTED": State.MATCHED,
    "RETRYING": State.MATCHED,
    "MINED": State.MINED,
    "CONFIRMED": State.CONFIRMED,
    "FAILED": State.FAILED,
}


@dataclass(frozen=True, slots=True)
class Leg:
    """Our part of one trade, under one of our orders."""

    trade_id: str
    order_hash: OrderHash
    market_id: MarketId
    token: TokenId
    side: Side
    price: Decimal
    size: Shares
    liquidity: Liquidity
    state: State
    matched_us: int

    @property
    def fill_id(self) -> FillId:
        """Return the key of the fill."""
        return FillId(f"{self.trade_id}/{self.order_hash}")


@dataclass(frozen=True, slots=True)
class Ours:
    """How we know an order of ours in a trade: by wallet, or by API key where no wallet stands."""

    wallet: str
    api_key: str

    def owns(self, maker: str | None, owner: str | None) -> bool:
        """Say whether a leg of a trade is ours."""
        if maker:
            return maker.lower() == self.wallet.lower()
        return bool(owner) and owner == self.api_key


class MakerOrder(Protocol):
    """A maker's part, in a listing or on the user socket."""

    @property
    def order_id(self) -> str: ...  # noqa: D102 - the SDK's field
    @property
    def owner(self) -> str: ...  # noqa: D102
    @property
    def maker_address(self) -> str | None: ...  # noqa: D102
    @property
    def matched_amount(self) -> Decimal: ...  # noqa: D102
    @property
    def price(self) -> Decimal: ...  # noqa: D102
    @property
    def asset_id(self) -> str: ...  # noqa: D102
    @property
    def side(self) -> str: ...  # noqa: D102


def legs(trade: ClobTrade | UserTradePayload, ours: Ours) -> tuple[Leg, ...]:
    """Return our legs of a trade; two entries of one order are one leg.

    Raises:
        Temporary: an amount that cannot be believed.

    """
    found: dict[OrderHash, Leg] = {}
    for leg in (*_taken(trade, ours), *_made(trade, ours)):
        known = found.get(leg.order_hash)
        found[leg.order_hash] = leg if known is None else replace(leg, size=known.size + leg.size)
    return tuple(found.values())


def fill_of(leg: Leg, facts: Facts) -> Fill:
    """Return the fill that a leg is, with the fee of its market's schedule.

    Trades do not carry the fee: `fee_rate_bps` is not it. Source: polymarket.md 3.5.

    Raises:
        ValueError: the token is not of this market, or the price is outside (0, 1).

    """
    price = Price(int((leg.price * MICROS).quantize(MICRO, ROUND_HALF_EVEN)))
    notional = Usd(int(leg.price * leg.size.micros))
    return Fill(
        fill_id=leg.fill_id,
        order_hash=leg.order_hash,
        market_id=leg.market_id,
        token=leg.token,
        outcome=facts.outcome(leg.token),
        side=leg.side,
        price=price,
        size=leg.size,
        notional=notional,
        fee=facts.fees.fee(price, leg.size, taker=leg.liquidity is Liquidity.TAKER),
        liquidity=leg.liquidity,
        filled_us=leg.matched_us,
        provisional=leg.state is not State.CONFIRMED,
    )


def leg_of(fill: Fill) -> Leg:
    """Return the leg that a recorded fill was."""
    return Leg(
        trade_id=fill.fill_id.partition("/")[0],
        order_hash=fill.order_hash,
        market_id=fill.market_id,
        token=fill.token,
        side=fill.side,
        price=Decimal(fill.price.micros) / MICROS,
        size=fill.size,
        liquidity=fill.liquidity,
        state=State.MATCHED if fill.provisional else State.CONFIRMED,
        matched_us=fill.filled_us,
    )


def _taken(trade: ClobTrade | UserTradePayload, ours: Ours) -> Iterator[Leg]:
    """Yield our leg as the taker; the listing says so, on the socket the owner does."""
    taker = trade.trader_side == "TAKER" if trade.trader_side else trade.owner == ours.api_key
    if taker:
        yield _leg(
            trade, (trade.taker_order_id, str(trade.asset_id), trade.side),
            (trade.price, trade.size), Liquidity.TAKER,
        )  # fmt: skip


def _made(trade: ClobTrade | UserTradePayload, ours: Ours) -> Iterator[Leg]:
    """Yield our legs as a maker: side, price and token are the maker's own, never the trade's."""
    makers: tuple[MakerOrder, ...] = trade.maker_orders or ()
    for one in makers:
        if ours.owns(one.maker_address, one.owner):
            yield _leg(
                trade, (one.order_id, str(one.asset_id), one.side),
                (one.price, one.matched_amount), Liquidity.MAKER,
            )  # fmt: skip


def _leg(
    trade: ClobTrade | UserTradePayload,
    what: tuple[str, str, str],
    amounts: tuple[Decimal, Decimal],
    liquidity: Liquidity,
) -> Leg:
    order_id, token, side = what
    price, size = amounts
    if not 0 < price < 1 or size <= 0:
        raise Temporary(f"trade {trade.id}: price {price} or size {size} cannot be")
    return Leg(
        trade_id=trade.id,
        order_hash=OrderHash(order_id.lower()),
        market_id=MarketId(str(trade.condition_id)),
        token=TokenId(token),
        side=Side.BUY if side == "BUY" else Side.SELL,
        price=price,
        size=Shares(micros(size)),
        liquidity=liquidity,
        state=STATES[trade.status],
        matched_us=_us(trade.matched_at or trade.updated_at),
    )


def _us(at: datetime | None) -> int:
    """Return a time in microseconds, 0 where the socket says none: the listing will."""
    return 0 if at is None else round(at.timestamp()) * US_S


def later(known: State, told: State) -> State:
    """Return the state after being told one, in whatever order states arrive: a final one stays."""
    return known if known.final else told
