"""Everything the venue remembers, and the one way to look it up. Changes happen elsewhere."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.faults import Faults
from sandbox.polymarket.book.order import Order
from sandbox.polymarket.venue.accounts import Accounts
from sandbox.polymarket.venue.agenda import Agenda
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.venue.note import Note
from sandbox.polymarket.venue.trade import Trade


class RefusedError(Exception):
    """The venue says no, in its own words: HTTP status and text."""

    def __init__(self, said: str, status: int = 400) -> None:
        super().__init__(said)
        self.said = said
        self.status = status


@dataclass(frozen=True, slots=True)
class Activity:
    """Something a wallet did on the chain; millionths, market time."""

    kind: str
    wallet: str
    condition_id: str
    usd: int
    at_us: int
    tx_hash: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the chain and the oracle take, in microseconds of market time."""

    mined_us: int = 2_000_000
    confirmed_us: int = 4_000_000
    resolved_us: int = 10_000_000


@dataclass(slots=True)
class Venue:
    """The state. `now_us` is market time as far as the venue has come."""

    seed: int
    accounts: Accounts
    faults: Faults
    pace: Pace = field(default_factory=Pace)
    agenda: Agenda = field(default_factory=Agenda)
    markets: dict[str, Market] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    recorded: dict[str, tuple[str, int]] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    _living: dict[str, Order] = field(default_factory=dict)
    trades: dict[str, Trade] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)
    listeners: list[Callable[[Note], None]] = field(default_factory=list)
    log: Callable[[str, dict[str, object]], None] = lambda _kind, _fields: None
    now_us: int = 0
    ordinal: int = 0

    def tell(self, note: Note) -> None:
        """Tell every listener."""
        for listener in self.listeners:
            listener(note)

    def market_of(self, token: str) -> Market | None:
        """Return the market in which a token is traded."""
        condition = self.tokens.get(token)
        return self.markets.get(condition) if condition else None

    def draw(self, label: str) -> bytes:
        """Return 32 bytes that depend on the seed, the label and how many were drawn before."""
        self.ordinal += 1
        return hashlib.sha256(f"{self.seed}/{label}/{self.ordinal}".encode()).digest()

    def new_uuid(self, label: str) -> str:
        """Return an id in the venue's form."""
        return str(uuid.UUID(bytes=self.draw(label)[:16], version=4))

    def new_hash(self, label: str) -> str:
        """Return a transaction or order hash of somebody else."""
        return "0x" + self.draw(label).hex()

    def add_order(self, order: Order) -> None:
        """Remember an order."""
        self.orders[order.id] = self._living[order.id] = order

    def live_orders(self) -> list[Order]:
        """Return the live orders of everybody, oldest first; what has ended is forgotten here."""
        for order in [order for order in self._living.values() if not order.live]:
            del self._living[order.id]
        return list(self._living.values())

    def open_orders(self, maker: str) -> list[Order]:
        """Return a wallet's live orders."""
        return [o for o in self.live_orders() if o.maker.lower() == maker.lower()]
