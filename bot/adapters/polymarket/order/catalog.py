"""What an order has to know of its market, fetched ahead and renewed beside the trading.

Nothing is fetched between a tick and an order: what is not here when an order is prepared makes
an order that is not sent. Facts that cannot be renewed stay as they were; the venue would refuse
an order that no longer fits. Source: /clob-markets, polymarket-client 0.14.0 `market_data.py`.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn

from bot.adapters.polymarket.connection import Connection
from bot.domain.market import FeeSchedule, Market, MarketId, Outcome, TokenId
from bot.domain.money import MICROS, Price
from bot.ports import Permanent, Temporary

RENEW_S: Final = 240.0
"""Well inside the ten minutes the SDK trusts the same facts for."""
MARKETS_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Facts:
    """One market as the CLOB has it."""

    market_id: MarketId
    up: TokenId
    down: TokenId
    tick: Price
    neg_risk: bool
    fees: FeeSchedule
    first: Outcome = Outcome.UP
    """Which outcome the venue lists first: payouts come in this order."""

    def winner(self, index: int) -> Outcome:
        """Return the outcome that the venue lists at a place, 0 or 1."""
        return self.first if index == 0 else self.first.other

    def outcome(self, token: TokenId) -> Outcome:
        """Return which outcome a token is; raises ValueError for another market's."""
        if token == self.up:
            return Outcome.UP
        if token == self.down:
            return Outcome.DOWN
        raise ValueError(f"token {token} is not of market {self.market_id}")


@dataclass(slots=True)
class Catalog:
    """Facts by condition id; bounded, the oldest go first."""

    connection: Connection
    _facts: dict[MarketId, Facts] = field(default_factory=dict)
    _tokens: dict[TokenId, MarketId] = field(default_factory=dict)
    _fetched_s: dict[MarketId, float] = field(default_factory=dict)

    def of_market(self, market_id: MarketId) -> Facts | None:
        """Return what is known of a market."""
        return self._facts.get(market_id)

    def of_token(self, token: TokenId) -> Facts | None:
        """Return what is known of a token's market."""
        market_id = self._tokens.get(token)
        return None if market_id is None else self._facts.get(market_id)

    def change_tick(self, token: TokenId, tick: Price) -> None:
        """Take over a new grid the moment it is told, ahead of the next renewal."""
        facts = self.of_token(token)
        if facts is not None:
            self._facts[facts.market_id] = replace(facts, tick=tick)

    def forget(self, market_id: MarketId) -> None:
        """Drop what is known of a market; orders in it are not sent until it is fetched again."""
        self._fetched_s.pop(market_id, None)
        facts = self._facts.pop(market_id, None)
        if facts is not None:
            self._tokens.pop(facts.up, None)
            self._tokens.pop(facts.down, None)

    async def learn(self, market_id: MarketId) -> Facts:
        """Return a market's facts, fetched if they are not here.

        Raises:
            Temporary: no answer, or one that cannot be believed.

        """
        return self._facts.get(market_id) or await self.fetch(market_id)

    async def fetch(self, market_id: MarketId) -> Facts:
        """Fetch a market's facts anew; raises as `learn`."""
        ask = self.connection
        what = f"market {market_id}"
        try:
            said = await ask.ask(
                what, lambda: ask.context.clob.get_json(f"/clob-markets/{market_id}")
            )
        except Permanent as error:
            # A new market has no book for its first minutes: 404. Source: polymarket.md 5.1.
            raise Temporary(str(error)) from error
        facts = read_facts(market_id, said)
        self._keep(facts)
        return facts

    async def warm(self, markets: Iterable[Market]) -> tuple[MarketId, ...]:
        """Fetch what is not here; return the markets that cannot be had yet."""
        missing = list[MarketId]()
        for market in markets:
            try:
                await self.learn(market.market_id)
            except Temporary:
                missing.append(market.market_id)
        return tuple(missing)

    async def renew(
        self, wanted: Callable[[], Iterable[MarketId]], every_s: float = RENEW_S
    ) -> None:
        """Keep the wanted markets' facts fresh for ever; one that fails is tried again at once.

        Run it as a task. It never raises for a failed fetch: old facts are better than none.
        """
        now_s = asyncio.get_running_loop().time
        while True:
            for market_id in tuple(wanted()):
                if now_s() - self._fetched_s.get(market_id, -every_s) >= every_s:
                    try:
                        await self.fetch(market_id)
                    except Temporary:
                        continue
            await asyncio.sleep(min(1.0, every_s))

    def _keep(self, facts: Facts) -> None:
        self._facts.pop(facts.market_id, None)
        self._facts[facts.market_id] = facts
        self._tokens[facts.up] = self._tokens[facts.down] = facts.market_id
        self._fetched_s[facts.market_id] = asyncio.get_running_loop().time()
        while len(self._facts) > MARKETS_MAX:
            self.forget(next(iter(self._facts)))


def read_facts(market_id: MarketId, said: object) -> Facts:
    """Read an answer of /clob-markets.

    Raises:
        Temporary: names the field that is missing or cannot be believed.

    """
    body = _object(market_id, said, "answer")
    tokens: dict[str, str] = {}
    listed = body.get("t")
    for one in listed if isinstance(listed, list) else []:
        row = _object(market_id, one, "t")
        tokens[str(row.get("o", "")).lower()] = str(row.get("t", ""))
    if set(tokens) != {"up", "down"} or not all(t.isdecimal() for t in tokens.values()):
        _disbelieve(market_id, "t", "outcomes Up and Down with their ids", sorted(tokens))
    neg_risk = body.get("nr", False)
    if not isinstance(neg_risk, bool):
        _disbelieve(market_id, "nr", "true or false", neg_risk)
    try:
        tick = Price(_micros(body.get("mts")))
    except ValueError:
        _disbelieve(market_id, "mts", "a tick", body.get("mts"))
    return Facts(
        market_id, TokenId(tokens["up"]), TokenId(tokens["down"]), tick, neg_risk,
        _fees(market_id, body.get("fd")), Outcome(next(iter(tokens))),
    )  # fmt: skip


def _fees(market_id: MarketId, said: object) -> FeeSchedule:
    """Read `fd`; none is free. `/fee-rate` and `tbf` are not the fee."""
    if said is None or said == {}:
        return FeeSchedule(0, 1, taker_only=True)
    body = _object(market_id, said, "fd")
    exponent, takers = body.get("e"), body.get("to", True)
    try:
        rate = _micros(body.get("r"))
    except ValueError:
        rate = -1
    if not 0 <= rate <= MICROS:
        _disbelieve(market_id, "fd.r", "a rate in [0, 1]", body.get("r"))
    if not isinstance(exponent, int) or not 0 <= exponent <= 4:  # noqa: PLR2004 - sane
        _disbelieve(market_id, "fd.e", "a whole exponent in [0, 4]", exponent)
    if not isinstance(takers, bool):
        _disbelieve(market_id, "fd.to", "true or false", takers)
    return FeeSchedule(rate, exponent, taker_only=takers)


def _micros(value: object) -> int:
    try:
        exact = Decimal(str(value)) * MICROS
    except InvalidOperation:
        raise ValueError(str(value)) from None
    if not exact.is_finite() or exact != int(exact):
        raise ValueError(str(value))
    return int(exact)


def _object(market_id: MarketId, said: object, field_name: str) -> dict[str, object]:
    if not isinstance(said, dict):
        _disbelieve(market_id, field_name, "an object", said)
    return said


def _disbelieve(market_id: MarketId, field_name: str, wanted: str, was: object) -> NoReturn:
    raise Temporary(f"market {market_id}: {field_name} must be {wanted}, was {str(was)[:60]!r}")
