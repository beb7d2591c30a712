"""The price socket (PolyBolt): the averages that windows settle on, their age and their gaps.

It needs credentials. Its silence is told at once and it is dialled again: whoever decides on a
price must not decide on an old one. Frames go on as received; nothing here reads a value.
"""

import asyncio
import time
from typing import Final

import msgspec

from bot.adapters.polymarket.feed.connection import Connection, Dial, Send
from bot.adapters.polymarket.feed.inbox import Inbox
from bot.adapters.polymarket.feed.place import Ground, Login, Notice, Severity
from bot.adapters.wire import shape
from bot.adapters.wire.price import CHANNEL, NAME_MAX, SYMBOLS_MAX

PING: Final = b'{"op":"ping"}'
PING_S, SILENT_S = 20.0, 60.0
AGE_S_MAX: Final = 3.0
"""Market time without a new price; they come every second. At least `FLOOR_S` on the wall."""
FLOOR_S: Final = 1.5
GAP_MS_MAX: Final = 2_500
LOOK_S: Final = 0.1
WINDOW_S: Final = 60


class _Point(msgspec.Struct):
    timestamp: int


class _Payload(msgspec.Struct):
    symbol: str = ""
    timestamp: int | None = None
    data: list[_Point] | None = None


class _Said(msgspec.Struct):
    op: str | None = None
    code: str | None = None
    channel: str | None = None
    dropped: int = 0
    payload: _Payload | None = None


_said: Final = msgspec.json.Decoder(_Said)


class PriceStream:
    """Follows the symbols of the wanted assets; a `Dialogue`."""

    def __init__(self, ground: Ground, login: Login, inbox: Inbox) -> None:
        """Dial nothing yet."""
        self._ground = ground
        self._login = login
        self._inbox = inbox
        assets = dict.fromkeys(series.partition("-")[0] for series in ground.series)
        self.symbols = tuple(f"{asset}usd" for asset in assets)[:SYMBOLS_MAX]
        self._newest: dict[str, int] = {}
        self._heard_s: dict[str, float] = {}
        self._silent: set[str] = set()
        self._rid = 0
        self._lost = False
        dial = Dial(ground.places.price_ws, PING, PING_S, SILENT_S, ground.places.proxy)
        self._connection = Connection(dial, self)

    async def run(self) -> None:
        """Listen and watch the age of every price, until cancelled."""
        self._heard_s = dict.fromkeys(self.symbols, time.monotonic())
        async with asyncio.TaskGroup() as group:
            group.create_task(self._connection.run())
            group.create_task(self._watch())

    async def opened(self, send: Send) -> None:
        """Say who we are; what we want is said when that was accepted."""
        login = self._login
        auth = {
            "apiKey": login.key.reveal(),
            "secret": login.secret.reveal(),
            "passphrase": login.passphrase.reveal(),
        }
        self._rid += 1
        await send(msgspec.json.encode({"op": "auth", "auth": auth, "rid": str(self._rid)}))

    async def heard(self, payload: bytes) -> None:
        """Let a frame in and note which price it brings."""
        try:
            said = _said.decode(payload)
        except shape.BROKEN:
            said = _Said()
        if said.op == "pong":
            return
        await self._inbox.room()
        self._inbox.frame("price", payload)
        if said.op == "authed":
            await self._subscribe()
        elif said.op == "error":
            self._tell(Severity.ERROR, "feed.price_refused", code=said.code or "no code")
            if (said.code or "").startswith("auth"):
                self._connection.drop()
        elif said.channel == CHANNEL and said.payload is not None:
            self._priced(said, said.payload)

    def lost(self, why: str) -> None:
        """Tell that prices are missing from here on."""
        if not self._lost:
            self._lost = True
            self._tell(Severity.ERROR, "feed.price_lost", why=why)
            self._inbox.doubt("price_lost", f"price socket: {why}")

    async def _subscribe(self) -> None:
        if self._lost:
            self._lost = False
            self._tell(Severity.INFO, "feed.price_connected")
        for symbol in self.symbols:  # one frame each: a symbol that is refused spoils no other
            self._rid += 1
            wanted = {"channel": CHANNEL, "filter": {"symbol": symbol, "window_seconds": WINDOW_S}}
            asked = {"op": "subscribe", "subscriptions": [wanted], "rid": str(self._rid)}
            await self._connection.send(msgspec.json.encode(asked))

    def _priced(self, said: _Said, payload: _Payload) -> None:
        symbol = payload.symbol.lower()[:NAME_MAX]
        if symbol not in self.symbols:
            return
        if payload.data is not None:
            stamps = [point.timestamp for point in payload.data]
        else:
            stamps = [payload.timestamp or 0]
        fresh = sorted(stamp for stamp in stamps if stamp > self._newest.get(symbol, 0))
        if not fresh:
            return
        before = self._newest.get(symbol, fresh[0])
        widest = max(b - a for a, b in zip([before, *fresh], fresh, strict=False))
        self._newest[symbol] = fresh[-1]
        self._heard_s[symbol] = time.monotonic()
        if said.dropped or widest > GAP_MS_MAX:
            detail = f"{symbol}: {widest} ms between two prices, {said.dropped} dropped"
            self._inbox.doubt("price_gap", detail)
            self._tell(Severity.WARNING, "feed.price_gap", symbol=symbol, gap_ms=widest)
        if symbol in self._silent:
            self._silent.remove(symbol)
            self._tell(Severity.INFO, "feed.price_back", symbol=symbol)

    async def _watch(self) -> None:
        """Tell of every price that is too old, once; where all are, dial again."""
        while True:
            await asyncio.sleep(LOOK_S)
            limit_s = self._ground.wall_s(AGE_S_MAX, FLOOR_S)
            now = time.monotonic()
            old = [one for one in self.symbols if now - self._heard_s[one] > limit_s]
            for symbol in old:
                if symbol not in self._silent:
                    self._silent.add(symbol)
                    self._tell(Severity.ERROR, "feed.price_silent", symbol=symbol)
                    self._inbox.doubt("price_silent", f"{symbol}: no price for {limit_s:.1f} s")
            if old and len(old) == len(self.symbols) and self._connection.open:
                self._heard_s = dict.fromkeys(self.symbols, now)
                self._connection.drop()

    def _tell(self, severity: Severity, event: str, **fields: str | int) -> None:
        self._ground.tell(Notice(severity, event, fields))
