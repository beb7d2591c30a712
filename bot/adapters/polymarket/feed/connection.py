"""One socket that is dialled again for as long as it is wanted, and says when it was lost.

Closing is bounded: whatever the peer does, `run` ends within `CLOSE_S` of its cancellation. Frames
are handed on as bytes, unread.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

OPEN_S: Final = 5.0
CLOSE_S: Final = 0.5
STEADY_S: Final = 5.0
PAUSE_S: Final = 0.25
PAUSE_S_MAX: Final = 30.0
PAUSE_STEPS_MAX: Final = 7
FRAME_BYTES_MAX: Final = 16 << 20
QUEUE_FRAMES: Final = 1_024
"""Frames read ahead of us; then TCP pushes back, and at last the venue lets go of us."""


class Dialogue(Protocol):
    """What is said on a connection, and by whom it is heard."""

    async def opened(self, send: "Send") -> None:
        """Say what has to be said first."""
        ...

    async def heard(self, payload: bytes) -> None:
        """Take a frame."""
        ...

    def lost(self, why: str) -> None:
        """Take it that frames may be missing from here on."""
        ...


Send = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Dial:
    """Where to, what to say every `ping_s`, and how long the peer may say nothing at all."""

    url: str
    ping: bytes
    ping_s: float
    silent_s: float
    proxy: str = ""


class Connection:
    """Keeps one dialogue going over any number of connections."""

    def __init__(self, dial: Dial, dialogue: Dialogue) -> None:
        """Dial nothing yet."""
        self._dial = dial
        self._dialogue = dialogue
        self._socket: ClientConnection | None = None
        self.opens = 0

    @property
    def open(self) -> bool:
        """Say whether frames can be sent now."""
        return self._socket is not None

    async def run(self) -> None:
        """Dial, listen, and dial again until cancelled."""
        failures = 0
        while True:
            begun = time.monotonic()
            why = await self._once()
            # A peer that takes us and drops us at once must not be dialled seven times a second.
            failures = 0 if time.monotonic() - begun > STEADY_S else failures + 1
            self._dialogue.lost(why)
            await asyncio.sleep(_pause_s(failures))

    async def send(self, payload: bytes) -> None:
        """Send a frame as text; nothing happens while there is no connection."""
        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(payload.decode())

    def drop(self) -> None:
        """Give the present connection up at once; another one is dialled."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _once(self) -> str:
        """Live through one connection and return how it ended."""
        try:
            async with connect(
                self._dial.url,
                proxy=self._dial.proxy or None,
                compression=None,
                open_timeout=OPEN_S,
                close_timeout=CLOSE_S,
                max_size=FRAME_BYTES_MAX,
                max_queue=QUEUE_FRAMES,
            ) as socket:
                self._socket = socket
                self.opens += 1
                pinging = asyncio.create_task(self._keep(socket))
                try:
                    await self._dialogue.opened(self.send)
                    while True:
                        async with asyncio.timeout(self._dial.silent_s):
                            payload = await socket.recv(decode=False)
                        await self._dialogue.heard(payload)
                finally:
                    self._socket = None
                    pinging.cancel()
                    socket.transport.abort()
        except ConnectionClosed as error:
            code = error.rcvd.code if error.rcvd else "no code"
            return f"closed ({code})"
        except TimeoutError:
            return "silent"
        except (OSError, InvalidHandshake, ValueError, EOFError) as error:
            return f"not to be reached ({type(error).__name__})"

    async def _keep(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(self._dial.ping_s)
                await socket.send(self._dial.ping.decode())


def _pause_s(failures: int) -> float:
    """Return how long to wait before dialling again: never in step with others, never for ever."""
    most = min(PAUSE_S * (1 << min(failures, PAUSE_STEPS_MAX)), PAUSE_S_MAX)
    share = time.monotonic_ns() % 997 / 997
    return most * (0.1 + 0.9 * share)
