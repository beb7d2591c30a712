"""The mid of each market's Up book over time, from a recording, for drawing.

Read through the feed the engine uses; it estimates nothing and decides nothing.
"""

from pathlib import Path

from bot.adapters.replay.source import Tail, lines
from bot.adapters.wire.decoder import Decoder
from bot.domain.book import Book
from bot.domain.event import BookChanged, BookReplaced, Event, MarketSeen, TickChanged
from bot.domain.market import SECOND_US, Market, MarketId, TokenId
from bot.domain.money import MICROS

STEP_US = 3 * SECOND_US
Points = dict[MarketId, list[tuple[float, float]]]


def mids(recording: Path) -> Points:
    """Return (seconds into the window, mid of Up in USD), a point every few seconds."""
    found = Found()
    decoder = Decoder(ours=False)
    number = 0
    for group in lines(recording, Tail()):
        for line in group:
            number += 1
            for event in decoder.line(line, number):
                found.take(event)
    return found.points


class Found:
    """Books of the Up tokens and the points found so far."""

    def __init__(self) -> None:
        self.points: Points = {}
        self._markets: dict[TokenId, Market] = {}
        self._books: dict[TokenId, Book] = {}
        self._next_us: dict[TokenId, int] = {}

    def take(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case MarketSeen(market=market) if market.up not in self._books:
                self._markets[market.up] = market
                self._books[market.up] = Book(market.tick)
                self.points[market.market_id] = []
            case TickChanged() if event.token in self._books:
                self._books[event.token].regrid(event.tick)
            case BookReplaced() if event.token in self._books:
                self._books[event.token].snapshot(event.bids, event.asks, event.at_us)
                self._point(event.token, event.at_us)
            case BookChanged():
                self._change(event)
            case _:
                pass

    def _change(self, event: BookChanged) -> None:
        touched = set()
        for token, side, price, size in event.changes:
            if token in self._books:
                self._books[token].change(side, price, size, event.at_us)
                touched.add(token)
        for token in touched:
            self._point(token, event.at_us)

    def _point(self, token: TokenId, at_us: int) -> None:
        book, market = self._books[token], self._markets[token]
        if not book.tradable or book.bid is None or book.ask is None:
            return
        if at_us < self._next_us.get(token, 0):
            return
        self._next_us[token] = at_us + STEP_US
        mid = (book.bid_micros + book.ask_micros) / 2 / MICROS
        at = (at_us - market.window.start_us) / SECOND_US
        self.points[market.market_id].append((at, mid))
