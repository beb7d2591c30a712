"""One aiohttp application for all of the venue's addresses, and the loop that moves its time."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.polymarket.book.units import ONE
from sandbox.polymarket.keeping import Keeper
from sandbox.polymarket.services.chain import Chain
from sandbox.polymarket.services.control import Control, account_json
from sandbox.polymarket.services.gamma import Gamma
from sandbox.polymarket.services.portfolio import Portfolio
from sandbox.polymarket.services.relayer import Relayer
from sandbox.polymarket.services.rpc import Rpc
from sandbox.polymarket.services.sessions import Sessions
from sandbox.polymarket.streams.market import MarketSocket
from sandbox.polymarket.streams.price import PriceSocket
from sandbox.polymarket.streams.user import UserSocket
from sandbox.polymarket.venue.state import RefusedError
from sandbox.polymarket.venue.trading import cancel
from sandbox.polymarket.wire.account import Account
from sandbox.polymarket.wire.answers import answer, hold, page, refusal, trickle
from sandbox.polymarket.wire.gate import LIMIT_HEADERS, Gate, RestrictedError
from sandbox.polymarket.wire.keys import Keys
from sandbox.polymarket.wire.orders import Orders
from sandbox.polymarket.wire.public import Public
from sandbox.polymarket.world import World

HOST = "127.0.0.1"
BODY_BYTES_MOST = 2**20
BODY_LOGGED_MOST = 64 * 1024
READ_LOGGED_MOST = 1024
SAVE_US = ONE
TURN_S = 0.02
"""How often wall-clock duties are looked at, and how long market time may be late."""
GTD_EARLY_S = 60
"""The venue ends a GTD order a minute before its expiration."""
Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """A running stand-in."""

    def __init__(self, world: World, keeper: Keeper | None = None) -> None:
        self.world = world
        self.keeper = keeper
        self._saved_us = 0
        self.token = secrets.token_urlsafe(24)
        self.gate = Gate(world)
        self.relayer = Relayer(world, Chain(world.venue))
        self.rpc = Rpc(world, self.relayer.chain)
        self._runner: web.AppRunner | None = None
        self.turning: asyncio.Task[None] | None = None
        self.port = 0

    def app(self) -> web.Application:
        """Return the application with every route."""
        world, gate = self.world, self.gate
        app = web.Application(client_max_size=BODY_BYTES_MOST, middlewares=[self._middleware])
        parts = (
            Public(world),
            Keys(gate),
            Orders(gate),
            Account(gate),
            MarketSocket(world),
            UserSocket(world),
            PriceSocket(world),
            Gamma(world),
            Portfolio(world),
            self.relayer,
            self.rpc,
            Sessions(gate, self.relayer),
            Control(gate, self.token),
        )
        for part in parts:
            app.add_routes(part.routes())
        app.add_routes([web.get("/geoblock", self._geoblock)])
        return app

    async def start(self, port: int) -> None:
        """Listen on loopback and begin to move time."""
        self._runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.world.catch_up()
        self.turning = asyncio.create_task(self._turn())

    async def stop(self) -> None:
        """Stop listening."""
        if self.turning is not None:
            self.turning.cancel()
            await asyncio.wait({self.turning})
        if self._runner is not None:
            await self._runner.cleanup()
        if self.keeper is not None:
            self.keeper.save(self.world)
            self.keeper.close()
        self.world.journal.close()

    def first_line(self) -> dict[str, object]:
        """Return what the process says first: every address and the funded account."""
        http, ws = f"http://{HOST}:{self.port}", f"ws://{HOST}:{self.port}"
        return {
            "clob_url": http,
            "gamma_url": f"{http}/gamma",
            "data_url": f"{http}/data-api",
            "relayer_url": f"{http}/relayer",
            "rpc_url": f"{http}/rpc",
            "geoblock_url": f"{http}/geoblock",
            "market_ws_url": f"{ws}/ws/market",
            "user_ws_url": f"{ws}/ws/user",
            "price_ws_url": f"{ws}/ws/price",
            "control_url": f"{http}/control",
            "control_token": self.token,
            "market_clock": self.world.clocks.line(),
            "account": account_json(self.world.account),
        }

    async def _turn(self) -> None:
        """Move market time and look after what runs on the wall clock."""
        while True:
            behind = not self.world.catch_up()
            self._wall_duties()
            await asyncio.sleep(0 if behind else self._pause())

    def _pause(self) -> float:
        due = self.world.next_us()
        wait = self.world.clocks.wall_s_until(due) if due is not None else None
        return TURN_S if wait is None else min(TURN_S, max(0.0, wait))

    def _wall_duties(self) -> None:
        now_us = self.world.clocks.protocol_us()
        self.world.heartbeats.expire(self.world.venue, now_us)
        self.relayer.advance()
        self.rpc.advance()
        if self.keeper is not None and now_us - self._saved_us > SAVE_US:
            self._saved_us = now_us
            self.keeper.save(self.world)
        clocks, faults = self.world.clocks, self.world.venue.faults
        if clocks.skew_us == 0 and faults.rates and faults.strikes("clock-skew"):
            clocks.skew_us = int(self.world.setting("clock-skew", "by_s", 120) * ONE)
        for order in self.world.venue.live_orders():
            ends_us = (order.expiration_s - GTD_EARLY_S) * ONE
            if order.expiration_s and ends_us <= now_us:
                cancel(self.world.venue, order, "CANCELED_EXPIRED_ORDER")

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Next) -> web.StreamResponse:
        """Bring time up to date, journal, and give refusals the venue's shape."""
        if request.path.startswith(("/control", "/ws/")):
            return await handler(request)
        self.world.catch_up()
        body = (await request.read())[:BODY_LOGGED_MOST].decode(errors="replace")
        asked: dict[str, object] = {
            "method": request.method,
            "path": request.path_qs,
            "address": request.headers.get("POLY_ADDRESS", ""),
            "body": body,
        }
        self.world.log("request", asked)
        number = self.world.journal.sequence
        response = await self._answered(request, handler)
        if not response.prepared:
            response.headers.update(request.get(LIMIT_HEADERS, {}))
        text = response.body if isinstance(response, web.Response) else b""
        most = READ_LOGGED_MOST if request.method == "GET" else BODY_LOGGED_MOST
        said: dict[str, object] = {
            "to": number,
            "path": request.path,
            "status": response.status,
            "body": text[:most].decode(errors="replace") if isinstance(text, bytes) else "",
        }
        self.world.log("answer", said)
        return response

    async def _answered(self, request: web.Request, handler: Next) -> web.StreamResponse:
        reads = request.method == "GET"
        instead = await self._instead(request, reads=reads)
        if instead is not None:
            return instead
        try:
            response = await handler(request)
        except RefusedError as error:
            return refusal(error.said, error.status)
        except RestrictedError as error:
            return error.response
        faults = self.world.venue.faults
        if reads and isinstance(response, web.Response) and faults.strikes("read-trickles"):
            return await trickle(request, response)
        return response

    async def _instead(self, request: web.Request, *, reads: bool) -> web.Response | None:
        """Return what a proxy in front of the venue answers by itself, if a fault says so."""
        faults = self.world.venue.faults
        if faults.strikes("cloudflare-403"):
            return page(403)
        await self.gate.held_back(request)
        if reads and faults.strikes("read-502"):
            return page()
        if reads and faults.strikes("read-timeout"):
            return await hold(request)
        return None

    async def _geoblock(self, _: web.Request) -> web.Response:
        """Say whether orders are allowed from here; of close-only places only the country tells.

        Source: docs.polymarket.com/api-reference/geoblock, read 2026-11-23.
        """
        faults = self.world.venue.faults
        blocked, closing = faults.strikes("geoblocked"), faults.strikes("geoblock-close-only")
        country, region = ("US", "NY") if blocked else ("SG", "") if closing else ("IE", "L")
        place = {"ip": HOST, "country": country, "region": region}
        return answer({"blocked": blocked, **place})
