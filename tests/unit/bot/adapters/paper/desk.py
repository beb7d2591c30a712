"""A paper venue with a market, driven by hand: books are shown, orders sent, time passes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bot.adapters.paper.venue import PaperVenue
from bot.domain.book import Side
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    Event,
    MarketResolved,
    MarketSeen,
    OrderEnded,
    OrderFilled,
    TickChanged,
    TradePrinted,
    VenueEvent,
)
from bot.domain.fill import Fill
from bot.domain.market import (
    FeeSchedule,
    Market,
    MarketId,
    MarketWindow,
    Outcome,
    ProtocolVersion,
    TokenId,
)
from bot.domain.money import Price, Shares, Usd, parse_micros
from bot.domain.order import (
    Answer,
    ApprovedOrder,
    Intent,
    IntentId,
    OrderHash,
    Prepared,
    Quantity,
    Signal,
    StrategyId,
    Terms,
    TimeInForce,
    Unit,
)

SECOND = 1_000_000
UP, DOWN = TokenId("up"), TokenId("down")
MARKET = Market(
    market_id=MarketId("market"),
    slug="btc-updown-15m-0",
    asset="btc",
    window=MarketWindow(1, 900 * SECOND),
    up=UP,
    down=DOWN,
    tick=Price.parse("0.01"),
    size_min=Shares.parse("5"),
    fees=FeeSchedule(70_000, 1, taker_only=True),
    version=ProtocolVersion.V1,
)
FREE = FeeSchedule(0, 1, taker_only=True)
FAK, FOK, GTC = TimeInForce.FAK, TimeInForce.FOK, TimeInForce.GTC
BUY, SELL = Side.BUY, Side.SELL


def levels(text: str) -> tuple[tuple[int, int], ...]:
    """Read "0.53x10 0.54x20" into micros."""
    pairs = (one.split("x") for one in text.split())
    return tuple((parse_micros(price), parse_micros(size)) for price, size in pairs)


def terms(side: Side, kind: TimeInForce, price: str, quantity: str, token: TokenId = UP) -> Terms:
    """Return the terms of an order; a FAK or FOK buy counts USD, all else shares."""
    unit = Unit.USD if side is BUY and not kind.rests else Unit.SHARES
    return Terms(
        MARKET.market_id,
        token,
        Outcome.UP if token == UP else Outcome.DOWN,
        side,
        kind,
        Price.parse(price),
        Quantity(unit, parse_micros(quantity)),
    )


def approved(asked: Terms, name: str = "1", made_us: int = 0) -> ApprovedOrder:
    """Return what risk would have let through."""
    signal = Signal("test", 0, 0, 0, Shares(0), asked.price, Usd(0))
    intent = Intent(
        IntentId(name),
        StrategyId("test"),
        "",
        (),
        made_us,
        closing=False,
        terms=asked,
        signal=signal,
    )
    return ApprovedOrder(intent)


@dataclass
class Desk:
    """A venue, its clock and what it told."""

    directory: Path
    cash: str = "1000"
    latency_us: int = 250_000
    market: Market = MARKET
    now_us: int = SECOND
    frame: int = 0
    told: list[VenueEvent] = field(default_factory=list)
    seen: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open()
        self.see(MarketSeen(0, 0, self.market))

    def open(self) -> None:
        """Open the account again, with nothing in memory."""
        self.venue = PaperVenue.open(
            self.directory, starting_cash=Usd.parse(self.cash), latency_us=self.latency_us, seed=7
        )

    def see(self, event: Event) -> None:
        """Let one market event happen after what is due before it."""
        self.seen.append(event)
        self.told += self.venue.advance(event.at_us)
        self.venue.observe(event)

    def again(self) -> list[VenueEvent]:
        """Lose the memory, read everything again, and return what is told again."""
        self.venue.close()
        self.open()
        seen, self.seen, before = self.seen, [], len(self.told)
        for event in seen:
            self.see(event)
        self.told += self.venue.advance(self.now_us)
        return self.told[before:]

    def stamp(self) -> tuple[int, int]:
        """Return the next frame number and the time."""
        self.frame += 1
        return self.frame, self.now_us

    def book(self, bids: str, asks: str, token: TokenId = UP) -> None:
        """Show a whole book."""
        self.see(BookReplaced(*self.stamp(), token, levels(bids), levels(asks)))

    def level(self, side: Side, price: str, size: str, token: TokenId = UP) -> None:
        """Show one changed level."""
        changes = ((token, side, parse_micros(price), parse_micros(size)),)
        self.see(BookChanged(*self.stamp(), changes))

    def trade(self, side: Side, price: str, size: str, token: TokenId = UP) -> None:
        """Print a trade of somebody else."""
        stamp = self.stamp()
        self.see(TradePrinted(*stamp, token, side, Price.parse(price), Shares.parse(size)))

    def tick(self, tick: str, token: TokenId = UP) -> None:
        """Change a token's grid."""
        self.see(TickChanged(*self.stamp(), token, Price.parse(tick)))

    def resolve(self, winner: Outcome) -> None:
        """Close the market."""
        self.see(MarketResolved(*self.stamp(), self.market.market_id, winner))

    def prepare(self, asked: Terms, name: str = "1") -> Prepared:
        """Prepare an order now."""
        return self.venue.prepare(approved(asked, name), salt=1, at_us=self.now_us)

    async def send(self, asked: Terms, name: str = "1") -> tuple[Answer, OrderHash]:
        """Prepare and submit an order now."""
        prepared = self.prepare(asked, name)
        return await self.venue.submit(prepared), prepared.order_hash

    def wait(self, seconds: int = 1) -> list[VenueEvent]:
        """Let time pass and return what is told meanwhile."""
        self.now_us += seconds * SECOND
        news = self.venue.advance(self.now_us)
        self.told += news
        return news

    async def trade_now(
        self, asked: Terms, name: str = "1"
    ) -> tuple[list[Fill], OrderEnded | None]:
        """Send an order, wait, and return its fills and its end."""
        await self.send(asked, name)
        news = self.wait()
        return fills(news), next((one for one in news if isinstance(one, OrderEnded)), None)


def fills(events: Iterable[VenueEvent]) -> list[Fill]:
    """Return the fills among what was told."""
    return [one.fill for one in events if isinstance(one, OrderFilled)]
