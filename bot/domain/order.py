"""What is asked of a venue, from a strategy's intent to the venue's answer.

An intent is unchecked; only risk turns it into an `ApprovedOrder`; a venue prepares (hashes, signs)
that and is then sent exactly the prepared bytes. An answer that proves nothing is `Unknown`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from bot.domain.book import Side
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import CENT, Price, Rounding, Shares, Usd

IntentId = NewType("IntentId", str)
"""Time-ordered: receive number of the frame, ordinal within it."""
OrderHash = NewType("OrderHash", str)
"""Known before sending: the venue's order id and our idempotency key."""
StrategyId = NewType("StrategyId", str)
"""A strategy's name."""


class TimeInForce(StrEnum):
    """GTC rests; FOK fills whole or not at all; FAK fills what is there and kills the rest."""

    GTC = "gtc"
    FOK = "fok"
    FAK = "fak"

    @property
    def rests(self) -> bool:
        """Say whether a remainder stays on the book."""
        return self is TimeInForce.GTC


class Unit(StrEnum):
    """What a quantity counts."""

    USD = "usd"
    SHARES = "shares"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A USD amount or a number of shares, positive, with 2 decimals, as the venue takes them.

    Source: polymarket-client 0.14.0 orders/market.py (a market buy is an amount of pUSD).
    """

    unit: Unit
    micros: int

    def __post_init__(self) -> None:
        if self.micros <= 0 or self.micros % CENT:
            raise ValueError(
                f"{self.unit} quantity must be positive with 2 decimals, was {self.micros} micros"
            )

    @classmethod
    def of(cls, value: Usd | Shares) -> "Quantity":
        """Wrap an amount or a size; raises ValueError unless positive with 2 decimals."""
        return cls(Unit.USD if isinstance(value, Usd) else Unit.SHARES, value.micros)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order asks for. `price` is the worst price: a cap for a buy, a floor for a sell.

    A FAK or FOK buy is an amount of USD; every other order is a number of shares.
    """

    market_id: MarketId
    token: TokenId
    outcome: Outcome
    side: Side
    time_in_force: TimeInForce
    price: Price
    quantity: Quantity

    def __post_init__(self) -> None:
        in_usd = self.side is Side.BUY and not self.time_in_force.rests
        if (self.quantity.unit is Unit.USD) is not in_usd:
            raise ValueError(
                f"a {self.time_in_force} {self.side} is counted in "
                f"{Unit.USD if in_usd else Unit.SHARES}, was {self.quantity.unit}"
            )

    @property
    def notional(self) -> Usd:
        """Return the most this order pays (buy) or the least it asks for (sell), without fees."""
        if self.quantity.unit is Unit.USD:
            return Usd(self.quantity.micros)
        return self.price.notional(Shares(self.quantity.micros), Rounding.UP)

    @property
    def size(self) -> Shares:
        """Return the shares asked for; of a USD amount those it buys at the worst price."""
        if self.quantity.unit is Unit.USD:
            return self.price.shares_for(Usd(self.quantity.micros), Rounding.DOWN)
        return Shares(self.quantity.micros)


@dataclass(frozen=True, slots=True)
class Signal:
    """What the strategy saw and expected when it decided; stands on the intent for ever.

    `probability_micros` is the estimate that the outcome wins, in millionths. `bid`, `ask` are 0
    where there was none. `depth` is what could be had within the worst price.
    """

    reason: str
    probability_micros: int
    bid_micros: int
    ask_micros: int
    depth: Shares
    expected_price: Price
    expected_fee: Usd
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intent:
    """What a strategy wants, unchecked. `closing` reduces a position the strategy holds.

    `components` are the hashes of version and parameters of each component, by its kind;
    `strategy_hash` is that of their composition with its limits.
    """

    intent_id: IntentId
    strategy: StrategyId
    strategy_hash: str
    components: tuple[tuple[str, str], ...]
    made_us: int
    closing: bool
    terms: Terms
    signal: Signal


@dataclass(frozen=True, slots=True)
class ApprovedOrder:
    """An intent that risk has let through. Only `bot.engine.risk` makes one."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Denied:
    """Refused by us, never left: which limit, what was asked or found, what is allowed.

    `value` and `bound` are texts with their unit, for people; `limit` is the name of the limit.
    """

    intent: Intent
    limit: str
    value: str
    bound: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """An order ready to be sent: its hash and the exact body. Nothing about it changes any more."""

    intent_id: IntentId
    order_hash: OrderHash
    body: str
    made_us: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The venue took the order; it rests, fills or is held."""

    status: str = "live"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The venue proved that it took nothing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The order may have been taken: the market is blocked until reconciliation resolves it."""

    reason: str


Answer = Accepted | Rejected | Unknown


class OrderState(StrEnum):
    """Where an order is; the last four are final."""

    IN_FLIGHT = "in_flight"
    OPEN = "open"
    UNKNOWN = "unknown"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"

    @property
    def final(self) -> bool:
        """Say whether nothing more can happen to the order."""
        return self not in {OrderState.IN_FLIGHT, OrderState.OPEN, OrderState.UNKNOWN}
