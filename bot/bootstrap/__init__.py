"""Composition root: the only place where concrete classes meet.

Settings -> data directory -> ledger -> feed and venue -> session, one module a mode. Whatever
cannot be trusted is refused here, before anything that is not true is written. What signs is loaded
in live mode only.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from bot.adapters.ledger.directory import DataDirectory
from bot.adapters.ledger.ledger import SqliteLedger
from bot.bootstrap.boot import Boot, Mind, accepted, standing
from bot.bootstrap.front import Front
from bot.bootstrap.variable import ALSO
from bot.domain.refusal import ExitCode
from bot.services.log import configure
from bot.settings import Mode, Settings, read_settings
from bot.watchdog.beat import Phase

PRIVATE = "POLYMARKET_PRIVATE_KEY"


class Day(Protocol):
    """What the engine runs on; made before anything is locked, so that it can refuse."""

    def prepare(self) -> None:
        """Make ready what needs the data directory, before the ledger is opened."""
        ...

    async def live_through(self, boot: Boot) -> None:
        """Run one session."""
        ...


def run(environment: Mapping[str, str]) -> ExitCode:
    """Run one session as the environment says, until its feed ends or it is stopped.

    Raises:
        Refused: one line for a person; see `ExitCode` for what may be refused.
        CommitUnknown: an outcome is not known; the process must end and recover.

    """
    configure(environment.get("POLY_LOG", ""))
    settings = read_settings(environment, ALSO)
    front = Front(environment, settings.mode)
    try:
        _run(environment, settings, front)
    finally:
        front.close()
    return ExitCode.OK


def _run(environment: Mapping[str, str], settings: Settings, front: Front) -> None:
    heart = front.heart
    day = day_of(settings, environment)
    held = DataDirectory.hold(
        settings.directory,
        wait_s=settings.lock_wait_s,
        waiting=lambda: heart.beat(Phase.WAITING),
    )
    with held as directory:
        heart.beat(Phase.CHECKING)
        day.prepare()
        ledger = SqliteLedger.open(settings.directory)
        mind = Mind(
            heart, *standing(settings.directory, environment, ledger), accepted(settings.directory)
        )
        try:
            front.begin(settings.directory, ledger)
            asyncio.run(day.live_through(Boot(settings, ledger, directory.device, mind, front)))
        finally:
            front.close()  # while the ledger still takes marks
            ledger.drop()


def day_of(settings: Settings, environment: Mapping[str, str]) -> Day:
    """Return the mode's day. Only live imports what signs, and only live is shown the key."""
    keyless = {name: value for name, value in environment.items() if name != PRIVATE}
    match settings.mode:
        case Mode.REPLAY:
            from bot.bootstrap.replay import ReplayDay  # noqa: PLC0415 - one mode's parts only

            return ReplayDay(settings)
        case Mode.PAPER:
            from bot.bootstrap.paper import PaperDay  # noqa: PLC0415

            return PaperDay(settings, keyless)
        case Mode.LIVE:
            from bot.bootstrap.live import LiveDay  # noqa: PLC0415

            return LiveDay(settings, environment)
