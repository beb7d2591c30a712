"""A trader's own reads: orders, trades, balances, heartbeats, notices."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
from aiohttp import web

from sandbox.polymarket.book.order import Order
from sandbox.polymarket.clock import MICROS
from sandbox.polymarket.signing.addresses import (
    CTF_OPERATORS,
    ERC20_SPENDERS,
    POSITION_OPERATORS,
    WalletKind,
    is_position_id,
)
from sandbox.polymarket.venue.accounts import INFINITE, ApiKey, Wallet
from sandbox.polymarket.venue.state import RefusedError
from sandbox.polymarket.venue.trade import Trade
from sandbox.polymarket.wire.answers import answer, hold, page
from sandbox.polymarket.wire.gate import Gate
from sandbox.polymarket.wire.intake import owns
from sandbox.polymarket.wire.shapes import open_order, trade_shape

PAGE = 100
Item = TypeVar("Item")
END = "LTE="
"""The venue's end cursor: base64 of -1."""


class Account:
    """Private reads of the CLOB, and its heartbeat."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.world = gate.world
        self._kept: tuple[object, list[Trade]] = (None, [])

    def routes(self) -> list[web.RouteDef]:
        """Return its routes."""
        return [
            web.get("/data/orders", self.orders),
            web.get("/data/order/{id}", self.order),
            web.get("/data/trades", self.trades),
            web.get("/balance-allowance", self.balance),
            web.get("/balance-allowance/update", self.refresh),
            web.get("/notifications", self.notifications),
            web.delete("/notifications", self.notifications),
            web.get("/v1/user/rate-limit-tier", self.tier),
            web.post("/v1/heartbeats", self.heartbeat),
            web.post("/heartbeats", self.old_heartbeat),
        ]

    async def orders(self, request: web.Request) -> web.StreamResponse:
        """List live orders."""
        key = await self.gate.second_level(request)
        now_us, venue = self.world.venue.now_us, self.world.venue
        asked = request.query
        found = [
            order
            for order in venue.live_orders()
            if order.hidden_until_us <= now_us
            and owns(self.world, key, order)
            and asked.get("id", order.id) == order.id
            and asked.get("market", order.market) == order.market
            and asked.get("asset_id", order.token) == order.token
        ]
        return self._page(request, found, lambda o: open_order(o, venue.markets[o.market]))

    async def order(self, request: web.Request) -> web.Response:
        """Return one live order; a finished one is not found."""
        key = await self.gate.second_level(request)
        order = self.world.venue.orders.get(request.match_info["id"])
        if order is None or not self._visible(order) or not owns(self.world, key, order):
            raise RefusedError("order not found", 404)
        return answer(open_order(order, self.world.venue.markets[order.market]))

    async def trades(self, request: web.Request) -> web.StreamResponse:
        """List trades of the caller, the newest first; `after` and `before` are match seconds."""
        key = await self.gate.second_level(request)
        found = self._found(key, request.query)
        return self._page(request, found, lambda trade: self._shape(key, trade))

    async def balance(self, request: web.Request) -> web.Response:
        """Return balance and allowances in base units, as the venue's cache has them."""
        wallet, token = await self._wallet(request)
        actual = wallet.tokens.get(token, 0) if token else wallet.cash
        stale = self.world.venue.faults.strikes("stale-balance")
        if not stale or token not in wallet.reported:
            wallet.reported[token] = actual
        spenders = ERC20_SPENDERS
        granted = {spender: wallet.allowance(spender) for spender in spenders}
        if token:
            operators = POSITION_OPERATORS if is_position_id(token) else CTF_OPERATORS
            granted = {o: INFINITE if wallet.may_move(token, o) else 0 for o in operators}
        shown = {spender: str(amount) for spender, amount in granted.items()}
        return answer({"balance": str(wallet.reported[token]), "allowances": shown})

    async def refresh(self, request: web.Request) -> web.Response:
        """Make the venue look at the chain again."""
        wallet, token = await self._wallet(request)
        wallet.reported[token] = wallet.tokens.get(token, 0) if token else wallet.cash
        return answer({})

    async def notifications(self, request: web.Request) -> web.Response:
        """Have no notices."""
        await self.gate.second_level(request)
        return answer("OK" if request.method == "DELETE" else [])

    async def tier(self, request: web.Request) -> web.Response:
        """Return the caller's rate-limit tier."""
        key = await self.gate.second_level(request)
        return answer({"tier": self.world.venue.accounts.trader(key.eoa).tier})

    async def heartbeat(self, request: web.Request) -> web.StreamResponse:
        """Accept a beat; a wrong id is told which one is expected.

        The client insists on `error_msg`, where OpenAPI says `error`.
        """
        key = await self.gate.second_level(request)
        if self.world.venue.faults.strikes("heartbeat-hangs"):
            return await hold(request)
        try:
            body = msgspec.json.decode(await request.read(), type=dict[str, str | None])
        except msgspec.DecodeError:
            raise RefusedError("Invalid payload") from None
        sent, now_us = body.get("heartbeat_id") or "", self.world.clocks.protocol_us()
        name = key.credentials.key
        accepted, expected = self.world.heartbeats.beat(self.world.venue, name, sent, now_us)
        if accepted:
            return answer({"heartbeat_id": expected})
        return answer({"error_msg": "Invalid Heartbeat ID", "heartbeat_id": expected}, 400)

    async def old_heartbeat(self, request: web.Request) -> web.Response:
        """Answer the legacy call, which arms nothing."""
        await self.gate.second_level(request)
        return answer({"status": "ok"})

    def _visible(self, order: Order) -> bool:
        return order.live and order.hidden_until_us <= self.world.venue.now_us

    def _takes(self, key: ApiKey, trade: Trade) -> bool:
        order = self.world.venue.orders.get(trade.taker_order_id)
        return order is not None and owns(self.world, key, order)

    def _concerns(self, key: ApiKey, trade: Trade) -> bool:
        if self._takes(key, trade):
            return True
        orders = self.world.venue.orders
        makers = (orders[leg.order_id] for leg in trade.legs if leg.ours)
        return any(owns(self.world, key, maker) for maker in makers)

    async def _wallet(self, request: web.Request) -> tuple[Wallet, str]:
        """Return the wallet and token that a balance call means."""
        key = await self.gate.second_level(request)
        asked = request.query
        kind, token = asked.get("signature_type", "0"), asked.get("token_id", "")
        if asked.get("asset_type") == "COLLATERAL":
            token = ""
        elif asked.get("asset_type") not in {"CONDITIONAL", "CONDITIONAL-V2"} or not token:
            raise RefusedError("Invalid asset type")
        if not kind.isdecimal() or int(kind) not in set(WalletKind):
            raise RefusedError("Invalid signature type")
        wallets = self.world.venue.accounts.wallets.values()
        of_kind = [w for w in wallets if w.kind == int(kind)]
        own = [w for w in of_kind if w.owner == key.eoa.lower()]
        own += [w for w in of_kind if any(s.address == key.eoa.lower() for s in w.sessions)]
        deployed = [w for w in own if w.deployed]
        return (deployed or own)[0], token

    def _found(self, key: ApiKey, asked: Mapping[str, str]) -> list[Trade]:
        """Return a caller's trades, the newest first; the last answer is kept for its pages."""
        trades = self.world.venue.trades
        narrowed = frozenset((k, v) for k, v in asked.items() if k != "next_cursor")
        label = (key.credentials.key, narrowed, len(trades))
        if self._kept[0] != label:
            every = reversed(trades.values())
            own = [t for t in every if self._concerns(key, t) and _within(t, asked)]
            self._kept = (label, own)
        return self._kept[1]

    def _shape(self, key: ApiKey, trade: Trade) -> dict[str, object]:
        market = self.world.venue.markets[trade.market]
        shape = trade_shape(trade, market, key.credentials.key, rest=True)
        shape["trader_side"] = "TAKER" if self._takes(key, trade) else "MAKER"
        return shape

    def _page(
        self, request: web.Request, found: list[Item], shape: Callable[[Item], dict[str, object]]
    ) -> web.StreamResponse:
        size = int(self.world.setting("page-lost", "page", PAGE))
        start = _offset(request.query.get("next_cursor"))
        if start and self.world.venue.faults.strikes("page-lost"):
            return page()
        shown = [shape(item) for item in found[start : start + size]]
        more = start + size < len(found)
        cursor = base64.b64encode(str(start + size).encode()).decode() if more else END
        return answer({"limit": size, "count": len(shown), "next_cursor": cursor, "data": shown})


def _within(trade: Trade, asked: Mapping[str, str]) -> bool:
    """Say whether a trade is one of those asked for."""
    seconds = trade.match_us // MICROS
    after, before = asked.get("after", ""), asked.get("before", "")
    makers = {trade.maker.lower(), *(leg.maker.lower() for leg in trade.legs)}
    return (
        asked.get("id", trade.id) == trade.id
        and asked.get("market", trade.market) == trade.market
        and asked.get("asset_id", trade.token) in {trade.token, *(leg.token for leg in trade.legs)}
        and (not after.isdecimal() or seconds >= int(after))
        and (not before.isdecimal() or seconds <= int(before))
        and (asked.get("maker_address") or trade.maker).lower() in makers
    )


def _offset(cursor: str | None) -> int:
    """Read a cursor.

    Raises:
        RefusedError: not one of ours.

    """
    if cursor is None:
        return 0
    try:
        offset = int(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError):
        raise RefusedError("Invalid cursor") from None
    if offset < 0:
        raise RefusedError("Invalid cursor")
    return offset
