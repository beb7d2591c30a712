"""Which token belongs to which market, on which tick: what frames are read against.

Bounded: of more than `MARKETS_MAX` markets the oldest is forgotten, the resolved ones first.
"""

from dataclasses import dataclass, replace
from typing import Final

from bot.adapters.wire.number import Prices, Unbelievable
from bot.domain.market import Market, MarketId, Outcome, TokenId

MARKETS_MAX: Final = 4_096
OVER_MAX: Final = 4 * MARKETS_MAX


class Known:
    """A token of a listed market, with the prices of its present tick."""

    __slots__ = ("market_id", "prices", "token")

    def __init__(self, token: TokenId, market_id: MarketId, prices: Prices) -> None:
        """Start on the market's tick."""
        self.token = token
        self.market_id = market_id
        self.prices = prices


@dataclass(frozen=True, slots=True)
class Over:
    """A resolved market: its late frames say nothing any more."""

    market_id: MarketId
    winner: Outcome


class Registry:
    """All markets seen, by id and by token."""

    def __init__(self) -> None:
        """Start without any."""
        self.tokens: dict[str, Known] = {}
        self._markets: dict[MarketId, Market] = {}
        self._over: dict[str, Over] = {}
        self._grids: dict[int, Prices] = {}
        self._stopped: dict[MarketId, str] = {}

    def grid(self, tick_micros: int) -> Prices:
        """Return the prices of a tick; there are few ticks, and all tokens share them."""
        return self._grids.setdefault(tick_micros, Prices(tick_micros))

    def market(self, market_id: str) -> Market | None:
        """Return a listed market that is not over."""
        return self._markets.get(MarketId(market_id))

    def over(self, name: str) -> Over | None:
        """Say whether a market or token is of a resolved market, and who won."""
        return self._over.get(name)

    def live(self) -> tuple[TokenId, ...]:
        """Return every token of every market that is not over."""
        return tuple(known.token for known in self.tokens.values())

    def put(self, market: Market) -> Market | None:
        """Take a market as now listed and return what it was before; tokens keep their own tick.

        Raises:
            Unbelievable: a token that belongs to another market.

        """
        before = self._markets.get(market.market_id)
        if market.market_id in self._stopped:
            market = replace(market, accepting_orders=False)
        for token in (market.up, market.down):
            owner = self.tokens.get(token) or self._over.get(token)
            if owner is not None and owner.market_id != market.market_id:
                raise Unbelievable("bad_market", f"token {token[:20]} is of another market too")
        if before is not None and (before.up, before.down) != (market.up, market.down):
            raise Unbelievable("bad_market", f"tokens of market {market.slug[:60]} changed")
        self._markets[market.market_id] = market
        if before is None:
            for token in (market.up, market.down):
                self.tokens[token] = Known(token, market.market_id, self.grid(market.tick.micros))
            if len(self._markets) > MARKETS_MAX:
                self._forget(next(iter(self._markets)))
        return before

    def stop(self, market: Market, winning: str) -> Market:
        """Take it that no more orders are accepted, whatever is listed later; return the market."""
        self._stopped[market.market_id] = winning
        stopped = replace(market, accepting_orders=False)
        self._markets[market.market_id] = stopped
        return stopped

    def stopped(self, market_id: MarketId) -> str | None:
        """Return the token that `stop` was told to be winning."""
        return self._stopped.get(market_id)

    def resolve(self, market: Market, winner: Outcome) -> None:
        """Take a market as over; repeating it changes nothing."""
        self._forget(market.market_id)
        over = Over(market.market_id, winner)
        for name in (market.market_id, market.up, market.down):
            self._over[name] = over
        while len(self._over) > OVER_MAX:
            del self._over[next(iter(self._over))]

    def _forget(self, market_id: MarketId) -> None:
        market = self._markets.pop(market_id, None)
        self._stopped.pop(market_id, None)
        if market is not None:
            self.tokens.pop(market.up, None)
            self.tokens.pop(market.down, None)
