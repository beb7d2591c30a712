"""Real processes that start in milliseconds: forked from one that has imported everything.

A child is what `python -m bot` or `python -m sandbox.polymarket` would be, with an environment and
an output of its own; only the imports are shared. It can be killed like any other.
"""

import ctypes
import importlib.util
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

PRELOADED = (
    "bot.__main__", "bot.bootstrap.live", "bot.adapters.polymarket.venue", "polymarket",
    "sqlalchemy.dialects.sqlite", "sandbox.polymarket.server", "sandbox.polymarket.__main__",
    "tests.simulation.live.brittle",
)  # fmt: skip
ENDED_S_MAX = 40.0
PR_SET_PDEATHSIG = 1
"""Source: linux/prctl.h, prctl(2)."""


@cache
def context() -> ForkServerContext:
    """Return the nursery; it imports once and lives as long as this process."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload([one for one in PRELOADED if importlib.util.find_spec(one)])
    return made


def be_bot(environment: Mapping[str, str], log: Path) -> None:
    """Be the bot: `python -m bot` in this environment, its output appended to a file."""
    become(environment, log)
    from bot.__main__ import main  # noqa: PLC0415 - after the environment

    sys.exit(main([]))


def be_exchange(options: Sequence[str], out: Path) -> None:
    """Be the stand-in: `python -m sandbox.polymarket OPTIONS`, its output in a file."""
    become(dict(os.environ), out)
    from sandbox.polymarket.__main__ import main  # noqa: PLC0415

    sys.exit(main(list(options)))


def become(environment: Mapping[str, str], out: Path) -> None:
    """Take over an environment and an output, in a session of its own that ends with the tests."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)


def begin_bot(environment: Mapping[str, str], log: Path) -> ForkServerProcess:
    """Start a bot."""
    process = context().Process(target=be_bot, args=(dict(environment), log), daemon=True)
    process.start()
    return process


def begin_brittle(environment: Mapping[str, str], log: Path, boundary: str) -> ForkServerProcess:
    """Start a bot that falls at a boundary."""
    from tests.simulation.live.brittle import be_brittle  # noqa: PLC0415 - it imports this

    arguments = (dict(environment), log, boundary)
    process = context().Process(target=be_brittle, args=arguments, daemon=True)
    process.start()
    return process


def begin_exchange(options: Sequence[str], out: Path) -> ForkServerProcess:
    """Start a stand-in; its first line appears in `out`."""
    process = context().Process(target=be_exchange, args=(tuple(options), out), daemon=True)
    process.start()
    return process


def end(process: ForkServerProcess, number: signal.Signals) -> int:
    """Send a signal and return the exit code; kill what does not end in time.

    Raises:
        AssertionError: it had to be killed.

    """
    assert process.pid is not None
    if process.is_alive():
        os.kill(process.pid, number)
    process.join(ENDED_S_MAX)
    late = process.is_alive()
    if late:
        process.kill()
        process.join(ENDED_S_MAX)
    code = process.exitcode
    process.close()
    assert not late, f"did not end within {ENDED_S_MAX} s of {number.name}"
    assert code is not None
    return code
