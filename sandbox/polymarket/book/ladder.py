"""The recorded book of one token: what the outside world offers, less what was taken here.

A size taken from a level stays taken until the recording shows another size at that price.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Level:
    """One price: shares as recorded, and shares of them that were matched here."""

    recorded: int
    taken: int = 0

    @property
    def shown(self) -> int:
        """Return what is left to match."""
        return max(0, self.recorded - self.taken)


@dataclass(slots=True)
class Ladder:
    """Bids and asks of the outside world for one token, by price in millionths."""

    bids: dict[int, Level] = field(default_factory=dict)
    asks: dict[int, Level] = field(default_factory=dict)

    def of(self, side: str) -> dict[int, Level]:
        """Return the levels that stand on one side of the book."""
        return self.bids if side == "BUY" else self.asks

    def put(self, side: str, price: int, size: int) -> None:
        """Record a new total at a price; 0 takes the level away."""
        levels = self.of(side)
        if size <= 0:
            levels.pop(price, None)
            return
        level = levels.get(price)
        if level is None or level.recorded != size:
            levels[price] = Level(size)

    def replace(self, side: str, sizes: dict[int, int]) -> None:
        """Record a whole side."""
        levels = self.of(side)
        for price in [price for price in levels if price not in sizes]:
            del levels[price]
        for price, size in sizes.items():
            level = levels.get(price)
            if level is None or level.recorded != size:
                self.put(side, price, size)

    def shown(self, side: str, price: int) -> int:
        """Return the shares left at a price."""
        level = self.of(side).get(price)
        return level.shown if level else 0

    def take(self, side: str, price: int, size: int) -> None:
        """Mark shares as matched; a level that is not there has nothing to lose."""
        level = self.of(side).get(price)
        if level is not None:
            level.taken += size
