"""Where one market is watched: its books, its strategies' seats, and who may act on it now."""

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
class Desk:
    """One market that is not settled yet."""

    market: Market
    up: Book
    down: Book
    seats: list[Seat] = field(default_factory=list)
    winner: Outcome | None = None

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

    def mark(self, outcome: Outcome) -> Price | None:
        """Return the conservative mark of an outcome: its bid, None without a whole book."""
        book = self.up if outcome is Outcome.UP else self.down
        return book.bid if book.whole else None
