"""The whole of the stand-in's state and the few things every rule needs: time, ids, tasks, saving.

Nothing here decides anything; that is in `rules/`.
"""

import asyncio
import datetime as dt
import hashlib
import secrets
import sys
import traceback
import uuid
from collections.abc import Coroutine
from typing import Any, Protocol

from sandbox.railway.model.arming import Arms
from sandbox.railway.model.clock import Clock, Delays
from sandbox.railway.model.plan import Plan
from sandbox.railway.model.records import Deployment, Estate
from sandbox.railway.model.refusal import Refusal
from sandbox.railway.model.store import Store


class Platform(Protocol):
    """What runs deployments."""

    def start(self, deployment: Deployment, faults: frozenset[str]) -> None:
        """Roll a new deployment out."""

    def stop(self, deployment: Deployment, *, kill: bool) -> None:
        """Stop its container; the deployment keeps its status."""

    def restart(self, deployment: Deployment, *, kill: bool) -> None:
        """Start its container again."""

    def remove(self, deployment: Deployment) -> None:
        """Stop its container and delete its file system."""

    def cancel(self, deployment: Deployment) -> None:
        """Give up a deployment that does not run yet."""

    def freeze(self, volume_instance_id: str, *, frozen: bool) -> None:
        """Hold the processes that write to a volume, or let them go on."""


class World:
    """State, time, ids and tasks."""

    def __init__(self, store: Store, plan: Plan, arms: Arms, seed: int | None) -> None:
        """Load what the store holds, or begin with nothing."""
        self.store = store
        self.plan = plan
        self.arms = arms
        self.estate = store.load() or Estate()
        self.clock = Clock(dt.timedelta(seconds=self.estate.clock_offset_s))
        self.delays = Delays()
        self.platform: Platform
        self.s3_url = ""
        self.bugs: list[str] = []
        self._seed = secrets.token_hex(16) if seed is None else str(seed)
        self._tasks: set[asyncio.Task[None]] = set()
        self._saving = False
        self._created: dict[tuple[str, str], dt.datetime] = {}

    # ------------------------------------------------------------------ time and names

    def now(self) -> dt.datetime:
        """Return the time, in UTC."""
        return self.clock.now()

    def due(self, delay: str) -> dt.datetime:
        """Return when a delay that begins now is over."""
        return self.clock.after(self.delays.seconds(delay))

    def new_id(self) -> str:
        """Return a new id of the shape Railway uses."""
        return str(uuid.UUID(bytes=self._draw()[:16], version=4))

    def secret(self, characters: int = 40) -> str:
        """Return a new secret; from the seed where one was given, so that a run repeats itself."""
        return (self._draw() + self._draw()).hex()[:characters]

    def _draw(self) -> bytes:
        self.estate.made += 1
        return hashlib.sha256(f"{self._seed}/{self.estate.made}".encode()).digest()

    # ------------------------------------------------------------------ throttles

    def throttle(self, what: str, workspace_id: str) -> None:
        """Allow one creation of a kind in a while.

        Raises:
            Refusal: this one comes too quickly; nothing was done.

        """
        last = self._created.get((what, workspace_id))
        wait = self.delays.seconds("create_throttle")
        early = last is not None and (self.now() - last).total_seconds() < wait
        if early or self.arms.strikes("too-quickly"):
            raise Refusal(f"You are creating {what} too quickly, please try again in a moment")
        self._created[what, workspace_id] = self.now()

    # ------------------------------------------------------------------ saving and tasks

    def changed(self) -> None:
        """Note that the state has to be saved soon."""
        if not self._saving:
            self._saving = True
            asyncio.get_running_loop().call_later(0.05, self.save)

    def save(self) -> None:
        """Save now; a mutation is answered only after this."""
        self._saving = False
        self.estate.clock_offset_s = self.clock.offset.total_seconds()
        self.store.save(self.estate)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run work that outlives its call; its bugs are told, not lost."""
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the guard: the stand-in goes on and tells
            self.bug(error)

    def bug(self, error: BaseException) -> None:
        """Tell a bug of the stand-in itself, on stderr and to whoever reads the truth."""
        text = "".join(traceback.format_exception(error))
        self.bugs.append(text)
        sys.stderr.write(text)

    async def finish(self) -> None:
        """Cancel what still runs."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
