"""Gamma: markets and events as listings, with the venue's present state laid over what was listed.

Sources: docs.polymarket.com on Gamma; dilettante-trading/polyoxide docs/specs/gamma/OBSERVED.md
for what the server does otherwise than its specification, read 2026-11-22.
"""

import json
from datetime import UTC, datetime

from aiohttp import web

from sandbox.polymarket.book.units import ONE, text
from sandbox.polymarket.venue.market import SECOND_US, Market
from sandbox.polymarket.venue.state import RefusedError
from sandbox.polymarket.wire.answers import answer
from sandbox.polymarket.wire.shapes import best_of
from sandbox.polymarket.world import World

PAGE_MOST = 100
"""A larger `limit` is cut to this without a word."""
SERIES = {"btc-up-or-down-15m": "10192"}
KNOWN = {"v1", "v2"}
"""A page without `version` holds v1 markets only; a version nobody knows is never filtered out."""
_YES = {"true", "1"}


class Gamma:
    """`gamma-api`."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[web.RouteDef]:
        """Return its routes, below /gamma."""
        return [
            web.get("/gamma/markets/slug/{slug}", self.market_by_slug),
            web.get("/gamma/markets/keyset", self.markets_page),
            web.get("/gamma/markets/{id}", self.market_by_id),
            web.get("/gamma/markets", self.markets_list),
            web.get("/gamma/events/slug/{slug}", self.event_by_slug),
            web.get("/gamma/events/keyset", self.events_page),
            web.get("/gamma/events/{id}", self.event_by_id),
            web.get("/gamma/events", self.events_list),
        ]

    async def market_by_slug(self, request: web.Request) -> web.Response:
        """Return one market."""
        return answer(self._market(self._one("slug", request.match_info["slug"])))

    async def market_by_id(self, request: web.Request) -> web.Response:
        """Return one market."""
        return answer(self._market(self._one("id", request.match_info["id"])))

    async def event_by_slug(self, request: web.Request) -> web.Response:
        """Return the event of one window; it has the market's slug."""
        return answer(self._event(self._one("slug", request.match_info["slug"])))

    async def event_by_id(self, request: web.Request) -> web.Response:
        """Return one event."""
        return answer(self._event(self._one("event", request.match_info["id"])))

    async def markets_page(self, request: web.Request) -> web.Response:
        """Return a page of markets and the cursor of the next, absent at the end."""
        found, cursor = self._page(request, every_version=False)
        body: dict[str, object] = {"markets": [self._market(market) for market in found]}
        return answer(body | cursor)

    async def events_page(self, request: web.Request) -> web.Response:
        """Return a page of events."""
        found, cursor = self._page(request, every_version=True)
        body: dict[str, object] = {"events": [self._event(market) for market in found]}
        return answer(body | cursor)

    async def markets_list(self, request: web.Request) -> web.Response:
        """Return the older, bare list."""
        found, _ = self._page(request, every_version=False)
        return answer([self._market(market) for market in found])

    async def events_list(self, request: web.Request) -> web.Response:
        """Return the older, bare list."""
        found, _ = self._page(request, every_version=True)
        return answer([self._event(market) for market in found])

    def _one(self, field: str, wanted: str) -> Market:
        for market in self.world.venue.markets.values():
            known = {"slug": market.slug, "id": market.id, "event": _event_id(market)}
            if known[field] == wanted:
                return market
        raise RefusedError("not found", 404)

    def _page(
        self, request: web.Request, *, every_version: bool
    ) -> tuple[list[Market], dict[str, object]]:
        asked = request.query
        closed = asked.get("closed")
        versions = asked.getall("version", ["v1"])
        slugs, ids = asked.getall("slug", []), asked.getall("id", [])
        conditions = [c.lower() for c in asked.getall("condition_ids", [])]
        series = asked.get("series_id")
        since = _instant(asked.get("start_time_min"))
        found = [
            market
            for market in self.world.venue.markets.values()
            if (not slugs or market.slug in slugs)
            and (not ids or market.id in ids)
            and (not conditions or market.condition_id in conditions)
            and (closed is None or market.closed is (closed in _YES))
            and (every_version or market.version in versions or market.version not in KNOWN)
            and (series is None or _series_id(market) == series)
            and (since is None or market.start_us >= since)
        ]
        descending = asked.get("ascending", "true") not in _YES
        found.sort(key=lambda m: (m.start_us, m.slug), reverse=descending)
        start = _number(asked.get("after_cursor"), 0)
        size = min(_number(asked.get("limit"), 20), PAGE_MOST)
        rest = len(found) > start + size
        cursor: dict[str, object] = {"next_cursor": str(start + size)} if rest else {}
        return found[start : start + size], cursor

    def _market(self, market: Market) -> dict[str, object]:
        """Return a market: what was listed, with its present state over it."""
        prices, bid, ask = self._prices(market)
        body = {
            **market.gamma,
            "id": market.id,
            "slug": market.slug,
            "version": market.version,
            "conditionId": market.condition_id,
            "outcomes": json.dumps(market.outcomes),
            "outcomePrices": json.dumps(prices),
            "active": True,
            "closed": market.closed,
            "acceptingOrders": market.accepting,
            "enableOrderBook": True,
            "negRisk": market.neg_risk,
            "orderPriceMinTickSize": market.tick / ONE,
            "orderMinSize": market.min_size / ONE,
            "bestBid": bid,
            "bestAsk": ask,
            "volumeNum": market.volume / ONE,
        }
        if market.version == "v1":
            body["clobTokenIds"] = json.dumps(market.tokens)
            body.pop("positionIds", None)
            body["umaResolutionStatus"] = "resolved" if market.closed else ""
        else:
            body["positionIds"] = list(market.tokens)
            body.pop("clobTokenIds", None)
            body["resolutionStatus"] = "resolved" if market.closed else "active"
        return body

    def _prices(self, market: Market) -> tuple[list[str], float, float]:
        """Return outcome prices: 1 and 0 only once resolved, 0.9995 and 0.0005 in between."""
        bid, ask = best_of(market, 0)
        if market.winner is not None:
            prices = ["1" if index == market.winner else "0" for index in (0, 1)]
        elif not market.accepting:
            likely = (micros_of(bid) + micros_of(ask)) >= ONE
            prices = ["0.9995", "0.0005"] if likely else ["0.0005", "0.9995"]
        else:
            middle = (micros_of(bid) + micros_of(ask)) // 2
            prices = [text(middle), text(ONE - middle)]
        return prices, micros_of(bid) / ONE, micros_of(ask) / ONE

    def _event(self, market: Market) -> dict[str, object]:
        """Return the event around a window; the price to beat comes late, as at the venue."""
        known: dict[str, object] = {}
        strike = self.world.prices.twap(market.symbol, market.start_us)
        if strike is not None and self.world.venue.now_us > market.start_us + 60 * SECOND_US:
            known["priceToBeat"] = strike / ONE
        last = self.world.prices.twap(market.symbol, market.end_us)
        if market.closed and last is not None:
            known["finalPrice"] = last / ONE
        return {
            "id": _event_id(market),
            "slug": market.slug,
            "title": str(market.gamma.get("question") or market.slug),
            "startTime": _iso(market.start_us),
            "endDate": _iso(market.end_us),
            "active": True,
            "closed": market.closed,
            "eventMetadata": known,
            "series": [{"id": _series_id(market), "slug": _series(market)}],
            "markets": [self._market(market)],
        }


def micros_of(decimal: str) -> int:
    """Read one of our own decimal strings."""
    whole, _, part = decimal.partition(".")
    return int(whole) * ONE + int(part.ljust(6, "0"))


def _event_id(market: Market) -> str:
    return str(int(market.id) + 1_000_000) if market.id.isdecimal() else f"event-{market.id}"


def _series(market: Market) -> str:
    parts = market.slug.split("-")
    return f"{market.asset}-up-or-down-{parts[2]}" if market.asset and len(parts) > 2 else "other"  # noqa: PLR2004


def _series_id(market: Market) -> str:
    slug = _series(market)
    return SERIES.get(slug, str(20_000 + sum(slug.encode())))


def _iso(at_us: int) -> str:
    moment = datetime.fromtimestamp(at_us // SECOND_US, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant(given: str | None) -> int | None:
    if given is None:
        return None
    try:
        return int(datetime.fromisoformat(given).timestamp()) * SECOND_US
    except ValueError:
        raise RefusedError("start_time_min must be an instant", 422) from None


def _number(given: str | None, default: int) -> int:
    if given is None:
        return default
    if not given.isdecimal():
        raise RefusedError("limit and cursor must be numbers", 422)
    return int(given)
