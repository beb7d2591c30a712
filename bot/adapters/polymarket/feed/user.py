"""The user socket: what happens to our own orders, told sooner than reading tells it.

Nothing depends on it: states come in any order, twice, broken or never. A trade that can be read is
handed to whoever knows our orders; everything else is a reason to look by REST at once. It is only
dialled after REST has proved the credentials: wrong ones are silent here for ever.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from bot.adapters.polymarket.feed.connection import Connection, Dial, Send
from bot.adapters.polymarket.feed.place import Ground, Login, Notice, Severity
from bot.adapters.wire import shape
from bot.domain.event import VenueEvent
from bot.ports import Temporary

if TYPE_CHECKING:
    # Imported where it is used: a process that trades nothing never loads the SDK.
    from polymarket.models.clob.user_events import UserTradePayload

PING, PONG = b"PING", b"PONG"
PING_S, SILENT_S = 10.0, 30.0
LOSSES_TOLD: Final = 5
FRAMES_MAX: Final = 1_000
"""Waiting trades; a trade beyond them is found by the next look."""

_objects: Final = msgspec.json.Decoder(dict[str, object])
_lists: Final = msgspec.json.Decoder(list[msgspec.Raw])


class Orders(Protocol):
    """Whoever knows our orders, and looks after them by REST."""

    async def hear(self, trade: "UserTradePayload") -> Sequence[VenueEvent]:
        """Take a trade and return what is new of it; raises Temporary where it cannot say."""
        ...

    def wake(self) -> None:
        """Look by REST now."""
        ...


class UserStream:
    """Listens for every market; a `Dialogue`."""

    def __init__(
        self, ground: Ground, login: Login, orders: Orders, offer: Callable[[VenueEvent], None]
    ) -> None:
        """Dial nothing yet. What is new is offered in the order it was told."""
        self._ground = ground
        self._login = login
        self._orders = orders
        self._offer = offer
        self._trades: asyncio.Queue[UserTradePayload] = asyncio.Queue(FRAMES_MAX)
        self._lost = False
        self._losses = 0
        self.unread = 0
        """Frames that could not be read: each was a reason to look by REST."""
        dial = Dial(ground.places.user_ws, PING, PING_S, SILENT_S, ground.places.proxy)
        self._connection = Connection(dial, self)

    async def run(self) -> None:
        """Listen until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._connection.run())
            group.create_task(self._tell_on())

    def drop(self) -> None:
        """Give the present connection up; another one is dialled."""
        self._connection.drop()

    async def opened(self, send: Send) -> None:
        """Say who we are; what was missed meanwhile is looked up."""
        login = self._login
        auth = {
            "apiKey": login.key.reveal(),
            "secret": login.secret.reveal(),
            "passphrase": login.passphrase.reveal(),
        }
        await send(msgspec.json.encode({"type": "user", "auth": auth}))
        if self._lost:
            self._lost = False
            self._tell(Severity.INFO, "feed.user_connected")
        self._orders.wake()

    async def heard(self, payload: bytes) -> None:
        """Take a frame; what is no readable trade is looked up."""
        if payload == PONG:
            return
        self._losses = 0
        for one in parted(payload):
            trade = read_trade(one)
            if trade is None:
                self.unread += 1
            elif not self._trades.full():
                self._trades.put_nowait(trade)
                continue
            self._orders.wake()

    def lost(self, why: str) -> None:
        """Tell it once; the next connection looks up what was missed.

        Proved credentials that are dropped again and again are a person's business.
        """
        self._losses += 1
        if self._losses == LOSSES_TOLD:
            self._tell(Severity.ERROR, "feed.user_refused", why=why)
        if not self._lost:
            self._lost = True
            self._tell(Severity.WARNING, "feed.user_lost", why=why)

    async def _tell_on(self) -> None:
        while True:
            trade = await self._trades.get()
            try:
                news = await self._orders.hear(trade)
            except Temporary:
                self._orders.wake()
                continue
            for one in news:
                self._offer(one)

    def _tell(self, severity: Severity, event: str, **fields: str) -> None:
        self._ground.tell(Notice(severity, event, fields))


def parted(payload: bytes) -> tuple[bytes, ...]:
    """Return the messages of a frame: one, or the elements of an array."""
    if payload.lstrip()[:1] != b"[":
        return (payload,)
    try:
        return tuple(bytes(one) for one in _lists.decode(payload))
    except shape.BROKEN:
        return (payload,)


def read_trade(payload: bytes) -> "UserTradePayload | None":
    """Return a trade, None if the message is none or cannot be believed; never raises.

    Read by the SDK's own model, numbers as decimals. Source: polymarket-client 0.14.0
    models/clob/user_events.py; what it drops is listed in polymarket.md 4.2.
    """
    from polymarket.models.clob.user_events import UserTradePayload  # noqa: PLC0415 - see above
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        fields = _objects.decode(payload)
    except shape.BROKEN:
        return None
    if fields.get("event_type") != "trade":
        return None
    try:
        return UserTradePayload.model_validate(fields)
    except (ValidationError, ValueError, OverflowError, ArithmeticError):
        return None
