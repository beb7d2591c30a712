"""Money, prices and sizes as integers of a millionth, one class a dimension.

Venue amounts have 6 decimals, prices at most 4, sizes at most 2, so products of price and size
are exact in Python's integers and every rounding is a choice named at the call.
Source: docs.polymarket.com/v2-migration (tokens and pUSD have 6 decimals), read 2026-11-22.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from typing_extensions import override

MICROS: Final = 1_000_000
CENT: Final = 10_000
"""One cent, and one hundredth of a share, in micros: the step of amounts at the venue."""


class Rounding(Enum):
    """Who gets the remainder; always named at the call."""

    DOWN = "down"
    UP = "up"
    HALF_UP = "half_up"


def divide(dividend: int, divisor: int, rounding: Rounding) -> int:
    """Return the quotient of non-negative integers, rounded as named."""
    whole, rest = divmod(dividend, divisor)
    if rounding is Rounding.DOWN or rest == 0:
        return whole
    if rounding is Rounding.UP:
        return whole + 1
    return whole + (2 * rest >= divisor)


def parse_micros(text: str) -> int:
    """Read a plain decimal such as "0.53", ".48" or "-12" exactly into micros.

    Raises:
        ValueError: not a finite plain decimal, or more than six decimals.

    """
    sign, digits = (-1, text[1:]) if text[:1] == "-" else (1, text)
    whole, _, fraction = digits.partition(".")
    fraction = fraction.rstrip("0") if len(fraction) > 6 else fraction  # noqa: PLR2004 - micros
    plain = (whole + fraction).isascii() and (whole + fraction).isdigit()
    if not plain or len(fraction) > 6 or len(whole) > 15:  # noqa: PLR2004 - bounds of micros
        raise ValueError(f"must be a plain decimal with at most 6 decimals, was {text[:40]!r}")
    return sign * (int(whole or "0") * MICROS + int(fraction.ljust(6, "0") or "0"))


def format_micros(micros: int, decimals: int = 2) -> str:
    """Return a decimal text with at least `decimals` places and as many more as the value needs."""
    sign = "-" if micros < 0 else ""
    whole, rest = divmod(abs(micros), MICROS)
    places = f"{rest:06d}"
    kept = places[:decimals] + places[decimals:].rstrip("0")
    return f"{sign}{whole}.{kept}" if kept else f"{sign}{whole}"


@dataclass(frozen=True, slots=True, order=True)
class Usd:
    """An amount of USD (pUSD at the venue) in micros; may be negative."""

    micros: int

    @classmethod
    def parse(cls, text: str) -> "Usd":
        """Read "12.34"; raises ValueError as `parse_micros`."""
        return cls(parse_micros(text))

    def __add__(self, other: "Usd") -> "Usd":
        return Usd(self.micros + other.micros)

    def __sub__(self, other: "Usd") -> "Usd":
        return Usd(self.micros - other.micros)

    def __neg__(self) -> "Usd":
        return Usd(-self.micros)

    @override
    def __str__(self) -> str:
        return format_micros(self.micros)

    def floor(self, step_micros: int = CENT) -> "Usd":
        """Return the amount rounded down to a multiple of `step_micros`."""
        return Usd(self.micros - self.micros % step_micros)

    def to_decimal(self) -> Decimal:
        """Return the exact decimal."""
        return Decimal(self.micros) / MICROS


@dataclass(frozen=True, slots=True, order=True)
class Shares:
    """A number of outcome shares in micros; never negative, since nothing is sold short here."""

    micros: int

    def __post_init__(self) -> None:
        if self.micros < 0:
            raise ValueError(f"shares must not be negative, was {self.micros} micros")

    @classmethod
    def parse(cls, text: str) -> "Shares":
        """Read "219.2"; raises ValueError as `parse_micros` and if negative."""
        return cls(parse_micros(text))

    def __add__(self, other: "Shares") -> "Shares":
        return Shares(self.micros + other.micros)

    def __sub__(self, other: "Shares") -> "Shares":
        return Shares(self.micros - other.micros)

    @override
    def __str__(self) -> str:
        return format_micros(self.micros)

    def floor(self, step_micros: int = CENT) -> "Shares":
        """Return the size rounded down to a multiple of `step_micros` (the venue's 2 decimals)."""
        return Shares(self.micros - self.micros % step_micros)


@dataclass(frozen=True, slots=True, order=True)
class Price:
    """USD per share, in micros; strictly between 0 and 1 USD."""

    micros: int

    def __post_init__(self) -> None:
        if not 0 < self.micros < MICROS:
            raise ValueError(f"price must be in (0, 1) USD, was {format_micros(self.micros)}")

    @classmethod
    def parse(cls, text: str) -> "Price":
        """Read "0.53"; raises ValueError as `parse_micros` and outside (0, 1)."""
        return cls(parse_micros(text))

    @override
    def __str__(self) -> str:
        return format_micros(self.micros)

    def notional(self, size: Shares, rounding: Rounding) -> Usd:
        """Return price times size; the caller names who gets the remainder."""
        return Usd(divide(self.micros * size.micros, MICROS, rounding))

    def shares_for(self, amount: Usd, rounding: Rounding) -> Shares:
        """Return how many shares a non-negative amount buys at this price."""
        return Shares(divide(amount.micros * MICROS, self.micros, rounding))

    def complement(self) -> "Price":
        """Return the price of the other outcome: 1 USD minus this one."""
        return Price(MICROS - self.micros)

    def on_grid(self, tick: "Price") -> bool:
        """Say whether the price is a multiple of the tick."""
        return self.micros % tick.micros == 0


ZERO_USD: Final = Usd(0)
ZERO_SHARES: Final = Shares(0)
