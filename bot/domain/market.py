"""A market of one short window: its outcomes, tokens, grid, fees and protocol version.

Everything here is read from the market itself; nothing is a constant of ours. A value that is
missing or unknown makes no market at all: whoever decodes it refuses it by name.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from bot.domain.money import MICROS, Price, Rounding, Shares, Usd, divide

MarketId = NewType("MarketId", str)
"""The venue's condition id."""
TokenId = NewType("TokenId", str)
"""The traded id of one outcome: a CLOB token id (v1) or a position id (v2)."""

SECOND_US = 1_000_000

FEE_STEP_MICROS = 10
"""Fees are charged in 5 decimals. Source: docs.polymarket.com/trading/fees, read 2026-11-22."""
FEE_ROUNDING = Rounding.HALF_UP
"""The venue's mode is unknown: sources differ between floor and half up."""

PRICE_MIN = Price(100)
"""The finest tick there is. Source: polymarket-client 0.14.0 orders/math.py."""
HALF = Price(MICROS // 2)
LEGS_ROUNDED_UP = Usd(50 * FEE_STEP_MICROS)
"""Each leg of an execution rounds its own fee: room for a hundred of them by half a step."""


class Outcome(StrEnum):
    """The two answers of an up/down market; a tie resolves Up."""

    UP = "up"
    DOWN = "down"

    @property
    def other(self) -> "Outcome":
        """Return the opposite outcome."""
        return Outcome.DOWN if self is Outcome.UP else Outcome.UP


class ProtocolVersion(StrEnum):
    """Which exchange trades the market; any other value is refused, never guessed."""

    V1 = "v1"
    V2 = "v2"


@dataclass(frozen=True, slots=True, order=True)
class MarketWindow:
    """The half-open UTC interval `[start, end)` a market asks about, in microseconds."""

    start_us: int
    end_us: int

    def __post_init__(self) -> None:
        if self.start_us >= self.end_us:
            raise ValueError(f"window must end after it starts, was {self.start_us}..{self.end_us}")

    def contains(self, at_us: int) -> bool:
        """Say whether the instant is inside."""
        return self.start_us <= at_us < self.end_us

    def left_us(self, at_us: int) -> int:
        """Return the time to the end; negative after it."""
        return self.end_us - at_us


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """The taker fee: `shares x rate x (p(1-p))^exponent`; makers pay nothing if `taker_only`.

    Source: docs.polymarket.com/trading/fees; Gamma `feeSchedule`, read 2026-11-22.
    """

    rate_micros: int
    exponent: int
    taker_only: bool

    def fee(self, price: Price, size: Shares, *, taker: bool) -> Usd:
        """Return the fee of one execution in steps of 0.00001 USD."""
        if self.taker_only and not taker:
            return Usd(0)
        spread = price.micros * (MICROS - price.micros)
        dividend = size.micros * self.rate_micros * spread**self.exponent
        divisor = MICROS * MICROS ** (2 * self.exponent) * FEE_STEP_MICROS
        return Usd(divide(dividend, divisor, FEE_ROUNDING) * FEE_STEP_MICROS)

    def most_on_amount(self, amount: Usd, cap: Price) -> Usd:
        """Return the most that spending an amount at `cap` or better can cost in fees.

        Cheaper shares are more shares: the fee of an amount grows as the price falls, so what is
        reserved at the cap alone would be too little.
        """
        prices = [min(PRICE_MIN, cap), cap]
        if self.exponent > 1:
            prices.append(min(Price(MICROS * (self.exponent - 1) // (2 * self.exponent - 1)), cap))
        fees = [
            self.fee(price, price.shares_for(amount, Rounding.UP), taker=True) for price in prices
        ]
        return max(fees) + LEGS_ROUNDED_UP

    def most_on_size(self, size: Shares, cap: Price) -> Usd:
        """Return the most that buying shares at `cap` or better can cost in fees."""
        return self.fee(min(cap, HALF), size, taker=True) + LEGS_ROUNDED_UP


@dataclass(frozen=True, slots=True)
class Market:
    """One window of one asset, as the venue lists it; ids are the venue's."""

    market_id: MarketId
    slug: str
    asset: str
    window: MarketWindow
    up: TokenId
    down: TokenId
    tick: Price
    size_min: Shares
    fees: FeeSchedule
    version: ProtocolVersion
    accepting_orders: bool = True

    @property
    def series(self) -> str:
        """Return which series of windows it belongs to, as "btc-15m"."""
        parts = self.slug.split("-")
        return f"{parts[0]}-{parts[-2] if len(parts) > 1 else ''}"

    def token(self, outcome: Outcome) -> TokenId:
        """Return the traded id of an outcome."""
        return self.up if outcome is Outcome.UP else self.down

    def outcome(self, token: TokenId) -> Outcome:
        """Return which outcome a token of this market is.

        Raises:
            ValueError: the token belongs to another market.

        """
        if token == self.up:
            return Outcome.UP
        if token == self.down:
            return Outcome.DOWN
        raise ValueError(f"token {token} is not of market {self.slug}")
