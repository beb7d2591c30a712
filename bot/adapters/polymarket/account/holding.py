"""Cash and positions as the venue owes them to us, and the whole view, in one consistent moment.

Three things stand between the chain and what was traded: matches that are not mined yet, payouts
that are not redeemed yet, and a cache that is behind. The first two are added here, each from its
own evidence; the third is refreshed. When a trade moves on while this is put together, it is put
together again. Nothing is ever taken for flat because it was not answered.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from polymarket.models.clob.account import ClobTrade
from polymarket.models.clob.account import OpenOrder as SdkOrder

from bot.adapters.polymarket.account.reading import Reads, micros
from bot.adapters.polymarket.account.trade import STATES, US_S, Leg, Ours, State, fill_of, legs
from bot.adapters.polymarket.order.catalog import Catalog
from bot.domain.book import Side
from bot.domain.fill import Fill
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Shares, Usd
from bot.domain.order import Accepted, Answer, OrderHash
from bot.ports import OpenOrder, Temporary, VenueView

TRIES_MAX: Final = 4
WINNERS_MAX: Final = 5_000
UNMINED_S: Final = 900
"""How far back matches are looked for that are not mined yet; older ones are stuck for good."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What is ours, by where it is; all in millionths."""

    chain_cash: int
    unmined_cash: int
    """What matches will move that are not on the chain yet; negative for buys."""
    redeemable: tuple[tuple[TokenId, MarketId, int], ...]
    """Winning shares of resolved markets that are still tokens: 1 USD each."""
    positions: tuple[tuple[TokenId, Shares], ...]
    """Shares of markets that are not resolved, unmined matches included."""

    @property
    def cash(self) -> Usd:
        """Return cash as traded and settled: what a ledger of fills and payouts says."""
        payouts = sum(size for _, _, size in self.redeemable)
        return Usd(self.chain_cash + self.unmined_cash + payouts)


class Account:
    """Puts our account together out of complete reads."""

    def __init__(self, reads: Reads, catalog: Catalog, ours: Ours) -> None:
        """Read with `reads`; `settled` is told by whoever hears of a resolution first."""
        self._reads = reads
        self._catalog = catalog
        self._ours = ours
        self._winners: dict[MarketId, Outcome] = {}
        self._tokens: dict[TokenId, MarketId] = {}
        self._turn = asyncio.Lock()
        """One reading at a time: a second one would forget tokens under the first."""

    def settled(self, market_id: MarketId, winner: Outcome) -> None:
        """Take note that a market is resolved: its tokens are cash or nothing from now on."""
        self._winners[market_id] = winner

    async def view(self, hashes: Sequence[OrderHash], since_us: int, now_us: int) -> VenueView:
        """Return the venue's whole view of us.

        Raises:
            Temporary: something is missing, or nothing stood still long enough.

        """
        since_s = since_us // US_S
        async with self._turn:
            return await self._view(hashes, since_s, now_us)

    async def _view(self, hashes: Sequence[OrderHash], since_s: int, now_us: int) -> VenueView:
        after_s = min(since_s, now_us // US_S - UNMINED_S)
        for _ in range(TRIES_MAX):
            resting = await self._reads.open_orders()
            trades = await self._reads.trades(after_s)
            holding = await self._holding(trades)
            open_s = _unsettled_s(trades, now_us)
            if _states(trades, open_s) != _states(await self._reads.trades(open_s), open_s):
                continue
            own = [leg for trade in trades for leg in legs(trade, self._ours)]
            fills = [await self._fill(leg) for leg in own if leg.state is not State.FAILED]
            told = [fill for fill in fills if fill.filled_us >= since_s * US_S]
            return VenueView(
                at_us=now_us,
                open_orders=tuple(_resting(one) for one in resting),
                fills=tuple(sorted(told, key=lambda fill: (fill.filled_us, fill.fill_id))),
                cash=holding.cash,
                positions=holding.positions,
                answers=_answers(hashes, resting, own),
                failed=tuple(leg.fill_id for leg in own if leg.state is State.FAILED),
                resolved=tuple(self._winners.items()),
            )
        raise Temporary(f"view: trades moved on during each of {TRIES_MAX} readings")

    async def holding(self, now_us: int) -> Holding:
        """Return cash and positions only; raises as `view`."""
        async with self._turn:
            return await self._holding(await self._reads.trades(now_us // US_S - UNMINED_S))

    async def _holding(self, trades: Sequence[ClobTrade]) -> Holding:
        own = [leg for trade in trades for leg in legs(trade, self._ours)]
        self._tokens |= await self._reads.positions()
        self._tokens |= {leg.token: leg.market_id for leg in own}
        unknown = {m for m in self._tokens.values() if m not in self._winners}
        for market_id, place in (await self._reads.payouts(sorted(unknown))).items():
            self._winners[market_id] = (await self._catalog.learn(market_id)).winner(place)
        worth = [token for token in self._tokens if not await self._lost(token)]
        owed = {t: n.micros for t, n in (await self._reads.shares(worth)).items()}
        chain_cash = (await self._reads.cash()).micros
        unmined = 0
        for leg in own:
            if leg.state is State.MATCHED:
                sign = 1 if leg.side is Side.BUY else -1
                owed[leg.token] = owed.get(leg.token, 0) + sign * leg.size.micros
                unmined += (await self._fill(leg)).cash.micros
        self._forget(owed)
        return await self._sorted(chain_cash, unmined, {t: n for t, n in owed.items() if n})

    async def _sorted(self, chain_cash: int, unmined: int, owed: dict[TokenId, int]) -> Holding:
        """Tell open positions from payouts; a market that is resolved has only the latter."""
        open_now = list[tuple[TokenId, Shares]]()
        redeemable = list[tuple[TokenId, MarketId, int]]()
        for token, size in sorted(owed.items()):
            market_id = self._tokens[token]
            if size < 0:
                raise Temporary(f"token {token[:20]}: {size} millionths; the chain is behind")
            if market_id not in self._winners:
                open_now.append((token, Shares(size)))
            elif not await self._lost(token):
                redeemable.append((token, market_id, size))
        return Holding(chain_cash, unmined, tuple(redeemable), tuple(open_now))

    async def _lost(self, token: TokenId) -> bool:
        winner = self._winners.get(self._tokens[token])
        if winner is None:
            return False
        facts = await self._catalog.learn(self._tokens[token])
        return facts.outcome(token) is not winner

    def _forget(self, owed: dict[TokenId, int]) -> None:
        """Forget tokens that are gone for good, and the oldest winners over the bound."""
        self._tokens = {
            token: market_id
            for token, market_id in self._tokens.items()
            if owed.get(token) or market_id not in self._winners
        }
        for market_id in list(self._winners)[: max(0, len(self._winners) - WINNERS_MAX)]:
            del self._winners[market_id]

    async def _fill(self, leg: Leg) -> Fill:
        try:
            return fill_of(leg, await self._catalog.learn(leg.market_id))
        except ValueError as error:
            raise Temporary(f"trade {leg.trade_id}: {error}") from error


def _unsettled_s(trades: Sequence[ClobTrade], now_us: int) -> int:
    """Return from when on trades may still change: the oldest that is not final, or the newest."""
    times = [int(t.matched_at.timestamp()) for t in trades if not STATES[t.status].final]
    newest = max((int(t.matched_at.timestamp()) for t in trades), default=now_us // US_S)
    return min([*times, newest])


def _states(trades: Sequence[ClobTrade], from_s: int) -> frozenset[tuple[str, str]]:
    return frozenset((t.id, t.status) for t in trades if t.matched_at.timestamp() >= from_s)


def _resting(order: SdkOrder) -> OpenOrder:
    return OpenOrder(
        OrderHash(order.id.lower()), MarketId(str(order.condition_id)),
        TokenId(str(order.asset_id)), Shares(micros(order.size_matched)),
    )  # fmt: skip


def _answers(
    hashes: Sequence[OrderHash], resting: Sequence[SdkOrder], own: Sequence[Leg]
) -> tuple[tuple[OrderHash, Answer], ...]:
    """Return what proves that an order was received: it rests, or a trade names it."""
    proofs: dict[str, Answer] = {leg.order_hash: Accepted("matched") for leg in own}
    proofs |= {order.id.lower(): Accepted("live") for order in resting}
    return tuple((one, proofs[one.lower()]) for one in hashes if one.lower() in proofs)
