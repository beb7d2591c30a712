"""What paper and live have in common: the sockets, the recording, and who is told of them."""

import time
from collections.abc import Iterable

import structlog

from bot.adapters.polymarket.clock import MarketClock
from bot.adapters.polymarket.feed.place import SERIES, Ground, Login, Notice, Places, Severity
from bot.adapters.replay.recorder import Recorder
from bot.bootstrap.boot import Boot
from bot.domain.entry import MarketListed, Recorded
from bot.domain.market import Market
from bot.domain.refusal import ExitCode, Refused
from bot.settings import Settings

FOLDER = "recording"


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
    settings: Settings, places: Places, clock: MarketClock, login: Login | None, boot: Boot
) -> Ground:
    """Return what the feed stands on; windows that the ledger has not settled are asked for."""
    known = unsettled(boot.ledger.unsettled())
    slugs = tuple(market.slug for market in known)
    return Ground(places, clock, tell_notice, series_of(settings), login, slugs)


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


def tell_notice(notice: Notice) -> None:
    """Log a change of the feed's state."""
    log = structlog.get_logger()
    say = {Severity.INFO: log.info, Severity.WARNING: log.warning, Severity.ERROR: log.error}
    say[notice.severity](notice.event, **notice.fields)
