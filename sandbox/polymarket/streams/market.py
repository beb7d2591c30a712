"""`/ws/market`: books and trades of the tokens a client names. No sequence numbers, no replay.

Source: docs.polymarket.com/market-data/websocket/market-channel, and polymarket-client 0.14.0.
"""

from aiohttp import web

from sandbox.polymarket.streams.socket import FRAME_BYTES_MOST, Socket, serve
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.venue.note import (
    BookNote,
    LevelsNote,
    ListedNote,
    Note,
    PrintNote,
    ResolvedNote,
    TickNote,
)
from sandbox.polymarket.wire import shapes
from sandbox.polymarket.world import World


class MarketSocket:
    """Every connection to the market channel."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.followers: dict[Socket, Follower] = {}
        world.venue.listeners.append(self.hear)

    def routes(self) -> list[web.RouteDef]:
        """Return its route."""
        return [web.get("/ws/market", self.connect)]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection."""
        if self.world.venue.faults.strikes("socket-refused"):
            return web.Response(status=503)
        ws = web.WebSocketResponse(max_msg_size=FRAME_BYTES_MOST, autoping=True)
        await ws.prepare(request)
        socket = Socket(self.world, request, ws, "market")
        follower = self.followers[socket] = Follower(self.world, socket)
        try:
            await serve(socket, follower.asked)
        finally:
            del self.followers[socket]
        return ws

    def hear(self, note: Note) -> None:
        """Pass what happened on to those who follow it."""
        for follower in list(self.followers.values()):
            follower.tell(note)


class Follower:
    """One connection and the tokens it follows."""

    def __init__(self, world: World, socket: Socket) -> None:
        self.world = world
        self.socket = socket
        self.tokens: set[str] = set()
        self.custom = False

    def asked(self, body: dict[str, object]) -> bool:
        """Follow, or stop following; every token newly named is answered with its book."""
        ids = body.get("assets_ids")
        named = [str(token) for token in ids] if isinstance(ids, list) else []
        if body.get("operation") == "unsubscribe":
            self.tokens.difference_update(named)
            return True
        self.custom = self.custom or body.get("custom_feature_enabled") is True
        fresh = [token for token in named if token not in self.tokens]
        self.tokens.update(named)
        if body.get("initial_dump", True) is not False:
            self._dump(fresh)
        return True

    def tell(self, note: Note) -> None:
        """Send what a note means to this connection."""
        if isinstance(note, BookNote):
            if note.market.tokens[note.index] in self.tokens:
                self.socket.push(shapes.book_event(note.market, note.index))
        elif isinstance(note, LevelsNote):
            frame = shapes.price_change(note, self.tokens)
            if frame is not None:
                self.socket.push(frame)
                self._bests(note.market)
        elif isinstance(note, PrintNote):
            if note.market.tokens[note.index] in self.tokens:
                self.socket.push(shapes.last_trade_event(note, self.world.venue.now_us))
        else:
            self._tell_market(note)

    def _tell_market(self, note: Note) -> None:
        now_us = self.world.venue.now_us
        if isinstance(note, TickNote):
            for index, token in enumerate(note.market.tokens):
                if token in self.tokens:
                    self.socket.push(shapes.tick_event(note, index, now_us))
        elif isinstance(note, ListedNote) and self.custom:
            self.socket.push(shapes.market_event(note.market, "new_market", now_us))
        elif isinstance(note, ResolvedNote) and self._follows(note.market):
            self.socket.push(shapes.market_event(note.market, "market_resolved", now_us))

    def _follows(self, market: Market) -> bool:
        return self.custom and bool(self.tokens & set(market.tokens))

    def _bests(self, market: Market) -> None:
        if not self.custom:
            return
        for index, token in enumerate(market.tokens):
            if token in self.tokens:
                self.socket.push(shapes.best_event(market, index))

    def _dump(self, tokens: list[str]) -> None:
        """Answer with an array of books."""
        books = []
        for token in tokens:
            market = self.world.venue.market_of(token)
            known = market is not None and market.book_from_us <= self.world.venue.now_us
            if market is not None and known and market.accepting:
                books.append(shapes.book_event(market, market.index_of(token)))
        if books:
            self.socket.push(books)
