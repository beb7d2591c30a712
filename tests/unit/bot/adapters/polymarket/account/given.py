"""Trades, orders and reads of a follower, made by hand."""

from dataclasses import dataclass, field
from typing import Any

from polymarket import SignedOrder
from polymarket.models.clob.account import ClobTrade, OpenOrder

from bot.adapters.polymarket.account.follow import Clocks, Follower, News
from bot.adapters.polymarket.account.trade import Ours
from bot.adapters.polymarket.order.catalog import Facts
from bot.adapters.polymarket.order.signing import write_body
from bot.domain.market import FeeSchedule, MarketId, TokenId
from bot.domain.money import Price
from bot.domain.order import Accepted, Answer, IntentId, OrderHash, Prepared
from bot.ports import Temporary

MARKET = "0x" + "ab" * 32
UP, DOWN = "11", "22"
WALLET, STRANGER = "0x" + "aa" * 20, "0x" + "bb" * 20
KEY = "our-key"
OURS = Ours(WALLET, KEY)
HASH = "0x" + "01" * 32
FACTS = Facts(
    MarketId(MARKET), TokenId(UP), TokenId(DOWN), Price.parse("0.01"), neg_risk=False,
    fees=FeeSchedule(70_000, 1, taker_only=True),
)  # fmt: skip
AT_S = 1_795_000_000


def maker(order: str = "0xm", *, address: str = STRANGER, **change: str) -> dict[str, object]:
    """Return a maker's part: 10 Up sold at 0.52 unless changed (asset_id, side, price, …)."""
    return {
        "order_id": order, "owner": "somebody", "maker_address": address, "asset_id": UP,
        "side": "SELL", "price": "0.52", "matched_amount": "10", "outcome": "Up", **change,
    }  # fmt: skip


def trade(
    status: str = "MATCHED",
    *,
    ours: bool = True,
    makers: tuple[dict[str, object], ...] = (),
    **change: str,
) -> ClobTrade:
    """Return a listed trade: 10 Up bought at 0.52 by our order unless changed (id, size, …)."""
    plain: dict[str, object] = {
        "id": "t1", "taker_order_id": HASH, "market": MARKET, "asset_id": UP, "side": "BUY",
        "size": "10", "price": "0.52", "fee_rate_bps": "1000", "status": status,
        "match_time": str(AT_S), "last_update": str(AT_S), "outcome": "Up",
        "owner": KEY if ours else "somebody", "bucket_index": 0,
        "maker_address": WALLET if ours else STRANGER, "transaction_hash": "",
        "trader_side": "TAKER" if ours else "MAKER", "maker_orders": makers or (maker(),),
    }  # fmt: skip
    return ClobTrade.model_validate(plain | change)


def listed(order_hash: str = HASH) -> OpenOrder:
    return OpenOrder.model_validate(
        {
            "id": order_hash, "market": MARKET, "asset_id": UP, "owner": KEY,
            "maker_address": WALLET, "side": "BUY", "price": "0.5", "original_size": "10",
            "size_matched": "0", "outcome": "Up", "order_type": "GTC", "status": "LIVE",
            "created_at": AT_S,
        }
    )  # fmt: skip


def prepared(order_type: str = "GTC", *, maker_amount: int = 5_200_000) -> Prepared:
    fields: dict[str, Any] = {
        "builder": "0x", "expiration": 0, "maker": WALLET, "maker_amount": maker_amount,
        "metadata": "0x", "order_type": order_type, "salt": 1, "side": "BUY", "signature": "0x",
        "signature_type": 3, "signer": WALLET, "taker_amount": 10_000_000,
        "timestamp": AT_S * 1000, "token_id": UP,
    }  # fmt: skip
    order = SignedOrder(**fields)
    body = write_body(order, MARKET, "")
    return Prepared(IntentId("1-1"), OrderHash(HASH), body, AT_S * 1_000_000)


@dataclass
class Venue:
    """What the reads answer; the clocks too."""

    resting: list[OpenOrder] = field(default_factory=list)
    trades_told: list[ClobTrade] = field(default_factory=list)
    broken: bool = False
    now_s: float = 0.0
    asked: int = 0

    async def open_orders(self) -> tuple[OpenOrder, ...]:
        self.asked += 1
        if self.broken:
            raise Temporary("open orders page 1: HTTP 502")
        return tuple(self.resting)

    async def trades(self, after_s: int) -> tuple[ClobTrade, ...]:
        assert after_s <= AT_S
        return tuple(self.trades_told)

    async def learn(self, _: MarketId) -> Facts:
        return FACTS


class Case:
    """A follower on hand-made reads."""

    def __init__(self) -> None:
        self.venue = Venue()
        clocks = Clocks(lambda: AT_S * 1_000_000, lambda: self.venue.now_s, appear_s=10)
        self.follower = Follower(self.venue, self.venue, OURS, clocks)  # type: ignore[arg-type]

    def sent(self, order_type: str = "GTC", answer: Answer | None = None, **ids: str) -> None:
        said = answer or Accepted("live")
        self.follower.sent(prepared(order_type), said, ids.values())

    async def look(self, *trades: ClobTrade) -> list[News]:
        self.venue.trades_told = list(trades)
        return await self.follower.look()
