"""Book updates that the engine had no time for, as one: where the books are, not how they went.

The feed makes one event of many frames by this, and a replay as recorded the same one again from
the frames that are marked. Only books are conflated: ticks, trades and refusals never.
"""

from collections.abc import Sequence

from bot.domain.book import Level, Side
from bot.domain.event import BookChanged, BookReplaced, Event, MarketEvent
from bot.domain.market import TokenId

Totals = dict[tuple[Side, int], int]


def conflatable(events: Sequence[Event]) -> bool:
    """Say whether these are book updates and nothing else, or nothing at all."""
    return all(isinstance(one, BookChanged | BookReplaced) for one in events)


class Conflation:
    """Takes book updates in order and gives back their sum."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._changes: list[dict[TokenId, Totals]] = []
        self._group: dict[TokenId, dict[TokenId, Totals]] = {}
        self._books: dict[TokenId, Totals] = {}

    def __bool__(self) -> bool:
        return bool(self._books or self._changes)

    def take(self, events: Sequence[Event]) -> None:
        """Hold book updates."""
        for event in events:
            if isinstance(event, BookReplaced):
                self._replace(event)
            elif isinstance(event, BookChanged):
                self._change(event)

    def give(self, frame: int, at_us: int) -> tuple[MarketEvent, ...]:
        """Return what is held, as events of the frame that ends it, and hold nothing."""
        books = [self._book(frame, at_us, token, all_) for token, all_ in self._books.items()]
        changes = [_changed(frame, at_us, group) for group in self._changes]
        self._changes, self._group, self._books = [], {}, {}
        return (*books, *(one for one in changes if one.changes))

    def _replace(self, event: BookReplaced) -> None:
        totals: Totals = {(Side.BUY, price): size for price, size in event.bids}
        totals.update({(Side.SELL, price): size for price, size in event.asks})
        self._books[event.token] = totals
        if event.token in self._group:
            self._group[event.token].pop(event.token, None)

    def _change(self, event: BookChanged) -> None:
        """Keep the changes of a market together: they are of one event then, and of one now."""
        group = next((self._group[one[0]] for one in event.changes if one[0] in self._group), None)
        if group is None:
            group = {}
            self._changes.append(group)
        for token, side, price, size in event.changes:
            book = self._books.get(token)
            if book is not None:
                book[side, price] = size
                continue
            self._group[token] = group
            group.setdefault(token, {})[side, price] = size

    @staticmethod
    def _book(frame: int, at_us: int, token: TokenId, totals: Totals) -> BookReplaced:
        def side(wanted: Side) -> tuple[Level, ...]:
            return tuple((price, size) for (at, price), size in totals.items() if at is wanted)

        return BookReplaced(frame, at_us, token, side(Side.BUY), side(Side.SELL))


def _changed(frame: int, at_us: int, group: dict[TokenId, Totals]) -> BookChanged:
    changes = tuple(
        (token, side, price, size)
        for token, totals in group.items()
        for (side, price), size in totals.items()
    )
    return BookChanged(frame, at_us, changes)
