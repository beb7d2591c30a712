"""The bot of live mode with a ledger that pulls the plug at a named boundary of a submit.

Only the ledger's class is another one: it kills its own process, before or after a commit, the
first time that a commit says what the boundary is about. Nothing gets to tidy up.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from typing_extensions import override

from bot.adapters.ledger.directory import DataDirectory
from bot.adapters.ledger.ledger import SqliteLedger
from bot.bootstrap import day_of
from bot.bootstrap.boot import Boot, Mind, accepted, standing
from bot.bootstrap.front import Front
from bot.bootstrap.variable import ALSO
from bot.domain.entry import Entry, FillProved, FillRecorded, IntentRecorded, OrderChanged, Stamp
from bot.domain.order import OrderState
from bot.domain.refusal import Refused
from bot.ports import Head
from bot.services.log import configure
from bot.settings import read_settings
from tests.simulation.live.nursery import become

Says = Callable[[Sequence[Entry]], bool]
ANSWERS = {OrderState.OPEN, OrderState.REJECTED, OrderState.UNKNOWN}


def of_kind(kind: type[Entry]) -> Says:
    """Return whether a commit holds an entry of a kind."""
    return lambda entries: any(isinstance(one, kind) for one in entries)


def answers(entries: Sequence[Entry]) -> bool:
    """Say whether a commit holds the venue's answer to a submit."""
    return any(isinstance(one, OrderChanged) and one.state in ANSWERS for one in entries)


def ends(entries: Sequence[Entry]) -> bool:
    """Say whether a commit holds the end of an order that was taken."""
    over = {OrderState.FILLED, OrderState.CANCELLED}
    return any(isinstance(one, OrderChanged) and one.state in over for one in entries)


BOUNDARIES: Mapping[str, tuple[Says, bool]] = {
    "intent not committed": (of_kind(IntentRecorded), False),
    "intent committed, nothing sent": (of_kind(IntentRecorded), True),
    "answer heard, not committed": (answers, False),
    "answer committed": (answers, True),
    "fill heard, not committed": (of_kind(FillRecorded), False),
    "fill committed": (of_kind(FillRecorded), True),
    "end heard, not committed": (ends, False),
    "confirmation heard, not committed": (of_kind(FillProved), False),
}
"""What a commit says, and whether the plug is pulled after it."""


class Brittle(SqliteLedger):
    """The real ledger, until the boundary."""

    boundary = ""

    @override
    async def append(self, entries: Sequence[Entry], stamp: Stamp) -> Head:
        says, after = BOUNDARIES[self.boundary]
        here = says(entries)
        if here and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        head = await super().append(entries, stamp)
        if here:
            os.kill(os.getpid(), signal.SIGKILL)
        return head


def be_brittle(environment: Mapping[str, str], log: Path, boundary: str) -> None:
    """Be the bot until the boundary: what `bot.bootstrap.run` does, on the other ledger."""
    become(environment, log)
    Brittle.boundary = boundary
    try:
        _run(environment)
    except Refused as refused:
        print(f"poly: {refused}", file=sys.stderr)  # noqa: T201 - the last word
        sys.exit(refused.code)


def _run(environment: Mapping[str, str]) -> None:
    configure(environment.get("POLY_LOG", ""))
    settings = read_settings(environment, ALSO)
    front = Front(environment, settings.mode)
    day = day_of(settings, environment)
    with DataDirectory.hold(settings.directory, wait_s=5) as directory:
        day.prepare()
        ledger = Brittle.open(settings.directory)
        mind = Mind(
            front.heart,
            *standing(settings.directory, environment, ledger),
            accepted(settings.directory),
        )
        front.begin(settings.directory, ledger)
        asyncio.run(day.live_through(Boot(settings, ledger, directory.device, mind, front)))
