"""Integers in millionths, and the decimal strings the venue writes them as. No floats."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

ONE = 1_000_000
FEE_STEP = 10
"""Fees are charged in five decimals. Which way the venue rounds is unknown: see FEE_ROUNDING."""
FEE_ROUNDING = ROUND_HALF_UP


def micros(text: object) -> int:
    """Read a decimal string or number as millionths.

    Raises:
        ValueError: not a finite decimal, or finer than a millionth.

    """
    return _micros(str(text))


@lru_cache(maxsize=2**16)
def _micros(text: str) -> int:
    """Read one string; a book repeats the same few thousand for hours."""
    try:
        value = Decimal(text) * ONE
        whole = int(value)
    except (InvalidOperation, ValueError, OverflowError):
        raise ValueError(f"not a decimal number: {text!r}") from None
    if whole != value:
        raise ValueError(f"finer than a millionth: {text!r}")
    return whole


def text(amount: int) -> str:
    """Write millionths as the shortest decimal string."""
    sign = "-" if amount < 0 else ""
    whole, part = divmod(abs(amount), ONE)
    return f"{sign}{whole}" if not part else f"{sign}{whole}.{part:06d}".rstrip("0")


def usd_of(shares: int, price: int) -> int:
    """Return what shares cost at a price, rounded down: `floor(makerFill * taker / maker)`."""
    return shares * price // ONE


def fee_of(shares: int, price: int, *, rate: Decimal, exponent: int) -> int:
    """Return the taker's fee in millionths of a dollar: shares x rate x (p(1-p))^exponent.

    Five decimals, half up, and nothing below 0.00001.
    Source: docs.polymarket.com on fees, read 2026-11-22; the rounding mode is not published.
    """
    p = Decimal(price) / ONE
    exact = shares * rate * (p * (1 - p)) ** exponent
    return int((exact / FEE_STEP).quantize(Decimal(1), rounding=FEE_ROUNDING)) * FEE_STEP
