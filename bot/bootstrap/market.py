"""What paper and live have in common: the sockets, the recording, and who is told of them."""

import time
from collections.abc import Iterable
from typing import Protocol

import structlog

from bot.adapters.polymarket.clock import MarketClock
from bot.adapters.polymarket.feed.place import (
    SERIES,
    Ground,
    Login,
    Notice,
    Places,
    Severity,
    Tell,
)
from bot.adapters.replay.recorder import Recorder
from bot.bootstrap.boot import Boot
from bot.domain.entry import AlertRaised, Entry, MarketListed, Recorded
from bot.domain.entry import Severity as Urgency
from bot.domain.market import Market
from bot.domain.refusal import ExitCode, Refused
from bot.services.live.crew import Crew
from bot.settings import Settings

FOLDER = "recording"
RUNBOOK = "runbooks/feed-frozen.md"


def wall_us() -> int:
    """Return the machine's time."""
    return time.time_ns() // 1_000


def series_of(settings: Settings) -> tuple[str, ...]:
    """Return the windows that are followed.

    Raises:
        Refused: the strategy names one that the venue does not have; USAGE.

    """
    wanted = settings.strategy.series or SERIES
    for one in wanted:
        if one not in SERIES:
            raise Refused(
                f"{settings.strategy_file}: series: {one} has no windows; choose of "
                f"{', '.join(SERIES)}",
                ExitCode.USAGE,
            )
    return wanted


def ground(
    boot: Boot, places: Places, clock: MarketClock, login: Login | None, tell: Tell
) -> Ground:
    """Return what the feed stands on; windows that the ledger has not settled are asked for."""
    known = unsettled(boot.ledger.unsettled())
    slugs = tuple(market.slug for market in known)
    return Ground(places, clock, tell, series_of(boot.settings), login, slugs)


def unsettled(entries: Iterable[Recorded]) -> tuple[Market, ...]:
    """Return the markets of a ledger that are listed and not settled, as last listed."""
    listed = (one.entry.market for one in entries if isinstance(one.entry, MarketListed))
    return tuple({market.market_id: market for market in listed}.values())


def tape(boot: Boot) -> Recorder:
    """Open the recording, behind what the ledger has handled.

    Raises:
        Refused: it cannot be written; UNAVAILABLE.

    """
    folder = boot.settings.directory / FOLDER
    return Recorder(folder, tell_recording, after=boot.ledger.head.stamp.frame)


def tell_recording(event: str, detail: str) -> None:
    """Log what became of the recording."""
    structlog.get_logger().warning(event, detail=detail)


class Records(Protocol):
    """What is needed of a session's floor."""

    async def record(self, *entries: Entry) -> None:
        """Make entries durable."""
        ...


class Notices:
    """Hears of changes of the feed's state: each is logged, and what a person must see alerts."""

    def __init__(self, crew: Crew) -> None:
        """Only log, until there is a session."""
        self._crew = crew
        self._floor: Records | None = None

    def attend(self, floor: Records) -> None:
        """Record alerts here from now on."""
        self._floor = floor

    def tell(self, notice: Notice) -> None:
        """Log it, and have it alerted if it is an error."""
        log = structlog.get_logger()
        say = {Severity.INFO: log.info, Severity.WARNING: log.warning, Severity.ERROR: log.error}
        say[notice.severity](notice.event, **notice.fields)
        if self._floor is not None and notice.severity is Severity.ERROR:
            self._crew.begin("alert", self._floor.record(alert_of(notice)))


def alert_of(notice: Notice) -> AlertRaised:
    """Return what a person is told of an error of the feed."""
    fields = ", ".join(f"{name} {value}" for name, value in notice.fields.items())
    subject = str(notice.fields.get("symbol", notice.fields.get("slug", "")))
    return AlertRaised(
        notice.event, Urgency.WARNING, f"{notice.event} {subject}".rstrip(),
        notice.event.removeprefix("feed.").replace("_", " "), fields, RUNBOOK,
    )  # fmt: skip
