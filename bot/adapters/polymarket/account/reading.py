"""Complete answers about our account, or none: every page, in one consistent set, within bounds.

A list that changes while it is paged can hide an entry between two pages, so that a list of more
than one page counts only when it was read twice alike.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import Final, Literal, Protocol, TypeVar

from polymarket._internal.protocol import is_v2_position_id
from polymarket._internal.wallet import signature_type_for
from polymarket.models.clob.account import AssetType, ClobTrade, OpenOrder
from polymarket.pagination import AsyncPaginator, Page

from bot.adapters.polymarket.connection import Connection
from bot.domain.market import MarketId, TokenId
from bot.domain.money import MICROS, Shares, Usd
from bot.ports import Temporary

PAGES_MAX: Final = 1_000
READINGS_MAX: Final = 4
AT_ONCE_MAX: Final = 8
"""Balance calls at one time: 200 in 10 s are allowed."""
CONDITIONS_MAX: Final = 40
"""Conditions in one question, so that its address stays short."""
HELD: Final[tuple[Literal["OPEN", "REDEEMABLE"], ...]] = ("OPEN", "REDEEMABLE")
"""REDEEMABLE lists what won; what lost is a status of its own and worth nothing."""


class Identified(Protocol):
    """A row with the venue's id."""

    @property
    def id(self) -> str:
        """Return it."""
        ...


Item = TypeVar("Item")
Row = TypeVar("Row", bound=Identified)


class Reads:
    """Idempotent reads; each raises `Temporary` rather than tell half of the truth."""

    def __init__(self, connection: Connection) -> None:
        """Read through this connection."""
        self._ask = connection.ask
        self._client = connection.client
        self._context = connection.context

    async def open_orders(self) -> tuple[OpenOrder, ...]:
        """Return every resting order of our API key's owner."""
        return await self._settled("open orders", self._client.list_open_orders)

    async def trades(self, after_s: int) -> tuple[ClobTrade, ...]:
        """Return every trade of ours matched at `after_s` or later, each once.

        The newest come first, so that a new one only shifts the rest: nothing is hidden. Whether
        the venue's `after` is inclusive is not documented; a second more is asked for.
        """
        after = str(max(0, after_s - 1))
        found = await self._pages("trades", lambda: self._client.list_account_trades(after=after))
        known = {trade.id: trade for trade in found}
        return tuple(t for t in known.values() if t.matched_at.timestamp() >= after_s)

    async def cash(self) -> Usd:
        """Return the collateral on the chain, the venue's cache refreshed first."""
        return Usd(await self._balance("COLLATERAL", ""))

    async def shares(self, tokens: Iterable[TokenId]) -> dict[TokenId, Shares]:
        """Return what is held of each token on the chain; zero is left out."""
        gate = asyncio.Semaphore(AT_ONCE_MAX)
        wanted = tuple(dict.fromkeys(tokens))

        async def one(token: TokenId) -> int:
            kind: AssetType = "CONDITIONAL-V2" if is_v2_position_id(token) else "CONDITIONAL"
            async with gate:
                return await self._balance(kind, token)

        amounts = await gathered([one(token) for token in wanted])
        return {token: Shares(n) for token, n in zip(wanted, amounts, strict=True) if n}

    async def positions(self) -> dict[TokenId, MarketId]:
        """Return which tokens the Data API says are held and can be worth something.

        It lags the chain by up to minutes: it tells where to look, not how much there is.
        """
        held: dict[TokenId, MarketId] = {}
        for status in HELD:
            rows = await self._pages(
                "positions", partial(self._client.list_positions, status=status, page_size=100)
            )
            held |= {
                TokenId(str(row.asset_id)): MarketId(str(row.condition_id))
                for row in rows
                if row.current_size > 0
            }
        return held

    async def payouts(self, markets: Iterable[MarketId]) -> dict[MarketId, int]:
        """Return which outcome won, by its place in the venue's list, where one is resolved.

        Only payouts of exactly 1 and 0 count: anything else is not how these markets end.
        """
        wanted = tuple(dict.fromkeys(markets))
        winners: dict[MarketId, int] = {}
        for start in range(0, len(wanted), CONDITIONS_MAX):
            part = [str(one) for one in wanted[start : start + CONDITIONS_MAX]]
            said = await self._ask(
                "resolutions", partial(self._client.get_resolutions, condition_ids=part)
            )
            for row in said:
                if row.status == "resolved" and row.condition_id and row.payouts in PAYOUTS:
                    winners[MarketId(str(row.condition_id))] = PAYOUTS[row.payouts]
        return winners

    async def _balance(self, kind: AssetType, token: TokenId | str) -> int:
        """Refresh the venue's cache, then read it: bought tokens are not there for seconds else.

        Source: py-clob-client#290 #287.
        """
        params: dict[str, str | int | float | bool | None] = {
            "asset_type": kind,
            "signature_type": signature_type_for(self._context.wallet_type),
        }
        if token:
            params["token_id"] = token
        secure = self._context.secure_clob
        await self._ask(
            "balance", lambda: secure.get_json("/balance-allowance/update", params=params)
        )
        said = await self._ask(
            "balance",
            lambda: self._client.get_balance_allowance(
                asset_type=kind, token_id=str(token) or None
            ),
        )
        return said.balance

    async def _settled(self, what: str, ask: Callable[[], AsyncPaginator[Row]]) -> tuple[Row, ...]:
        """Read all pages until two readings name the same rows; one page is one moment already."""
        before: frozenset[str] | None = None
        for _ in range(READINGS_MAX):
            rows, pages = await self._counted(what, ask)
            ids = frozenset(row.id for row in rows)
            if pages == 1 or ids == before:
                return tuple({row.id: row for row in rows}.values())
            before = ids
        raise Temporary(f"{what}: changed during each of {READINGS_MAX} readings")

    async def _pages(self, what: str, ask: Callable[[], AsyncPaginator[Item]]) -> Sequence[Item]:
        return (await self._counted(what, ask))[0]

    async def _counted(
        self, what: str, ask: Callable[[], AsyncPaginator[Item]]
    ) -> tuple[list[Item], int]:
        paginator, found, cursors = ask(), list[Item](), set[str]()
        for number in range(1, PAGES_MAX + 1):
            page: Page[Item] = await self._ask(f"{what} page {number}", paginator.first_page)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found, number
            if cursor in cursors:
                raise Temporary(f"{what}: page {number} leads back to an earlier one")
            cursors.add(cursor)
            paginator = paginator.from_cursor(cursor)
        raise Temporary(f"{what}: more than {PAGES_MAX} pages")


PAYOUTS: Final[dict[tuple[Decimal, Decimal] | None, int]] = {
    (Decimal(1), Decimal(0)): 0,
    (Decimal(0), Decimal(1)): 1,
}


def micros(amount: Decimal) -> int:
    """Return an amount in millionths.

    Raises:
        Temporary: finer than a millionth, or no number; such an answer is not believed.

    """
    scaled = amount * MICROS
    if not amount.is_finite() or scaled != scaled.to_integral_value():
        raise Temporary(f"amount must have at most 6 decimals, was {str(amount)[:40]}")
    return int(scaled)


async def gathered(calls: Sequence[Awaitable[int]]) -> list[int]:
    """Wait for all; the first failure cancels the rest and is raised."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return [await task for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
