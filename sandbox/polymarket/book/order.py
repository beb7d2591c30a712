"""One order in the book, and what a match did to it."""

from dataclasses import dataclass, field

from sandbox.polymarket.book.units import ONE

DUST = 10_000
"""A remainder of up to 0.01 share closes an order: fills may miss its size by that much."""


@dataclass(slots=True)
class Order:
    """An accepted order. Prices, shares and dollars in millionths; `index` is its outcome."""

    id: str
    owner: str
    eoa: str
    maker: str
    market: str
    token: str
    index: int
    side: str
    price: int
    size: int
    budget: int
    """Dollars to spend, for FOK and FAK buys; 0 where `size` rules."""
    order_type: str
    expiration_s: int
    created_us: int
    post_only: bool = False
    matched: int = 0
    spent: int = 0
    ahead: int = 0
    """Shares of the recorded book that stand before it at its price."""
    status: str = "LIVE"
    hidden_until_us: int = 0
    trades: list[str] = field(default_factory=list)

    @property
    def remaining(self) -> int:
        """Shares that may still match."""
        return max(0, self.size - self.matched)

    @property
    def live(self) -> bool:
        """Say whether it rests on the book or is held back by the taker delay."""
        return self.status in {"LIVE", "DELAYED"}

    def price_seen_from(self, index: int) -> int:
        """Return its price on one outcome's book: a bid on Up is an ask on Down at 1 - p."""
        return self.price if index == self.index else ONE - self.price

    def side_seen_from(self, index: int) -> str:
        """Return its side on one outcome's book."""
        if index == self.index:
            return self.side
        return "SELL" if self.side == "BUY" else "BUY"


@dataclass(frozen=True, slots=True)
class Cross:
    """One match of an incoming order; the price is the resting one's, in the taker's terms."""

    price: int
    size: int
    maker: Order | None
    """None: somebody of the recorded book."""


@dataclass(frozen=True, slots=True)
class Want:
    """What an incoming order asks of the book: shares, or dollars where `budget` is not 0."""

    index: int
    side: str
    limit: int
    shares: int
    budget: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What would match, and whether that is all of it."""

    crosses: tuple[Cross, ...]
    complete: bool
