"""How a command reaches our account at the venue: settings, one connection, one line when it fails.

Nothing here trades. Whoever sends a transaction keeps its steps in the data directory and must not
do so while an engine is at work there.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from bot.adapters.polymarket.connection import Connection
from bot.adapters.polymarket.order.budget import Budget
from bot.adapters.polymarket.setting import LiveSettings, read_live_settings
from bot.adapters.system import SystemClock
from bot.domain.refusal import ExitCode, Refused
from bot.ports import Permanent, Temporary
from ops import place

Result = TypeVar("Result")


def settings() -> LiveSettings:
    """Return the live venue's settings of this environment; raises `Refused` as they do."""
    return read_live_settings(os.environ, SystemClock().now_us)


def reach(
    work: Callable[[Connection, Budget], Awaitable[Result]], *, doubt: ExitCode = ExitCode.OUTSIDE
) -> Result:
    """Connect, work, and let go; `doubt` is the exit code of work that ended without an outcome.

    Raises:
        Refused: a variable, the venue's refusal (OUTSIDE), or no outcome (`doubt`).

    """
    told = settings()

    async def run() -> Result:
        budget = Budget(told.rate_share, asyncio.get_running_loop().time)
        connection = await Connection.open(told, budget.hear)
        try:
            return await work(connection, budget)
        finally:
            await connection.close()

    return patiently(run, doubt)


def patiently(run: Callable[[], Awaitable[Result]], doubt: ExitCode = ExitCode.OUTSIDE) -> Result:
    """Run to the end and turn what the ports raise into one line; raises `Refused`."""
    try:
        return asyncio.run(_whole(run))
    except Permanent as error:
        raise Refused(str(error), ExitCode.OUTSIDE) from error
    except Temporary as error:
        raise Refused(str(error), doubt) from error


async def _whole(run: Callable[[], Awaitable[Result]]) -> Result:
    return await run()


def quiet_directory(given: str | None) -> Path:
    """Return the data directory, if no engine is at work there.

    Raises:
        Refused: it is not there, or an engine holds it; UNAVAILABLE.

    """
    directory = place.directory(given)
    if not directory.is_dir():
        raise Refused(f"{directory}: is not there; give --data-dir", ExitCode.UNAVAILABLE)
    holder = place.engine_at(directory)
    if holder is not None:
        raise Refused(
            f"{directory}: an engine is at work here (process {holder}); stop it first, for two "
            "actions of one wallet at once would undo each other",
            ExitCode.UNAVAILABLE,
        )
    return directory


def action_name() -> str:
    """Return a new name for an action in the journal."""
    return f"{time.time_ns() // 1_000:x}"
