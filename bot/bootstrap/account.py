"""Live's account: what keeps it equal to the ledger, and what turns wins into cash."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.adapters.polymarket.attended import AttendedFeed
from bot.adapters.polymarket.chain.winnings import Winnings
from bot.adapters.polymarket.clock import MarketClock
from bot.adapters.polymarket.venue import LiveVenue
from bot.bootstrap.boot import Boot
from bot.bootstrap.market import wall_us
from bot.domain.entry import ChainStepTaken
from bot.domain.event import Event, MarketResolved
from bot.domain.fill import ChainStep
from bot.services.account.capital import read_announced
from bot.services.account.part import Outside, Pace, Views
from bot.services.account.reconciler import Reconciler
from bot.services.account.redeemer import Books, Redeemer
from bot.services.live.crew import Crew
from bot.services.session import Session

REDEEM_S = 60.0


class LiveAccount:
    """Reconciling and redeeming, joined to a session."""

    def __init__(self, boot: Boot, session: Session, venue: LiveVenue, capital: str) -> None:
        """Join the parts; `session` has them agree before it trades.

        Raises:
            Refused: `POLY_CAPITAL` cannot be read; USAGE.

        """
        heart, now_us = boot.mind.heart, venue.connection.settings.clock.now_us
        views = Views(
            engine=session.engine,
            ledger=boot.ledger,
            venue=venue,
            floor=session.floor,
            following=venue,
            announced=read_announced(capital),
        )
        outside = Outside(
            now_us=now_us,
            wall_s=asyncio.get_running_loop().time,
            hold=session.hold,
            diverged=lambda detail: heart.trip("divergence", detail),
            tell=tell,
            heart=heart,
        )
        clock = venue.connection.settings.clock
        self.reconciler = Reconciler(views, outside, pace(clock))
        session.agree = self.reconciler.at_start
        boot.front.agreed_age_s = lambda: self.reconciler.agreed_age_s
        venue.awoken = lambda: self.reconciler.ask("a socket was away")
        self._floor = session.floor
        winnings = Winnings(venue.connection, venue.catalog, venue.account, self._take)
        books = Books(boot.ledger.unfinished, session.floor.record, name)
        every_s = clock.wall_s(REDEEM_S, 2.0)
        self.redeemer = Redeemer(winnings, books, tell, every_s=every_s)

    def attend(self, feed: AttendedFeed, crew: Crew) -> None:
        """Hear what the feed says, and begin to work."""
        feed.heard = self._heard
        crew.begin("reconciler", self.reconciler.run())
        crew.begin("redeemer", self.redeemer.run())

    def _heard(self, event: Event) -> None:
        self.reconciler.observe(event)
        if isinstance(event, MarketResolved):
            self.redeemer.ask()

    async def _take(self, step: ChainStep) -> None:
        await self._floor.record(ChainStepTaken(step))


def pace(clock: MarketClock) -> Pace:
    """Return the pace of reconciling: as it is, or faster where a stand-in's time runs faster."""
    usual = Pace()
    return replace(
        usual,
        margin_s=clock.margin_s(usual.margin_s),
        every_s=clock.wall_s(usual.every_s, 1.0),
        again_s=clock.wall_s(usual.again_s, 0.25),
        doubt_s=clock.wall_s(usual.doubt_s, 0.5),
        settle_s=clock.wall_s(usual.settle_s, 2.0),
        absent_s=clock.wall_s(usual.absent_s, 2.0),
        flight_s=clock.wall_s(usual.flight_s, 10.0),
    )


def name() -> str:
    """Return a new name for an action on the chain."""
    return f"{wall_us():x}"


def tell(event: str, fields: Mapping[str, str]) -> None:
    """Log what became of the account."""
    log = structlog.get_logger()
    bad = event.rpartition(".")[2] in {"diverged", "disagreed", "failed", "impossible"}
    (log.warning if bad else log.info)(event, **fields)
