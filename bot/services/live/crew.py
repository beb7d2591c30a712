"""Tasks beside the loop: named, started together, ended together, and none may die unnoticed.

A task that ends badly is a bug: whoever runs the session hears of it as its own failure. One that
ends well has done its work. Nothing here restarts anything.
"""

import asyncio
from collections.abc import Coroutine
from typing import Final

CLOSE_S: Final = 3.0


class Crew:
    """Owns the tasks of one session."""

    def __init__(self, failed: "asyncio.Future[None] | None" = None) -> None:
        """Start with nobody, inside a running loop; `failed` is another crew's, to be one with."""
        self._tasks: set[asyncio.Task[None]] = set()
        self.failed = failed or asyncio.get_running_loop().create_future()
        """Ends with the first task's failure; never otherwise."""

    def begin(self, name: str, work: Coroutine[object, object, None]) -> None:
        """Run some work beside the loop."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    @property
    def busy(self) -> bool:
        """Say whether anybody is at work."""
        return bool(self._tasks)

    async def settled(self, within_s: float) -> bool:
        """Wait until everybody is done, at most this long; say whether they are."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
        return not self._tasks

    async def close(self) -> None:
        """Cancel everybody and wait a little for them."""
        for task in self._tasks:
            task.cancel()
        await self.settled(CLOSE_S)
        if self.failed.done() and not self.failed.cancelled():
            self.failed.exception()  # it was heard, or the session failed of something else

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None or self.failed.done():
            return
        self.failed.set_exception(Died(task.get_name(), error))


class Died(Exception):  # noqa: N818 - what happened to it
    """A task beside the loop ended badly: a bug, never something from outside."""

    def __init__(self, name: str, error: BaseException) -> None:
        """Say which one, and of what."""
        super().__init__(f"{name}: {type(error).__name__}: {error}")
        self.__cause__ = error
