"""What is compared: the last orders that are over, and the last windows that were paid out."""

from dataclasses import dataclass

from bot.domain.money import MICROS

ONE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSample:
    """One order that is over, with what its intent expected; micros as everywhere.

    `asked` and `filled` are of the order's own unit; `notional` is what the filled part moved.
    """

    buys: bool
    asked: int
    filled: int
    size: int
    notional: int
    price: int
    expected_price: int
    fee: int
    expected_fee: int
    latency_us: int | None

    @property
    def slippage(self) -> float:
        """Return USD a share that it cost more, or brought less, than expected."""
        worse = self.price - self.expected_price if self.buys else self.expected_price - self.price
        return worse / MICROS

    @property
    def fill_ratio(self) -> float:
        """Return the filled part of what was asked for."""
        return min(self.filled / self.asked, ONE)

    @property
    def fee_excess(self) -> float:
        """Return USD of fee per USD traded above what was expected of the whole order."""
        expected = self.expected_fee * self.fill_ratio
        return (self.fee - expected) / self.notional


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSample:
    """A position held to its payout: what was believed, in millionths, and what it made."""

    believed: int
    won: bool
    profit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The newest of each, as many as are compared."""

    orders: tuple[OrderSample, ...]
    windows: tuple[WindowSample, ...]
