"""PolyBolt: prices by subscription. `price.crypto.twap` is the 60 s average that resolves windows.

Source: docs.polymarket.com/api-reference/live-data/overview.md and its AsyncAPI, read 2026-11-22.
Timestamps are market time; a subscription begins with a snapshot of the last two minutes.
"""

import asyncio
import contextlib
import hmac
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from aiohttp import WSMsgType, web

from sandbox.polymarket.book.units import text
from sandbox.polymarket.venue.note import Note, PriceNote
from sandbox.polymarket.world import SPOT, World

TWAP = "price.crypto.twap"
WINDOW_S = 60
SNAPSHOT_POINTS = 120
SUBSCRIPTIONS_MOST = 64
FRAMES_A_SECOND = 20
AUTHS_MOST = 8
FRAME_BYTES_MOST = 64 * 1024
QUEUE_MOST = 2_000
PING_S = 25.0
AUTH_CLOSED = 4001
SLOW_CLOSED = 4002
POLICY_CLOSED = 4008
Key = tuple[str, str]
"""Channel and symbol."""


class PriceSocket:
    """Every connection to the price channel, and the points of the last two minutes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients: set[Client] = set()
        self.points: dict[Key, deque[tuple[int, int]]] = {}
        world.venue.listeners.append(self.hear)

    def routes(self) -> list[web.RouteDef]:
        """Return its route."""
        return [web.get("/ws/price", self.connect)]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection."""
        if self.world.venue.faults.strikes("socket-refused"):
            return web.Response(status=503)
        ws = web.WebSocketResponse(max_msg_size=FRAME_BYTES_MOST, autoping=True, heartbeat=PING_S)
        await ws.prepare(request)
        client = Client(self, ws)
        self.clients.add(client)
        writer = asyncio.create_task(client.drain())
        try:
            async for message in ws:
                if message.type is not WSMsgType.TEXT:
                    break
                client.read(message.data)
        finally:
            self.clients.discard(client)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
            await ws.close()
        return ws

    def hear(self, note: Note) -> None:
        """Keep a point and pass it on."""
        if not isinstance(note, PriceNote):
            return
        key = (note.channel, note.symbol)
        points = self.points.setdefault(key, deque(maxlen=SNAPSHOT_POINTS))
        points.append((note.at_us, note.value))
        for client in list(self.clients):
            client.tell(key, note)

    def right(self, auth: object) -> bool:
        """Say whether these are CLOB credentials."""
        if not isinstance(auth, dict):
            return False
        key = self.world.venue.accounts.keys.get(str(auth.get("apiKey")))
        if key is None:
            return False
        own = f"{key.credentials.secret}/{key.credentials.passphrase}"
        shown = f"{auth.get('secret')}/{auth.get('passphrase')}"
        return hmac.compare_digest(own.encode(), shown.encode())


@dataclass(slots=True, eq=False)
class Client:
    """One connection: authenticated or not, and what it follows with its sequence numbers."""

    owner: PriceSocket
    ws: web.WebSocketResponse
    authed: bool = False
    auths: int = 0
    frozen: bool = False
    lost: int = 0
    sequences: dict[Key, int] = field(default_factory=dict)
    frames: deque[float] = field(default_factory=lambda: deque(maxlen=FRAMES_A_SECOND))
    _queue: asyncio.Queue[bytes | int] = field(
        default_factory=lambda: asyncio.Queue(QUEUE_MOST), init=False
    )

    def read(self, raw: str) -> None:
        """Take a client's frame."""
        try:
            body = msgspec.json.decode(raw, type=dict[str, object])
        except msgspec.DecodeError:
            self._error(None, "bad_op")
            return
        rid, op = body.get("rid"), body.get("op")
        if op == "auth":
            self._auth(body, rid)
        elif op == "ping":
            self._put({"op": "pong"})
        elif op == "subscribe":
            self._subscribe(body, rid)
        elif op == "unsubscribe":
            for key in self._keys(body.get("subscriptions")):
                if isinstance(key, tuple):
                    self.sequences.pop(key, None)
            self._put({"op": "unsubscribed", "rid": rid})
        else:
            self._error(rid, "bad_op")

    def tell(self, key: Key, note: PriceNote) -> None:
        """Send a point, unless a fault is in the way."""
        faults = self.owner.world.venue.faults
        if key not in self.sequences or self.frozen:
            return
        if faults.strikes("price-closed-4001"):
            self._queue.put_nowait(AUTH_CLOSED)
            return
        if faults.strikes("price-frozen"):
            self.frozen = True
            return
        self.sequences[key] += 1
        if faults.strikes("price-tick-lost"):
            self.lost += 1
            return
        payload = {**_source(key), **_point(note.at_us, note.value)}
        frame = self._frame(key, payload, note.at_us)
        if self.lost:
            frame["dropped"], self.lost = self.lost, 0
        self._put(frame)

    async def drain(self) -> None:
        """Write queued frames; a number closes with that code."""
        while True:
            item = await self._queue.get()
            with contextlib.suppress(ConnectionError, RuntimeError):
                if isinstance(item, int):
                    await self.ws.close(code=item)
                    return
                await self.ws.send_str(item.decode())

    def _auth(self, body: dict[str, object], rid: object) -> None:
        self.auths += 1
        if self.auths > AUTHS_MOST:
            self._error(rid, "auth_attempts")
            self._close(POLICY_CLOSED)
        elif self.owner.world.venue.faults.strikes("price-auth-unavailable"):
            self._error(rid, "auth_unavailable")
        elif self.owner.right(body.get("auth")):
            self.authed = True
            self._put({"op": "authed", "rid": rid})
        else:
            self._error(rid, "auth_invalid")
            self._close(AUTH_CLOSED)

    def _subscribe(self, body: dict[str, object], rid: object) -> None:
        loop_s = asyncio.get_running_loop().time()
        crowded = len(self.frames) == FRAMES_A_SECOND and loop_s - self.frames[0] < 1
        self.frames.append(loop_s)
        if not self.authed:
            self._error(rid, "auth_required")
            return
        if crowded:
            self._error(rid, "rate_limited")
            return
        for key in self._keys(body.get("subscriptions")):
            if isinstance(key, str):
                self._error(rid, key)
            elif len(self.sequences) >= SUBSCRIPTIONS_MOST:
                self._error(rid, "sub_limit")
            else:
                self._put({"op": "subscribed", "rid": rid, "channel": key[0]})
                self._snapshot(key)

    def _keys(self, subscriptions: object) -> Iterable[Key | str]:
        """Yield a channel and symbol for each item, or the error code it deserves."""
        for item in subscriptions if isinstance(subscriptions, list) else []:
            channel = item.get("channel") if isinstance(item, dict) else None
            filters = item.get("filter") if isinstance(item, dict) else None
            if channel not in {TWAP, SPOT}:
                yield "bad_channel"
            elif not isinstance(filters, dict) or not _readable(str(channel), filters):
                yield "bad_filter"
            else:
                yield str(channel), str(filters["symbol"]).lower()

    def _snapshot(self, key: Key) -> None:
        self.sequences[key] = self.sequences.get(key, 0) + 1
        points = self.owner.points.get(key, deque())
        rows = [_point(at_us, value) for at_us, value in points]
        frame = self._frame(key, {**_source(key), "data": rows}, self.owner.world.venue.now_us)
        self._put(frame | {"snapshot": True})

    def _frame(self, key: Key, payload: dict[str, object], at_us: int) -> dict[str, object]:
        head: dict[str, object] = {"v": 1, "channel": key[0], "seq": self.sequences[key]}
        return head | {"ts": at_us // 1000, "payload": payload}

    def _error(self, rid: object, code: str) -> None:
        self._put({"op": "error", "rid": rid, "code": code})

    def _close(self, code: int) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait(code)

    def _put(self, frame: dict[str, object]) -> None:
        raw = msgspec.json.encode(frame)
        self.owner.world.log("frame", {"socket": "price", "text": raw.decode()})
        if self._queue.qsize() >= QUEUE_MOST - 1:
            self._close(SLOW_CLOSED)
            return
        self._queue.put_nowait(raw)


def _readable(channel: str, filters: dict[str, object]) -> bool:
    if not isinstance(filters.get("symbol"), str):
        return False
    return channel != TWAP or filters.get("window_seconds", WINDOW_S) == WINDOW_S


def _source(key: Key) -> dict[str, object]:
    if key[0] == TWAP:
        return {"symbol": key[1], "source": "chainlink", "window_seconds": WINDOW_S}
    return {"symbol": key[1], "source": "pyth"}


def _point(at_us: int, value: int) -> dict[str, object]:
    return {
        "timestamp": at_us // 1000,
        "value": value / 1_000_000,
        "full_accuracy_value": text(value),
    }
