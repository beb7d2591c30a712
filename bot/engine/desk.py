"""Where one market is watched: its books, its seats, what is held, and who may act on it now."""

from dataclasses import dataclass, field

from bot.domain.book import Book
from bot.domain.entry import Entry, IntentDenied
from bot.domain.market import Market, Outcome, TokenId
from bot.domain.money import Price
from bot.domain.order import Denied, IntentId
from bot.engine.strategy.composition import Composition
from bot.engine.strategy.view import MarketView


@dataclass(slots=True)
class Seat:
    """One strategy at one market: what it sees, and the refusals it runs into."""

    strategy: Composition
    view: MarketView
    limit: str = ""
    """The limit that refused its last intent; empty when that went through."""
    repeats: int = 0
    """How often that limit has refused since it was recorded."""

    def refused(self, denied: Denied) -> list[Entry]:
        """Return what to record of a refusal: nothing but a count while the limit is the same."""
        if denied.limit == self.limit:
            self.repeats += 1
            return []
        entries = self.cleared()
        self.limit = denied.limit
        intent = denied.intent
        entries.append(
            IntentDenied(
                intent.intent_id, intent.strategy, intent.terms.market_id,
                denied.limit, denied.value, denied.bound, 1,
            )
        )  # fmt: skip
        return entries

    def cleared(self) -> list[Entry]:
        """Forget the last limit, and return how often it repeated itself."""
        repeats, limit = self.repeats, self.limit
        self.limit, self.repeats = "", 0
        if not repeats:
            return []
        name, market_id = self.strategy.name, self.view.market.market_id
        return [IntentDenied(IntentId(""), name, market_id, limit, "", "", repeats)]


@dataclass(slots=True)
class Stake:
    """What is held of one outcome, and what it is worth by what; micros."""

    size: int
    worth: int
    source: str


@dataclass(slots=True)
class Desk:
    """One market that is not settled yet."""

    market: Market
    up: Book
    down: Book
    seats: list[Seat] = field(default_factory=list)
    winner: Outcome | None = None
    held: dict[Outcome, Stake] = field(default_factory=dict)
    paid: dict[Outcome, tuple[int, int]] = field(default_factory=dict)
    """What the bids last said: (worth, of how many), in micros."""
    floors: dict[Outcome, Price] = field(default_factory=dict)
    """A person wants out at these prices or better; nothing is opened here then."""

    @classmethod
    def open(cls, market: Market, strategies: tuple[Composition, ...]) -> "Desk":
        """Set up empty books and a seat for each strategy that trades this series."""
        up, down = Book(market.tick), Book(market.tick)
        seats = [
            Seat(one, MarketView(market, up, down)) for one in strategies if one.trades(market.slug)
        ]
        return cls(market, up, down, seats)

    def book(self, token: TokenId) -> Book:
        """Return the book of one of the market's two tokens."""
        return self.up if token == self.market.up else self.down

    def renew(self, market: Market) -> None:
        """Take what the venue now says of the market; books keep their own tick."""
        self.market = market
        for seat in self.seats:
            seat.view.market = market

    @property
    def doubted(self) -> bool:
        """Say whether one of the two books was whole and is not now: neither is then traded on."""
        return self.up.doubted or self.down.doubted

    def regrid(self, token: TokenId, tick: Price) -> None:
        """Move one token's book to another tick."""
        self.book(token).regrid(tick)

    def doubt(self, token: TokenId) -> None:
        """Trust a token's book no more until its next snapshot."""
        self.book(token).clear()

    def told(self, entry: IntentDenied) -> None:
        """Count no refusals again that are on disk: the end of the feed closed the series."""
        for seat in self.seats:
            last = (seat.strategy.name, seat.limit, seat.repeats)
            if not entry.intent_id and last == (entry.strategy, entry.limit, entry.count):
                seat.cleared()

    def of(self, outcome: Outcome) -> Book:
        """Return the book of an outcome."""
        return self.up if outcome is Outcome.UP else self.down

    def bids_pay(self, outcome: Outcome, size: int, at_us: int) -> int | None:
        """Return what the bids would pay for all of it, None where they are not to be believed.

        After the end of the window a book empties without anything being lost.
        """
        book = self.of(outcome)
        if not book.tradable or at_us >= self.market.window.end_us:
            return None
        return book.proceeds(size)

    def stake(self, outcome: Outcome, size: int, cost: int, at_us: int) -> Stake:
        """Return a stake at its conservative worth: by the bids, the last bids, or its cost."""
        worth = self.bids_pay(outcome, size, at_us)
        if worth is not None:
            self.paid[outcome] = (worth, size)
            return Stake(size, worth, "bids")
        if outcome in self.paid:
            then, of = self.paid[outcome]
            return Stake(size, then * size // of, "last")
        return Stake(size, cost, "cost")
