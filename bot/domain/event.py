"""What happens to the engine: the closed union of its inputs.

Every event carries `frame`, the number of the received frame it belongs to (a line number in a
recording, a receive count on the wire; for a venue's answer the last frame handled before it), and
`at_us`, when it reached us in UTC microseconds. Neither ever runs backwards for the engine.
"""

from dataclasses import dataclass

from bot.domain.book import Level, Side
from bot.domain.entry import TradingState
from bot.domain.fill import Fill, FillId
from bot.domain.market import Market, MarketId, Outcome, TokenId
from bot.domain.money import Price, Shares, Usd
from bot.domain.order import Answer, IntentId, OrderHash, OrderState, Prepared

LevelChange = tuple[TokenId, Side, int, int]
"""(token, side, price, new total size), the latter two in micros."""


@dataclass(frozen=True, slots=True)
class MarketSeen:
    """The venue lists a market, or what it says of one has changed."""

    frame: int
    at_us: int
    market: Market


@dataclass(frozen=True, slots=True)
class MarketResolved:
    """A market is closed with payouts of exactly 1 and 0."""

    frame: int
    at_us: int
    market_id: MarketId
    winner: Outcome


@dataclass(frozen=True, slots=True)
class BookReplaced:
    """A whole book of one token."""

    frame: int
    at_us: int
    token: TokenId
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class BookChanged:
    """New totals at some levels of one market's books, both outcomes together."""

    frame: int
    at_us: int
    changes: tuple[LevelChange, ...]


@dataclass(frozen=True, slots=True)
class TickChanged:
    """The price grid of one token has changed."""

    frame: int
    at_us: int
    token: TokenId
    tick: Price


@dataclass(frozen=True, slots=True)
class TradePrinted:
    """Somebody traded; the side is the taker's."""

    frame: int
    at_us: int
    token: TokenId
    side: Side
    price: Price
    size: Shares


@dataclass(frozen=True, slots=True)
class PriceTicked:
    """The settlement price feed: value in micro USD, averaged over `window_s` seconds."""

    frame: int
    at_us: int
    symbol: str
    value_micros: int
    window_s: int


@dataclass(frozen=True, slots=True)
class FrameRefused:
    """A frame that could not be believed; the books of `tokens` are not whole until a snapshot.

    `kind` is one of the anomalies listed in docs/recording.md; `detail` names field and value.
    """

    frame: int
    at_us: int
    kind: str
    detail: str
    tokens: tuple[TokenId, ...] = ()


@dataclass(frozen=True, slots=True)
class TimerFired:
    """Time has passed without anything else happening."""

    frame: int
    at_us: int


@dataclass(frozen=True, slots=True)
class OrderPrepared:
    """The shell has hashed and signed an approved order; nothing was sent yet."""

    frame: int
    at_us: int
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """The venue answered a submit, or failed to."""

    frame: int
    at_us: int
    intent_id: IntentId
    order_hash: OrderHash
    answer: Answer


@dataclass(frozen=True, slots=True)
class OrderFilled:
    """The venue executed part of an order."""

    frame: int
    at_us: int
    fill: Fill


@dataclass(frozen=True, slots=True)
class FillConfirmed:
    """A provisional fill is final: its trade is confirmed on the chain."""

    frame: int
    at_us: int
    fill_id: FillId


@dataclass(frozen=True, slots=True)
class FillVoided:
    """A provisional fill never was: its trade failed on the chain."""

    frame: int
    at_us: int
    fill_id: FillId
    reason: str


@dataclass(frozen=True, slots=True)
class OrderEnded:
    """The venue says that nothing more will happen to an order; `state` is final."""

    frame: int
    at_us: int
    order_hash: OrderHash
    state: OrderState
    reason: str


@dataclass(frozen=True, slots=True)
class FeedEnded:
    """There is nothing more to come: what was only counted so far is to be recorded."""

    frame: int
    at_us: int


@dataclass(frozen=True, slots=True)
class StopAsked:
    """An orderly stop: no new intents from here on."""

    frame: int
    at_us: int
    reason: str


@dataclass(frozen=True, slots=True)
class TradingAsked:
    """The shell sets the trading state: ACTIVE only when all three views agree."""

    frame: int
    at_us: int
    state: TradingState
    cause: str


@dataclass(frozen=True, slots=True)
class LossesTaken:
    """A person accepts the losses that broke a limit; `acceptance` as in `LossesAccepted`."""

    frame: int
    at_us: int
    acceptance: str
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class FlattenAsked:
    """A person wants out: of one market, or of all in which something is held (`market_id` "")."""

    frame: int
    at_us: int
    market_id: MarketId
    slippage_max: Price
    """How much less than the bid of now a share may bring."""
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class CapitalMoved:
    """Money was put in, or taken out if negative, and the venue's cash shows it.

    `afresh` makes `amount` all the cash there is: the first start at a venue. `announcement` is
    the id of what a person said of it.
    """

    frame: int
    at_us: int
    amount: Usd
    reason: str
    announcement: str = ""
    afresh: bool = False


@dataclass(frozen=True, slots=True)
class ResolutionFound:
    """The venue has paid a market out and the feed did not tell it; `source` says who did."""

    frame: int
    at_us: int
    market_id: MarketId
    winner: Outcome
    source: str


MarketEvent = (
    MarketSeen | MarketResolved | BookReplaced | BookChanged | TickChanged | TradePrinted
    | PriceTicked | FrameRefused | TimerFired
)  # fmt: skip
"""What a feed delivers."""


@dataclass(frozen=True, slots=True)
class Together:
    """One frame that says several things: they are handled, and committed, as one."""

    frame: int
    at_us: int
    parts: tuple[MarketEvent, ...]


VenueEvent = OrderAnswered | OrderFilled | FillConfirmed | FillVoided | OrderEnded
"""What a venue says of our own orders."""
ShellEvent = (
    StopAsked | TradingAsked | FeedEnded | LossesTaken | FlattenAsked | CapitalMoved
    | ResolutionFound
)  # fmt: skip
"""What the shell says: nothing of it is received in a frame."""
Event = (
    MarketEvent | Together | VenueEvent | OrderPrepared | ShellEvent
)  # fmt: skip
