"""Orders that rest far from the market, for a drill: least size at the least price, next window.

They are made through the vendor's client and not by the engine, which has to find them strange.
Whoever rests one kills or cancels afterwards; nothing here does.
"""

import asyncio
import json
from typing import Final

from polymarket import AcceptedOrder

from bot.adapters.polymarket.connection import Connection
from bot.adapters.wire.gamma import DURATIONS_S, Listing, listing
from bot.adapters.wire.number import Unbelievable
from bot.domain.market import SECOND_US, Market
from bot.ports import Permanent, Temporary

SERIES: Final = "btc-15m"
AHEAD_S: Final = 60
"""The window has to open later than this: nobody trades at one tick before it does."""


async def rest(connection: Connection, *, series: str = SERIES, count: int = 1) -> tuple[str, ...]:
    """Rest buys at one tick in the next window of a series; return their ids.

    Costs nothing but the cash it holds back, five cents an order at a tick of 0.01.

    Raises:
        Temporary: no answer; an order may rest.
        Permanent: the venue took none, or there is no such window.

    """
    market = await _next(connection, series)
    client, made = connection.client, []
    for number in range(count):
        signed = await connection.ask(
            "drill order",
            lambda number=number: client.create_limit_order(  # type: ignore[misc]
                token_id=market.up,
                price=str(market.tick),
                size=str(market.size_min.micros // 1_000_000 + number),
                side="BUY",
            ),
        )
        within_s = connection.settings.call_timeout_s
        try:
            async with asyncio.timeout(within_s):
                answer = await client.post_order(signed)
        except TimeoutError as error:
            raise Temporary(f"drill order: no answer within {within_s:g} s") from error
        if not isinstance(answer, AcceptedOrder) or answer.status != "live":
            raise Permanent(f"drill order: the venue does not let it rest: {answer}"[:200])
        made.append(str(answer.order_id).lower())
    return tuple(made)


async def _next(connection: Connection, series: str) -> Market:
    asset, _, length = series.partition("-")
    length_s = DURATIONS_S.get(length)
    if length_s is None:
        raise Permanent(f"series must be like {SERIES}, was {series!r}")
    after_s = connection.settings.clock.now_us() // SECOND_US + AHEAD_S
    slug = f"{asset}-updown-{length}-{after_s - after_s % length_s + length_s}"
    url = f"{connection.settings.endpoints.gamma}/markets/slug/{slug}"
    market = _read(slug, await connection.get(f"market {slug}", url)).market
    if not market.accepting_orders:
        raise Permanent(f"market {slug} takes no orders")
    return market


def _read(slug: str, said: object) -> Listing:
    try:
        return listing(json.dumps(said).encode())
    except Unbelievable as error:
        raise Temporary(f"market {slug}: {error}") from error
