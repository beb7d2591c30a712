"""Paper: the live feed, and a venue that only pretends. Nothing that signs is loaded here."""

from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.adapters.paper.feed import PaperFeed
from bot.adapters.paper.venue import PaperVenue
from bot.adapters.polymarket.feed.feed import LiveFeed
from bot.adapters.polymarket.feed.place import read_clock, read_login, read_places
from bot.adapters.polymarket.variable import read_proxy
from bot.adapters.replay.recorder import Recorder
from bot.bootstrap.boot import Boot, Proof, obey_signals, paper_venue
from bot.bootstrap.market import Notices, ground, series_of, tape, wall_us
from bot.services.live.crew import Crew
from bot.services.session import Session, Terms
from bot.settings import Settings


class PaperDay:
    """One session on paper. It is never shown the private key."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        """Read where the feed is and who listens; price frames need API credentials."""
        self._settings = settings
        self._places = replace(read_places(environment), proxy=read_proxy(environment))
        self._clock = read_clock(environment, self._places, wall_us)
        self._login = read_login(environment)
        series_of(settings)

    def prepare(self) -> None:
        """Nothing is to be made ready."""

    async def live_through(self, boot: Boot) -> None:
        """Live until stopped, recording everything."""
        venue = paper_venue(boot, boot.pretended)
        recorder = tape(boot)
        crew = Crew()
        try:
            await self._session(boot, venue, recorder, crew)
        finally:
            await crew.close()
            recorder.close()
            venue.close()

    async def _session(self, boot: Boot, venue: PaperVenue, recorder: Recorder, crew: Crew) -> None:
        settings, mind = self._settings, boot.mind
        notices = Notices(crew)
        stands = ground(boot, self._places, self._clock, self._login, notices.tell)
        feed = LiveFeed(stands, recorder, before=venue.told, since_us=boot.ledger.head.stamp.at_us)
        terms = Terms(
            boot.started(boot.pretended),
            settings.strategy,
            settings.order_life_us,
            journal=recorder.write_ours,
            live_feed=True,
            heart=mind.heart,
            halt=mind.halt,
            agreed=mind.agreed,
            accepted=mind.accepted,
            sent=boot.front.sent,
            crew=crew,
        )
        boot.front.keep_time(self._clock.now_us)
        session = Session(terms, boot.ledger, venue, PaperFeed(feed, venue), boot.front.observe)
        notices.attend(session.floor)
        obey_signals(session)
        started = await session.start()
        await boot.front.attend(session, crew)
        proof = Proof.begin(settings)
        async with feed:
            reason = await session.run(lambda _: None)
            await crew.close()  # nobody records anything behind the stop
        proof.finish()
        structlog.get_logger().info(
            "session.ended", reason=reason, boot=started.boot, frame=session.frame
        )
