"""`/ws/user`: a trader's own orders and trades. What was missed is never sent again.

Source: docs.polymarket.com on the user channel; filtered by condition id, not by token.
"""

import hmac

from aiohttp import web

from sandbox.polymarket.streams.socket import FRAME_BYTES_MOST, Socket, serve
from sandbox.polymarket.venue.accounts import ApiKey
from sandbox.polymarket.venue.note import Note, OrderNote, TradeNote
from sandbox.polymarket.wire import shapes
from sandbox.polymarket.wire.intake import owns
from sandbox.polymarket.world import World


class UserSocket:
    """Every connection to the user channel."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.listeners: dict[Socket, Listener] = {}
        world.venue.listeners.append(self.hear)

    def routes(self) -> list[web.RouteDef]:
        """Return its route."""
        return [web.get("/ws/user", self.connect)]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection."""
        if self.world.venue.faults.strikes("socket-refused"):
            return web.Response(status=503)
        ws = web.WebSocketResponse(max_msg_size=FRAME_BYTES_MOST, autoping=True)
        await ws.prepare(request)
        socket = Socket(self.world, request, ws, "user")
        listener = self.listeners[socket] = Listener(self.world, socket)
        try:
            await serve(socket, listener.asked)
        finally:
            del self.listeners[socket]
        return ws

    def hear(self, note: Note) -> None:
        """Pass orders and trades on to their owners."""
        if isinstance(note, OrderNote | TradeNote):
            for listener in list(self.listeners.values()):
                listener.tell(note)


class Listener:
    """One connection, whose key it has shown, and which markets it wants."""

    def __init__(self, world: World, socket: Socket) -> None:
        self.world = world
        self.socket = socket
        self.key: ApiKey | None = None
        self.markets: set[str] | None = None

    def asked(self, body: dict[str, object]) -> bool:
        """Authenticate, or change the markets; wrong credentials end the connection."""
        named = body.get("markets")
        markets = {str(market) for market in named} if isinstance(named, list) else None
        if self.key is None:
            self.key = self._authenticated(body.get("auth"))
            self.markets = markets
            return self.key is not None
        if body.get("operation") == "unsubscribe":
            self.markets = (self.markets or set()) - (markets or set())
        elif markets is not None:
            self.markets = (self.markets or set()) | markets
        return True

    def tell(self, note: OrderNote | TradeNote) -> None:
        """Send an event of the owner's."""
        if self.key is None:
            return
        market = self._market_of(note)
        if self.markets is not None and market not in self.markets:
            return
        venue = self.world.venue
        if isinstance(note, OrderNote):
            if owns(self.world, self.key, note.order):
                frame = shapes.order_event(
                    note.order, venue.markets[market], note.kind, venue.now_us
                )
                self.socket.push(frame)
            return
        ids = [note.trade.taker_order_id, *(leg.order_id for leg in note.trade.legs)]
        own = [i for i in ids if i in venue.orders and owns(self.world, self.key, venue.orders[i])]
        if own:
            name = self.key.credentials.key
            frame = shapes.trade_event(note.trade, venue.markets[market], name)
            frame["trader_side"] = "TAKER" if note.trade.taker_order_id in own else "MAKER"
            self.socket.push(frame)

    def _market_of(self, note: OrderNote | TradeNote) -> str:
        return note.order.market if isinstance(note, OrderNote) else note.trade.market

    def _authenticated(self, auth: object) -> ApiKey | None:
        if not isinstance(auth, dict) or self.world.venue.faults.strikes("user-auth-refused"):
            return None
        key = self.world.venue.accounts.keys.get(str(auth.get("apiKey")))
        if key is None:
            return None
        own = f"{key.credentials.secret}/{key.credentials.passphrase}"
        shown = f"{auth.get('secret')}/{auth.get('passphrase')}"
        return key if hmac.compare_digest(own.encode(), shown.encode()) else None
