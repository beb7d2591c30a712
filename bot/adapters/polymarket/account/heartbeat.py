"""The venue's dead man's switch, kept pressed: one beat at a time, each with a deadline of its own.

About ten seconds without an accepted beat cancel every order of the API key, other processes'
too. A hanging call would eat that whole fuse, so that none may take longer than two seconds. An id
that is wrong though we caused nothing means that another process trades with this key.
Source: polymarket-client 0.14.0 `send_order_heartbeat`; polymarket-wire.md 6.1 and 6.6.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from polymarket import OrderHeartbeatMismatchError, PolymarketError

FOREIGN: Final = "another process sends heartbeats with this API key"


class Client(Protocol):
    """What is needed of the SDK's client."""

    def send_order_heartbeat(self, *, heartbeat_id: str) -> Awaitable["Accepted"]:
        """Send one beat."""
        ...


class Accepted(Protocol):
    """The venue's answer to a beat."""

    @property
    def heartbeat_id(self) -> str:
        """Return the id that the next beat must carry."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: between beats, for one beat, without an accepted one, and for a rival to show."""

    every_s: float = 4.0
    deadline_s: float = 2.0
    fuse_s: float = 9.0
    rival_s: float = 6.0
    """A process that beats every five seconds has changed the id by then."""


class Loss(StrEnum):
    """Why the switch cannot be trusted any more."""

    SILENT = "no heartbeat was accepted in time; the venue may have cancelled everything"
    FOREIGN = FOREIGN


class Rival(Exception):  # noqa: N818 - who is there
    """Another process sends heartbeats with this API key; nothing may be traded."""


@dataclass(frozen=True, slots=True)
class Beat:
    """The outcome of one call: accepted, told another id, or neither."""

    accepted: bool
    heartbeat_id: str = ""
    problem: str = ""


class Heartbeat:
    """Keeps the switch pressed from before the first order until the process stops."""

    def __init__(
        self, client: Client, lost: Callable[[Loss, str], None], pace: Pace | None = None
    ) -> None:
        """Beat through `client`; `lost` is called once a loss with its cause: halt and cancel."""
        self._client = client
        self._lost = lost
        self._pace = pace or Pace()
        self._id = ""
        self._doubted = False
        self._silent = False
        self._accepted_s = 0.0

    @property
    def age_s(self) -> float:
        """Return the seconds since the last accepted beat."""
        return self._now_s() - self._accepted_s

    async def start(self) -> None:
        """Send the first beats, before the first order.

        Where the venue expects an id that is not ours, either our own last process died a moment
        ago or another one lives: after `rival_s` only a living one has changed it.

        Raises:
            Rival: another process sends heartbeats with this API key.
            TimeoutError: no beat was accepted within the fuse.

        """
        began_s = self._now_s()
        first = await self._beat("")
        while not first.accepted and not first.heartbeat_id:
            if self._now_s() - began_s > self._pace.fuse_s:
                raise TimeoutError(f"no heartbeat was accepted: {first.problem}")
            await asyncio.sleep(self._pace.every_s / 4)
            first = await self._beat("")
        if first.accepted:
            return
        await asyncio.sleep(self._pace.rival_s)
        second = await self._beat("")
        if second.accepted:
            return
        if second.heartbeat_id != first.heartbeat_id:
            raise Rival(FOREIGN)
        if not (await self._beat(first.heartbeat_id)).accepted:
            raise Rival(FOREIGN)

    async def run(self) -> None:
        """Beat for ever; run it as a task after `start`. Ends when another process shows."""
        while True:
            began_s = self._now_s()
            beat = await self._beat(self._id)
            if not beat.accepted and beat.heartbeat_id:
                if not self._doubted:
                    self._lost(Loss.FOREIGN, FOREIGN)
                    return
                # An answer of ours was lost: the venue's id is the one it would have given us.
                beat = await self._beat(beat.heartbeat_id)
            self._judge(beat)
            # What failed is tried again at once: waiting out the period would eat the fuse.
            rest_s = self._pace.every_s - (self._now_s() - began_s) if beat.accepted else 0.0
            await asyncio.sleep(max(self._pace.every_s / 20, rest_s))

    def _judge(self, beat: Beat) -> None:
        """Call the switch lost while there is still time: one more beat could come too late."""
        if beat.accepted:
            self._silent = False
        elif self.age_s >= self._pace.fuse_s - self._pace.deadline_s and not self._silent:
            self._silent = True
            self._lost(Loss.SILENT, f"{Loss.SILENT} ({beat.problem})")

    async def _beat(self, heartbeat_id: str) -> Beat:
        try:
            async with asyncio.timeout(self._pace.deadline_s):
                said = await self._client.send_order_heartbeat(heartbeat_id=heartbeat_id)
        except OrderHeartbeatMismatchError as error:
            return Beat(accepted=False, heartbeat_id=error.heartbeat_id, problem=str(error))
        except (PolymarketError, TimeoutError, RuntimeError) as error:
            # It may have been accepted, and the id it would have given us is not known.
            self._doubted = True
            return Beat(accepted=False, problem=str(error) or type(error).__name__)
        self._id, self._doubted, self._accepted_s = said.heartbeat_id, False, self._now_s()
        return Beat(accepted=True, heartbeat_id=said.heartbeat_id)

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()
