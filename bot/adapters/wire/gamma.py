"""Gamma's market objects as domain markets, v1 and v2.

Which token ids are traded is decided by `version`, never by which field is present: v1 markets
were seen with position ids that have no book. A version that is not known makes no market.
Source: docs.polymarket.com/protocol-v2-migration; live reads of 2026-10-07, read 2026-11-22.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from bot.adapters.wire import shape
from bot.adapters.wire.number import Number, Unbelievable, instant, micros, tick
from bot.domain.market import (
    FeeSchedule,
    Market,
    MarketId,
    MarketWindow,
    Outcome,
    ProtocolVersion,
    TokenId,
)
from bot.domain.money import MICROS, Price, Shares

SLUG: Final = re.compile(r"([a-z0-9]+)-updown-(5m|15m|4h)-(\d{1,12})")
DURATIONS_S: Final = {"5m": 300, "15m": 900, "4h": 14_400}
Reader = Callable[[Number, str], int]
ID: Final = re.compile(r"""[!#-\[\]-~]{1,100}""")
"""Printable, without blanks, quotes and backslashes: so that a broken line can be searched."""
NAME_MAX: Final = 100
EXPONENT_MAX: Final = 4
MARKETS_MAX: Final = 1_000
"""Markets in one frame; Gamma's own pages end at 100."""


class Fees(msgspec.Struct, rename="camel"):
    """Gamma's feeSchedule."""

    exponent: Number
    rate: Number
    taker_only: bool


class CryptoConfig(msgspec.Struct, rename="camel"):
    """Gamma's cryptoMarketConfig."""

    asset: str = ""


class GammaVersion(msgspec.Struct, rename="camel"):
    """What tells whether a market object can be read at all; nothing else is expected of it."""

    condition_id: msgspec.Raw
    version: msgspec.Raw = msgspec.Raw(b"missing")
    slug: msgspec.Raw = msgspec.Raw(b'"without slug"')


class GammaMarket(msgspec.Struct, rename="camel"):
    """What is read of a market object. Lists are JSON inside a string, or lists."""

    condition_id: str
    outcomes: str | list[str]
    end_date: str | None = None
    event_start_time: str | None = None
    slug: str = ""
    clob_token_ids: str | list[str] | None = None
    position_ids: list[str] | str | None = None
    outcome_prices: str | list[str] | None = None
    active: bool | None = None
    closed: bool | None = None
    accepting_orders: bool | None = None
    enable_order_book: bool | None = None
    order_price_min_tick_size: Number | None = None
    order_min_size: Number | None = None
    fees_enabled: bool | None = None
    fee_schedule: Fees | None = None
    crypto_market_config: CryptoConfig | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A market as Gamma shows it, and who won if it says so beyond doubt."""

    market: Market
    closed: bool
    winner: Outcome | None


_versions = msgspec.json.Decoder(GammaVersion)
_markets = msgspec.json.Decoder(GammaMarket)
_texts = msgspec.json.Decoder(list[str])
_objects = msgspec.json.Decoder(list[msgspec.Raw])
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def objects(frame: bytes | msgspec.Raw) -> Iterator[msgspec.Raw]:
    """Yield the market objects of a frame: one, an array, an event, or a page of either.

    Raises:
        Unbelievable: neither, or more than `MARKETS_MAX`.

    """
    waiting = [msgspec.Raw(bytes(frame))]
    seen = 0
    while waiting:
        seen += 1
        if seen > MARKETS_MAX:
            raise Unbelievable("bad_market", f"frame holds more than {MARKETS_MAX} objects")
        item = waiting.pop(0)
        if bytes(item).lstrip()[:1] == b"[":
            waiting = shape.decoded(_objects, item, "bad_market", "gamma frame") + waiting
            continue
        fields = shape.decoded(_fields, item, "bad_market", "gamma frame")
        inner = fields.get("markets") or fields.get("events")
        if inner is not None and "conditionId" not in fields:
            waiting = shape.decoded(_objects, inner, "bad_market", "gamma frame") + waiting
        else:
            yield item


def listing(item: bytes | msgspec.Raw) -> Listing:
    """Read one market object.

    Raises:
        Unbelievable: "unknown_version", or "bad_market" with the field and its value.

    """
    version = _version(shape.decoded(_versions, item, "bad_market", "gamma market"))
    read = shape.decoded(_markets, item, "bad_market", "gamma market")
    up, down = _tokens(read, version)
    closed = bool(read.closed)
    market = Market(
        market_id=MarketId(_identifier(read.condition_id, "conditionId")),
        slug=read.slug or read.condition_id,
        asset=_asset(read),
        window=_window(read),
        up=up,
        down=down,
        tick=Price(_needed(read.order_price_min_tick_size, "orderPriceMinTickSize", tick)),
        size_min=Shares(_needed(read.order_min_size, "orderMinSize", _size)),
        fees=_fees(read),
        version=version,
        accepting_orders=not closed
        and False not in {read.accepting_orders, read.active, read.enable_order_book},
    )
    return Listing(market=market, closed=closed, winner=_winner(read) if closed else None)


def _version(read: GammaVersion) -> ProtocolVersion:
    """Return the version before anything else is read: what is new may look otherwise too."""
    text = bytes(read.version).decode(errors="replace")
    for version in ProtocolVersion:
        if text == f'"{version}"':
            return version
    slug = bytes(read.slug).decode(errors="replace").strip('"')
    raise Unbelievable("unknown_version", f"version of market {slug[:60]} is {text[:40]}")


def _texts_of(value: str | list[str] | None, field: str) -> list[str]:
    """Return the two texts of a list, given as such or as JSON inside a string."""
    texts = (
        shape.decoded(_texts, value, "bad_market", f"{field} must be a list of texts")
        if isinstance(value, str)
        else value
    )
    if texts is None or len(texts) != len(Outcome):
        raise Unbelievable("bad_market", f"{field} must have two entries, was {str(value)[:60]}")
    return texts


def _outcomes(read: GammaMarket) -> list[str]:
    labels = [label.lower() for label in _texts_of(read.outcomes, "outcomes")]
    if set(labels) != {Outcome.UP, Outcome.DOWN}:
        raise Unbelievable("bad_market", f"outcomes must be Up and Down, was {read.outcomes!s:.60}")
    return labels


def _tokens(read: GammaMarket, version: ProtocolVersion) -> tuple[TokenId, TokenId]:
    if version is ProtocolVersion.V1:
        field, value = "clobTokenIds", read.clob_token_ids
    else:
        field, value = "positionIds", read.position_ids
    named = dict(zip(_outcomes(read), _texts_of(value, field), strict=True))
    up, down = (_identifier(named[outcome], field) for outcome in (Outcome.UP, Outcome.DOWN))
    if up == down:
        raise Unbelievable("bad_market", f"{field} must differ, was twice {up[:40]!r}")
    return TokenId(up), TokenId(down)


def _identifier(text: str, field: str) -> str:
    if not ID.fullmatch(text):
        raise Unbelievable("bad_market", f"{field} must be an id, was {text[:40]!r}")
    return text


def _asset(read: GammaMarket) -> str:
    asset = read.crypto_market_config.asset if read.crypto_market_config else ""
    asset = (asset or read.slug.partition("-")[0]).lower()
    if not asset or len(asset) > NAME_MAX:
        raise Unbelievable("bad_market", f"no asset in cryptoMarketConfig or slug {read.slug[:60]}")
    return asset


def _window(read: GammaMarket) -> MarketWindow:
    """Return the window from the market's own dates; `startDate` is its creation, so the slug."""
    slug = SLUG.fullmatch(read.slug)
    if read.event_start_time:
        start = instant(read.event_start_time, "eventStartTime")
    elif slug:
        start = int(slug[3]) * MICROS
    else:
        raise Unbelievable("bad_market", "eventStartTime is missing, and no start in the slug")
    if read.end_date:
        end = instant(read.end_date, "endDate")
    elif slug:
        end = start + DURATIONS_S[slug[2]] * MICROS
    else:
        raise Unbelievable("bad_market", "endDate is missing, and no duration in the slug")
    if start >= end:
        raise Unbelievable("bad_market", f"endDate must be after the start, was {read.end_date}")
    return MarketWindow(start, end)


def _needed(value: Number | None, field: str, reader: Reader) -> int:
    if value is None:
        raise Unbelievable("bad_market", f"{field} is missing")
    return reader(value, field)


def _size(value: Number, field: str) -> int:
    read = micros(value, "bad_market", field)
    if read < 0:
        raise Unbelievable("bad_market", f"{field} must not be negative, was {value}")
    return read


def _fees(read: GammaMarket) -> FeeSchedule:
    if read.fee_schedule is None or read.fees_enabled is False:
        if read.fees_enabled is False:
            return FeeSchedule(rate_micros=0, exponent=1, taker_only=True)
        raise Unbelievable("bad_market", "feeSchedule is missing, and feesEnabled is not false")
    rate = micros(read.fee_schedule.rate, "bad_market", "feeSchedule.rate")
    exponent, rest = divmod(
        micros(read.fee_schedule.exponent, "bad_market", "feeSchedule.exponent"), MICROS
    )
    if not 0 <= rate < MICROS:
        raise Unbelievable("bad_market", f"feeSchedule.rate must be in [0, 1), was {rate} micros")
    if rest or not 0 <= exponent <= EXPONENT_MAX:
        raise Unbelievable(
            "bad_market", f"feeSchedule.exponent must be 0..4, was {read.fee_schedule.exponent}"
        )
    return FeeSchedule(rate, exponent, read.fee_schedule.taker_only)


def _winner(read: GammaMarket) -> Outcome | None:
    """Return who was paid exactly 1 against exactly 0; prices near them prove nothing.

    Source: Gamma showed 0.9995 against 0.0005 before resolution; read 2026-11-22.
    """
    if read.outcome_prices is None:
        return None
    prices = [
        micros(text, "bad_market", "outcomePrices")
        for text in _texts_of(read.outcome_prices, "outcomePrices")
    ]
    if sorted(prices) != [0, MICROS]:
        return None
    return Outcome(_outcomes(read)[prices.index(MICROS)])
