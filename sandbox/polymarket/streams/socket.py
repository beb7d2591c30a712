"""What the CLOB's two sockets share: text frames, PING, and the ways a socket fails.

A socket's frames leave in the order in which they were queued; a client that does not read for
QUEUE_MOST frames is disconnected rather than waited for.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from aiohttp import WSMsgType, web

from sandbox.polymarket.world import World

QUEUE_MOST = 10_000
FRAME_BYTES_MOST = 4 * 2**20
MARKET_LOGGED_MOST = 300
Heard = Callable[[dict[str, object]], bool]
"""Takes a client's frame; False ends the connection."""


@dataclass(slots=True, eq=False)
class Socket:
    """One connection with its queue; `family` names its faults (`market` or `user`)."""

    world: World
    request: web.Request
    ws: web.WebSocketResponse
    family: str
    frozen: bool = False
    dead: bool = False
    held: bytes | None = None
    _queue: asyncio.Queue[bytes | None] = field(
        default_factory=lambda: asyncio.Queue(QUEUE_MOST), init=False
    )

    def push(self, frame: object) -> None:
        """Send a frame, as far as no fault is in the way."""
        if self.frozen or self.dead:
            return
        raw = msgspec.json.encode(frame)
        faults = self.world.venue.faults
        if faults.strikes("socket-cut"):
            self.abort()
            return
        if faults.strikes("socket-dead"):
            self.dead = True
            return
        if faults.strikes("socket-frozen"):
            self.frozen = True
            return
        self._send_spoilt(raw)

    def pong(self) -> None:
        """Answer a PING, unless the connection is dead."""
        if not self.dead:
            self._put(b"PONG")

    def abort(self) -> None:
        """Drop the connection without a close frame."""
        self.dead = True
        if self.request.transport is not None:
            self.request.transport.abort()

    async def drain(self) -> None:
        """Write queued frames until the socket ends."""
        while (raw := await self._queue.get()) is not None:
            try:
                await self.ws.send_str(raw.decode())
            except (ConnectionError, RuntimeError):
                return

    def end(self) -> None:
        """Stop writing."""
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait(None)

    def _send_spoilt(self, raw: bytes) -> None:
        faults, family = self.world.venue.faults, self.family
        if faults.strikes(f"{family}-frame-lost"):
            return
        if faults.strikes(f"{family}-frame-malformed"):
            draw = self.world.venue.draw("malformed")[0]
            raw = spoil(raw, draw) if family == "user" else raw[: len(raw) // 2]
        if self.held is None and faults.strikes(f"{family}-frames-swapped"):
            self.held = raw
            return
        self._put(raw)
        if faults.strikes(f"{family}-frame-twice"):
            self._put(raw)
        if self.held is not None:
            late, self.held = self.held, None
            self._put(late)

    def _put(self, raw: bytes) -> None:
        kept = raw if self.family == "user" else raw[:MARKET_LOGGED_MOST]
        self.world.log("frame", {"socket": self.family, "text": kept.decode(errors="replace")})
        try:
            self._queue.put_nowait(raw)
        except asyncio.QueueFull:
            self.abort()


def spoil(raw: bytes, draw: int) -> bytes:
    """Return a user frame in one of the forms that were captured and that the client drops.

    Sizes empty (a killed FOK), times in milliseconds or ISO, a maker without a side, words that
    nobody has listed. Source: nautilus_trader@a95c8042b captures, read 2026-11-22.
    """
    body = msgspec.json.decode(raw)
    if body["event_type"] == "order":
        changes: list[dict[str, object]] = [
            {"original_size": "", "size_matched": ""},
            {"created_at": body["created_at"] + "000"},
            {"type": "EXPIRATION"},
        ]
    else:
        makers = [{k: v for k, v in leg.items() if k != "side"} for leg in body["maker_orders"]]
        changes = [
            {"size": ""},
            {"match_time": "2026-09-28T09:00:00Z"},
            {"maker_orders": makers},
            {"status": "SETTLING"},
        ]
    return msgspec.json.encode(body | changes[draw % len(changes)])


async def serve(socket: Socket, heard: Heard) -> None:
    """Read frames until the client goes; PING is answered, JSON objects are handed to `heard`."""
    writer = asyncio.create_task(socket.drain())
    try:
        async for message in socket.ws:
            if message.type is not WSMsgType.TEXT:
                break
            if message.data == "PING":
                socket.pong()
                continue
            with contextlib.suppress(msgspec.DecodeError):
                body = msgspec.json.decode(message.data)
                if isinstance(body, dict) and not heard(body):
                    break
    finally:
        socket.end()
        writer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writer
        await socket.ws.close()
