"""Markets, books and strategies to start a claim from; every value can be replaced."""

from dataclasses import replace
from typing import Any

from bot.domain.book import Side
from bot.domain.effect import Effect, Prepare, Record
from bot.domain.entry import CapitalDeposited, Entry, EquityMarked, TradingState
from bot.domain.event import BookReplaced, MarketSeen, OrderFilled, OrderPrepared, TradingAsked
from bot.domain.fill import Fill, FillId, Liquidity
from bot.domain.market import (
    FeeSchedule,
    Market,
    MarketId,
    MarketWindow,
    ProtocolVersion,
    TokenId,
)
from bot.domain.money import Price, Rounding, Shares, Usd
from bot.domain.order import Intent, OrderHash, Prepared
from bot.engine.engine import Engine
from bot.engine.strategy.composition import Composition, compose

SECOND = 1_000_000
START = 1_790_586_000 * SECOND
END = START + 900 * SECOND
CRYPTO = FeeSchedule(rate_micros=70_000, exponent=1, taker_only=True)


def market(**changes: Any) -> Market:
    """Return a 15 minute BTC window with a tick of one cent."""
    base = Market(
        market_id=MarketId("0xm1"),
        slug="btc-updown-15m-1790586000",
        asset="btc",
        window=MarketWindow(START, END),
        up=TokenId("up1"),
        down=TokenId("down1"),
        tick=Price.parse("0.01"),
        size_min=Shares.parse("5"),
        fees=CRYPTO,
        version=ProtocolVersion.V1,
    )
    return replace(base, **changes)


STRATEGY: dict[str, Any] = {
    "name": "given",
    "probability": {"component": "market_mid", "version": 1},
    "entry": {
        "component": "late_favourite",
        "version": 1,
        "price_min": "0.6",
        "price_max": "0.95",
        "left_s_max": 300,
        "left_s_min": 30,
        "clips_max": 2,
        "clip_pause_s": 10,
    },
    "sizing": {"component": "fixed", "version": 1, "amount_usd": "10"},
    "exit": {"component": "hold_to_resolution", "version": 1},
}


def strategy(**changes: Any) -> Composition:
    """Return a strategy that buys the favourite for 10 USD in the last five minutes."""
    return compose({**STRATEGY, **changes}, "given.toml")


def levels(*pairs: tuple[str, str]) -> tuple[tuple[int, int], ...]:
    """Return ("0.53", "10") pairs as micros."""
    return tuple((Price.parse(price).micros, Shares.parse(size).micros) for price, size in pairs)


def book(
    token: str, bid: str, ask: str, *, frame: int = 1, at_us: int = END - 100 * SECOND
) -> BookReplaced:
    """Return a book of 100 shares on each side."""
    return BookReplaced(frame, at_us, TokenId(token), levels((bid, "100")), levels((ask, "100")))


def engine(*strategies: Composition, cash: str = "1000") -> Engine:
    """Return an engine with cash that is ACTIVE and has seen the market."""
    made = Engine(strategies or (strategy(),))
    made.apply([CapitalDeposited(Usd.parse(cash), Usd.parse(cash))])
    made.handle(TradingAsked(0, START, TradingState.ACTIVE, "given"))
    made.handle(MarketSeen(0, START, market()))
    return made


def entries(effects: list[Effect]) -> list[Entry]:
    """Return what is to be recorded, but for the marks, which follow every change of money."""
    recorded = [effect.entry for effect in effects if isinstance(effect, Record)]
    return [entry for entry in recorded if not isinstance(entry, EquityMarked)]


def intents(effects: list[Effect]) -> list[Intent]:
    """Return what is to be prepared."""
    return [effect.order.intent for effect in effects if isinstance(effect, Prepare)]


def prepared(intent: Intent, frame: int = 1) -> OrderPrepared:
    """Return the intent as prepared under the hash "hash-<intent id>"."""
    order_hash = OrderHash(f"hash-{intent.intent_id}")
    made = Prepared(intent.intent_id, order_hash, "{}", intent.made_us)
    return OrderPrepared(frame, intent.made_us, made)


def buy(made: Engine, *, frame: int = 1) -> Intent:
    """Make the engine buy Up at 0.70 and return the intent, prepared."""
    [intent] = intents(made.handle(book("up1", "0.69", "0.70", frame=frame)))
    made.handle(prepared(intent, frame))
    return intent


def fill(intent: Intent, size: str, price: str = "0.70", number: int = 1) -> OrderFilled:
    """Return a fill of an intent's order as taker."""
    terms = intent.terms
    paid, shares = Price.parse(price), Shares.parse(size)
    return OrderFilled(
        2,
        intent.made_us + SECOND,
        Fill(
            FillId(f"{intent.intent_id}/{number}"),
            OrderHash(f"hash-{intent.intent_id}"),
            terms.market_id,
            terms.token,
            terms.outcome,
            terms.side,
            paid,
            shares,
            paid.notional(shares, Rounding.UP if terms.side is Side.BUY else Rounding.DOWN),
            CRYPTO.fee(paid, shares, taker=True),
            Liquidity.TAKER,
            intent.made_us + SECOND,
        ),
    )
