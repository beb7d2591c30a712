"""The vendor's numbers as micros, remembered by their text; never a float in between.

A day repeats a few thousand prices and sizes millions of times, so both are looked up before they
are read. The memories are bounded: when one is full it starts anew.
"""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from bot.domain.money import MICROS, parse_micros

Number = str | int | float
"""A decimal text as the vendor documents it, or a JSON number as it sometimes sends it."""

REMEMBERED_MAX: Final = 1 << 16
DETAIL_MAX: Final = 160
SIZE_MAX_MICROS: Final = 10**9 * MICROS
"""More shares than any market has; a larger size is a broken one."""
SCALES: Final = tuple(10**places for places in range(6, -1, -1))
"""What the digits of a decimal are worth in micros, by how many are behind the point."""
QUICK_DIGITS_MAX: Final = 16
TICK_MIN_MICROS: Final = 100
"""0.0001 USD. Source: polymarket-client 0.14.0 (allowed ticks), read 2026-11-22."""


class Unbelievable(ValueError):  # noqa: N818 - what the value is
    """A value of a frame that cannot be; `kind` is an anomaly of docs/recording.md."""

    def __init__(self, kind: str, detail: str) -> None:
        """Keep the kind and at most `DETAIL_MAX` characters of detail."""
        super().__init__(detail[:DETAIL_MAX])
        self.kind = kind
        self.detail = detail[:DETAIL_MAX]


def micros(value: Number, kind: str, field: str) -> int:
    """Read a number exactly into micros.

    Raises:
        Unbelievable: of `kind`; not a finite plain decimal with at most 6 decimals.

    """
    text = value if isinstance(value, str) else repr(value)
    try:
        return parse_micros(text)
    except ValueError as error:
        raise Unbelievable(kind, f"{field} {error}") from error


def rounded_micros(text: str, field: str) -> int:
    """Read a positive plain decimal of any precision, rounded half up to micros.

    Raises:
        Unbelievable: not such a number, or not below 10^12.

    """
    try:
        value = Decimal(text)
        if not (value.is_finite() and 0 < value < MICROS * MICROS):
            raise Unbelievable("bad_price", f"{field} must be positive, was {text[:40]!r}")
        return int(value * MICROS + Decimal("0.5"))
    except InvalidOperation as error:
        raise Unbelievable("bad_price", f"{field} must be a decimal, was {text[:40]!r}") from error


def tick(value: Number, field: str) -> int:
    """Read a tick: at least 0.0001 USD, below 1 USD, dividing it.

    Raises:
        Unbelievable: any other value.

    """
    read = micros(value, "bad_tick", field)
    if not TICK_MIN_MICROS <= read < MICROS or MICROS % read:
        raise Unbelievable("bad_tick", f"{field} must divide 1 USD, was {str(value)[:40]!r}")
    return read


def instant(text: str, field: str) -> int:
    """Read an ISO 8601 instant with its zone into UTC microseconds.

    Raises:
        Unbelievable: not such an instant.

    """
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is None:
            raise Unbelievable("bad_market", f"{field} must name its zone, was {text[:40]!r}")
        since = read.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, Unbelievable):
            raise
        raise Unbelievable("bad_market", f"{field} must be ISO 8601, was {text[:40]!r}") from error
    return (since.days * 86_400 + since.seconds) * MICROS + since.microseconds


def _quick(text: str) -> int:
    """Return the micros of a short plain decimal, -1 if it is none or may be none.

    A third of the time of `micros`, and busy markets never run out of new sizes.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if len(fraction) >= len(SCALES) or not digits.isdigit() or not digits.isascii():
        return -1
    return int(digits) * SCALES[len(fraction)] if len(digits) <= QUICK_DIGITS_MAX else -1


class Sizes(dict[Number, int]):
    """Sizes by their text; one that was not seen before is read and checked."""

    def __missing__(self, value: Number) -> int:
        read = _quick(value) if isinstance(value, str) else -1
        if read < 0:
            read = micros(value, "bad_size", "size")
        if not 0 <= read <= SIZE_MAX_MICROS:
            raise Unbelievable("bad_size", f"size must be in 0..1e9 shares, was {str(value)[:40]}")
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        self[value] = read
        return read


class Prices(dict[Number, int]):
    """Prices on one tick by their text; one that was not seen before is read and checked."""

    def __init__(self, tick_micros: int) -> None:
        """Start empty for the grid of `tick_micros`."""
        super().__init__()
        self.tick_micros = tick_micros

    def __missing__(self, value: Number) -> int:
        read = price(value)
        if read % self.tick_micros:
            grid = f"{self.tick_micros / MICROS:g}"
            raise Unbelievable("off_grid", f"price must be on the tick {grid}, was {value}")
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        self[value] = read
        return read


def price(value: Number) -> int:
    """Read a price strictly between 0 and 1 USD.

    Raises:
        Unbelievable: any other value.

    """
    read = micros(value, "bad_price", "price")
    if not 0 < read < MICROS:
        raise Unbelievable("bad_price", f"price must be in (0, 1) USD, was {str(value)[:40]!r}")
    return read
