"""Public reads of the CLOB: books, prices, ticks, market facts.

Where OpenAPI and the vendor's client differ, the client is served: `mid` rather than `mid_price`,
prices as strings. Source: polymarket-client 0.14.0 `_internal/actions/clob.py`.
"""

from decimal import Decimal

import msgspec
from aiohttp import web

from sandbox.polymarket.book.units import ONE, text
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.venue.rules import NO_BOOK
from sandbox.polymarket.venue.state import RefusedError
from sandbox.polymarket.wire.answers import answer
from sandbox.polymarket.wire.shapes import best_of
from sandbox.polymarket.world import World

TOKENS_MOST = 500
Place = tuple[Market, int]


class Public:
    """What anybody may ask."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[web.RouteDef]:
        """Return its routes."""
        return [
            web.get("/", self.alive),
            web.get("/ok", self.alive),
            web.get("/time", self.time),
            web.get("/version", self.version),
            web.get("/book", self.book),
            web.post("/books", self.books),
            web.get("/midpoint", self.midpoint),
            web.post("/midpoints", self.midpoints),
            web.get("/price", self.price),
            web.post("/prices", self.prices),
            web.get("/spread", self.spread),
            web.post("/spreads", self.spreads),
            web.get("/last-trade-price", self.last),
            web.post("/last-trades-prices", self.lasts),
            web.get("/tick-size", self.tick),
            web.get("/neg-risk", self.neg_risk),
            web.get("/fee-rate", self.fee_rate),
            web.get("/fees/builder-fees/{code}", self.builder_fees),
            web.get("/markets-by-token/{token}", self.by_token),
            web.get("/clob-markets/{condition}", self.market),
            web.get("/rebates/current", self.rebates),
        ]

    async def alive(self, _: web.Request) -> web.Response:
        """Say OK."""
        return answer("OK")

    async def time(self, _: web.Request) -> web.Response:
        """Return protocol time, a bare integer of seconds."""
        return answer(self.world.clocks.protocol_s())

    async def version(self, _: web.Request) -> web.Response:
        """Return the version of the CLOB."""
        return answer({"version": 2})

    async def book(self, request: web.Request) -> web.Response:
        """Return one book."""
        market, index = self._asked(request)
        return answer(market.book_json(index))

    async def books(self, request: web.Request) -> web.Response:
        """Return several books; tokens without one are left out."""
        return answer([m.book_json(i) for m, i in await self._many(request)])

    async def midpoint(self, request: web.Request) -> web.Response:
        """Return the middle of best bid and ask."""
        return answer({"mid": _mid(*self._asked(request))})

    async def midpoints(self, request: web.Request) -> web.Response:
        """Return several middles by token."""
        return answer({m.tokens[i]: _mid(m, i) for m, i in await self._many(request)})

    async def price(self, request: web.Request) -> web.Response:
        """Return the best bid for BUY and the best ask for SELL."""
        side = request.query.get("side", "").upper()
        if side not in {"BUY", "SELL"}:
            raise RefusedError("Invalid side")
        market, index = self._asked(request)
        return answer({"price": best_of(market, index)[side == "SELL"]})

    async def prices(self, request: web.Request) -> web.Response:
        """Return best prices by token and side."""
        found: dict[str, dict[str, str]] = {}
        for item in await _items(request):
            place = self._place(str(item.get("token_id")))
            side = str(item.get("side", ""))
            if place is not None and side in {"BUY", "SELL"}:
                market, index = place
                best = best_of(market, index)[side == "SELL"]
                found.setdefault(market.tokens[index], {})[side] = best
        return answer(found)

    async def spread(self, request: web.Request) -> web.Response:
        """Return best ask less best bid."""
        return answer({"spread": _spread(*self._asked(request))})

    async def spreads(self, request: web.Request) -> web.Response:
        """Return several spreads by token."""
        return answer({m.tokens[i]: _spread(m, i) for m, i in await self._many(request)})

    async def last(self, request: web.Request) -> web.Response:
        """Return the last trade; 0.5 and no side where there was none."""
        market, index = self._asked(request)
        return answer(_last(market, index))

    async def lasts(self, request: web.Request) -> web.Response:
        """Return several last trades."""
        places = await self._many(request)
        return answer([{"token_id": m.tokens[i], **_last(m, i)} for m, i in places])

    async def tick(self, request: web.Request) -> web.Response:
        """Return the price step, a number."""
        market, _ = self._asked(request)
        return answer({"minimum_tick_size": _number(market.tick)})

    async def neg_risk(self, request: web.Request) -> web.Response:
        """Say whether the market is of the neg-risk kind."""
        market, _ = self._asked(request)
        return answer({"neg_risk": market.neg_risk})

    async def fee_rate(self, request: web.Request) -> web.Response:
        """Return the number that is not the fee; see `fd` of /clob-markets."""
        market, _ = self._asked(request)
        return answer({"base_fee": 1000 if market.rate else 0})

    async def builder_fees(self, _: web.Request) -> web.Response:
        """Know no builder: every code is unknown here."""
        raise RefusedError("builder not found", 404)

    async def by_token(self, request: web.Request) -> web.Response:
        """Return the condition and both tokens of a token."""
        place = self._place(request.match_info["token"])
        if place is None:
            raise RefusedError("market not found", 404)
        first, second = place[0].tokens
        body = {"condition_id": place[0].condition_id, "primary_token_id": first}
        return answer(body | {"secondary_token_id": second})

    async def market(self, request: web.Request) -> web.Response:
        """Return what an order needs to know of a market."""
        wanted = request.match_info["condition"].lower()
        market = self.world.venue.markets.get(wanted)
        if market is None or market.book_from_us > self.world.venue.now_us:
            raise RefusedError("market not found", 404)
        return answer(
            {
                "c": market.condition_id,
                "t": [
                    {"t": token, "o": outcome}
                    for token, outcome in zip(market.tokens, market.outcomes, strict=True)
                ],
                "mts": _number(market.tick),
                "mos": _number(market.min_size),
                "mbf": 1000 if market.rate else 0,
                "tbf": 1000 if market.rate else 0,
                "nr": market.neg_risk,
                "itode": market.delay_us > 0,
                "gst": None,
                "fd": {"r": _number(int(market.rate * ONE)), "e": market.exponent, "to": True},
            }
        )

    async def rebates(self, _: web.Request) -> web.Response:
        """Return no rebates: they are paid daily and nothing here lasts a day."""
        return answer([])

    def _asked(self, request: web.Request) -> Place:
        token = request.query.get("token_id", "")
        if not token.isdecimal():
            raise RefusedError("Invalid token id")
        place = self._place(token)
        if place is None:
            raise RefusedError(NO_BOOK, 404)
        return place

    def _place(self, token: str) -> Place | None:
        market = self.world.venue.market_of(token)
        if market is None or market.closed or not market.accepting:
            return None
        if market.book_from_us > self.world.venue.now_us:
            return None
        return market, market.index_of(token)

    async def _many(self, request: web.Request) -> list[Place]:
        tokens = [str(item.get("token_id")) for item in await _items(request)]
        return [place for token in tokens if (place := self._place(token)) is not None]


async def _items(request: web.Request) -> list[dict[str, object]]:
    try:
        items = msgspec.json.decode(await request.read(), type=list[dict[str, object]])
    except msgspec.DecodeError:
        raise RefusedError("Invalid payload") from None
    if len(items) > TOKENS_MOST:
        raise RefusedError("Payload exceeds the limit")
    return items


def _number(amount: int) -> float:
    return amount / ONE


def _mid(market: Market, index: int) -> str:
    bid, ask = (Decimal(best) for best in best_of(market, index))
    return format(((bid + ask) / 2).normalize(), "f")


def _spread(market: Market, index: int) -> str:
    bid, ask = (Decimal(best) for best in best_of(market, index))
    return format((ask - bid).normalize(), "f")


def _last(market: Market, index: int) -> dict[str, str]:
    del index
    return {"price": market.last_price or text(ONE // 2), "side": market.last_side}
