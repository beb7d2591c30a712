"""The market socket: which tokens it follows, how old its silence is, and how a book is mended.

A socket may answer PING and send nothing more (py-clob-client#292), and there are no sequence
numbers. So silence is doubt, doubt is told, and whole books are asked for by REST; a socket that
was silent while the books moved is dialled again.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from bot.adapters.polymarket.feed.connection import Connection, Dial, Send
from bot.adapters.polymarket.feed.inbox import Answered, Inbox
from bot.adapters.polymarket.feed.place import Ground, Notice, Severity
from bot.adapters.polymarket.feed.rest import BOOKS_MAX, WholeBook
from bot.domain.market import TokenId
from bot.ports import Temporary

PING, PONG = b"PING", b"PONG"
PING_S, SILENT_S = 10.0, 30.0
"""The vendor asks for a PING every 10 s. Source: market-channel docs, read 2026-11-22."""
DATA_AGE_S_MAX: Final = 5.0
"""Market time without a frame after which books are doubted; at least `FLOOR_S` on the wall."""
FLOOR_S: Final = 1.5
QUIET_FACTOR_MAX: Final = 16
LOOK_S: Final = 0.1
DOWN_S: Final = 15.0
MEND_PAUSE_S: Final = 0.25
UNMENDED_S: Final = 5.0
MEND_AGAIN_S, MEND_S_MAX = 0.5, 30.0
"""Before the same book is sent anew by the socket once more; twice as long each time."""
AUDIT_S: Final = 30.0


class Library(Protocol):
    """Where whole books are asked for."""

    async def books(self, tokens: Sequence[str]) -> list[WholeBook]:
        """Return the books there are; raises Temporary."""
        ...


class MarketStream:
    """Follows tokens on one connection; a `Dialogue`."""

    def __init__(self, ground: Ground, library: Library, inbox: Inbox) -> None:
        """Follow nothing yet."""
        self._ground = ground
        self._library = library
        self._inbox = inbox
        self._tokens: dict[TokenId, None] = {}
        self._wanted = asyncio.Event()
        self._torn: dict[TokenId, float] = {}
        self._mends: dict[TokenId, tuple[int, float]] = {}
        self._tears = asyncio.Event()
        self._heard_s = time.monotonic()
        self._quiet = 1
        self._lost = False
        self._unreachable = False
        self._told_down = False
        dial = Dial(ground.places.market_ws, PING, PING_S, SILENT_S, ground.places.proxy)
        self._connection = Connection(dial, self)

    @property
    def tokens(self) -> tuple[TokenId, ...]:
        """Return the tokens that are followed."""
        return tuple(self._tokens)

    @property
    def connections(self) -> int:
        """Return how often a connection was opened."""
        return self._connection.opens

    async def run(self) -> None:
        """Listen from the first token on, watch the age of what is heard, and mend books."""
        await self._wanted.wait()
        self._heard_s = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._connection.run())
            group.create_task(self._watch())
            group.create_task(self._mend())
            group.create_task(self._audits())

    async def follow(self, tokens: Sequence[TokenId]) -> None:
        """Follow these tokens too."""
        fresh = [token for token in tokens if token not in self._tokens]
        self._tokens.update(dict.fromkeys(fresh))
        if fresh and self._connection.open:
            await self._connection.send(_operation("subscribe", fresh))
        self.ask(fresh)
        self._wanted.set()

    async def leave(self, tokens: Sequence[TokenId]) -> None:
        """Follow these tokens no more."""
        known = [token for token in tokens if token in self._tokens]
        for token in known:
            del self._tokens[token]
            self._torn.pop(token, None)
            self._mends.pop(token, None)
        if known and self._connection.open:
            await self._connection.send(_operation("unsubscribe", known))

    async def mend(self, tokens: Sequence[TokenId]) -> None:
        """Have these books sent anew, by the socket and by REST; whichever comes first counts."""
        known = [token for token in tokens if token in self._tokens and self._may(token)]
        if known:
            await self._connection.send(_operation("unsubscribe", known))
            await self._connection.send(_operation("subscribe", known))
            self.ask(known)

    def _may(self, token: TokenId) -> bool:
        """Say whether a book may be sent anew: what stays unbelievable is asked for ever less."""
        now = time.monotonic()
        times, due = self._mends.get(token, (0, 0.0))
        if now < due:
            return False
        self._mends[token] = times + 1, now + min(MEND_AGAIN_S * (1 << min(times, 6)), MEND_S_MAX)
        return True

    def ask(self, tokens: Sequence[TokenId]) -> None:
        """Ask REST for these books until they were whole again."""
        now = time.monotonic()
        for token in tokens:
            if token in self._tokens:
                self._torn.setdefault(token, now)
        self._tears.set()

    async def audit(self) -> None:
        """Ask for every book: a loss below the best price shows nowhere else."""
        for first in range(0, len(self._tokens), BOOKS_MAX):
            await self._fetch(self.tokens[first : first + BOOKS_MAX])

    def mended(self, token: TokenId) -> None:
        """Take it that a book is whole."""
        self._torn.pop(token, None)
        times, due = self._mends.get(token, (0, 0.0))
        if times and time.monotonic() > due:
            del self._mends[token]

    def moved(self) -> None:
        """Take it that a book has moved; if nothing was heard of it, dial again."""
        if self._quiet > 1 and not self._lost:
            self._quiet = 1
            self._tell(Severity.WARNING, "feed.market_frozen")
            self._connection.drop()

    # What the connection calls

    async def opened(self, send: Send) -> None:
        """Follow everything that is wanted; a connection after another one misses what was said."""
        named = list(self._tokens)
        hello = {"type": "market", "assets_ids": named, "custom_feature_enabled": True}
        await send(msgspec.json.encode(hello))
        self._heard_s = time.monotonic()
        if self._lost:
            self._lost = False
            self._tell(Severity.INFO, "feed.market_connected")
            self.ask(named)

    async def heard(self, payload: bytes) -> None:
        """Let a frame in, unless it is a PONG: that is no proof of data."""
        if payload == PONG:
            return
        self._heard_s = time.monotonic()
        self._quiet = 1
        await self._inbox.room()
        self._inbox.frame("market", payload)

    def lost(self, why: str) -> None:
        """Doubt every book: what changes now is not told."""
        if not self._lost:
            self._lost = True
            self._tell(Severity.WARNING, "feed.market_lost", why=why)
            self._inbox.doubt("connection_lost", f"market socket: {why}", self.tokens)

    # What runs beside it

    async def _watch(self) -> None:
        """Doubt the books when nothing was heard for too long."""
        while True:
            await asyncio.sleep(LOOK_S)
            limit_s = self._ground.wall_s(DATA_AGE_S_MAX, FLOOR_S) * self._quiet
            age_s = time.monotonic() - self._heard_s
            self._down(age_s)
            if age_s < limit_s or not self._tokens or self._lost:
                continue
            self._quiet = min(self._quiet * 2, QUIET_FACTOR_MAX)
            self._heard_s = time.monotonic()
            self._tell(Severity.WARNING, "feed.market_silent", age_ms=int(age_s * 1000))
            detail = f"market socket: nothing heard for {limit_s:.1f} s"
            self._inbox.doubt("feed_silent", detail, self.tokens)
            self.ask(self.tokens)

    def _down(self, age_s: float) -> None:
        """Tell once that the socket has been away for long: nothing can be traded meanwhile."""
        if self._lost and age_s > DOWN_S and not self._told_down:
            self._told_down = True
            self._tell(Severity.ERROR, "feed.market_down", age_s=int(age_s))
        elif not self._lost:
            self._told_down = False

    async def _mend(self) -> None:
        """Ask for the torn books until there are none."""
        while True:
            self._tears.clear()
            while self._torn:
                await self._fetch(tuple(self._torn)[:BOOKS_MAX])
                await asyncio.sleep(MEND_PAUSE_S if self._young() else UNMENDED_S / 2)
            await self._tears.wait()

    def _young(self) -> bool:
        """Say whether a torn book has not been asked for in vain for long."""
        now = time.monotonic()
        return any(now - since < UNMENDED_S for since in self._torn.values())

    async def _audits(self) -> None:
        while True:
            await asyncio.sleep(self._ground.wall_s(AUDIT_S, AUDIT_S / 6))
            await self.audit()

    async def _fetch(self, tokens: Sequence[TokenId]) -> None:
        try:
            books = await self._library.books(tokens)
        except Temporary as error:
            if not self._unreachable:
                self._unreachable = True
                self._tell(Severity.WARNING, "feed.books_unreachable", why=str(error))
            return
        self._unreachable = False
        for book in books:
            self._inbox.put(Answered(self._inbox.stamp(), book))

    def _tell(self, severity: Severity, event: str, **fields: str | int) -> None:
        self._ground.tell(Notice(severity, event, {"tokens": len(self._tokens), **fields}))


def _operation(name: str, tokens: Sequence[TokenId]) -> bytes:
    asked = {"operation": name, "assets_ids": list(tokens), "custom_feature_enabled": True}
    return msgspec.json.encode(asked)
