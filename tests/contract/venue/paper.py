"""The paper venue on the contract suite's stage."""

from pathlib import Path

from bot.adapters.paper.venue import PaperVenue
from bot.domain.book import Side
from bot.domain.event import BookReplaced, Event, MarketSeen, TradePrinted, VenueEvent
from bot.domain.market import Market
from bot.domain.money import MICROS, Price, Shares, Usd, parse_micros
from tests.contract.venue.case import Levels
from tests.unit.bot.adapters.paper.desk import MARKET

SECOND = 1_000_000


class PaperStage:
    """A paper venue whose market data and time are made by the test."""

    def __init__(self, directory: Path) -> None:
        self.cash = Usd.parse("1000")
        self.market: Market = MARKET
        self._venue = PaperVenue.open(
            directory, starting_cash=self.cash, latency_us=250_000, seed=1
        )
        self._frame = 0
        self._now_us = SECOND
        self._told: list[VenueEvent] = []
        self._see(MarketSeen(0, SECOND, self.market))

    @property
    def venue(self) -> PaperVenue:
        """Return the adapter."""
        return self._venue

    def now_us(self) -> int:
        """Return the time of the last event."""
        return self._now_us

    async def show(self, bids: Levels, asks: Levels) -> None:
        """Replace the books of both outcomes."""
        ours, theirs = micros(bids), micros(asks)
        mirror = [tuple((MICROS - price, size) for price, size in side) for side in (theirs, ours)]
        self._frame += 1
        self._see(BookReplaced(self._frame, self._now_us, self.market.up, ours, theirs))
        self._see(BookReplaced(self._frame, self._now_us, self.market.down, *mirror))

    async def trade(self, side: Side, price: str, size: str) -> None:
        """Print a trade."""
        self._frame += 1
        what = (self.market.up, side, Price.parse(price), Shares.parse(size))
        self._see(TradePrinted(self._frame, self._now_us, *what))

    async def settle_down(self) -> list[VenueEvent]:
        """Let two seconds pass."""
        self._now_us += 2 * SECOND
        self._told += self._venue.advance(self._now_us)
        told, self._told = self._told, []
        return told

    async def close(self) -> None:
        """Close the store."""
        self._venue.close()

    def _see(self, event: Event) -> None:
        self._told += self._venue.advance(event.at_us)
        self._venue.observe(event)


def micros(levels: Levels) -> tuple[tuple[int, int], ...]:
    """Return levels in micros."""
    return tuple((parse_micros(price), parse_micros(size)) for price, size in levels)
