"""Live: the live feed and the real venue. Whatever speaks against trading is refused here first.

The order of the start is the order of what it protects from: who we are, whether we may trade from
here, whether anybody else does, what is ours; only then the feed, and the first order.
"""

from collections.abc import Mapping

import structlog

from bot.adapters.polymarket.account.heartbeat import Heartbeat, Loss, Rival
from bot.adapters.polymarket.attended import AttendedFeed
from bot.adapters.polymarket.boot import Finding, boot_checks
from bot.adapters.polymarket.feed.feed import LiveFeed
from bot.adapters.polymarket.feed.place import Login, Places
from bot.adapters.polymarket.setting import LiveSettings, read_live_settings
from bot.adapters.polymarket.venue import LiveVenue
from bot.adapters.replay.recorder import Recorder
from bot.bootstrap.account import LiveAccount
from bot.bootstrap.boot import Boot, Proof, obey_signals
from bot.bootstrap.market import Notices, ground, series_of, tape, unsettled, wall_us
from bot.domain.money import ZERO_USD
from bot.domain.refusal import ExitCode, Refused
from bot.services.account.capital import read_announced
from bot.services.heartbeat import VENUE_S_MAX, beating
from bot.services.live.beside import Beside
from bot.services.live.clearing import Cleared
from bot.services.live.crew import Crew
from bot.services.live.real import Live
from bot.services.live.switch import Switch
from bot.services.session import Session, Terms
from bot.settings import Settings


class LiveDay:
    """One session with real money."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        """Read who we are; what is missing is refused, never derived.

        Raises:
            Refused: names the variable and the remedy; USAGE.

        """
        self._settings = settings
        self._venue = read_live_settings(environment, wall_us)
        self._venue.with_credentials()
        read_announced(settings.capital)
        series_of(settings)

    def prepare(self) -> None:
        """Nothing is to be made ready."""

    async def live_through(self, boot: Boot) -> None:
        """Live until stopped, recording everything."""
        heart = boot.mind.heart
        venue = await beating(heart, LiveVenue.open(self._venue), most_s=VENUE_S_MAX)
        recorder = tape(boot)
        crew = Crew()
        try:
            await beating(heart, check(venue), most_s=VENUE_S_MAX)
            await LiveHouse(boot, self._venue, venue, recorder, crew).live_through()
        finally:
            await crew.close()
            recorder.close()
            await venue.close()


class LiveHouse:
    """The parts of a live session, joined."""

    def __init__(
        self, boot: Boot, given: LiveSettings, venue: LiveVenue, recorder: Recorder, crew: Crew
    ) -> None:
        """Join the parts; nothing is dialled."""
        self._boot = boot
        self._venue = venue
        self._crew = crew
        settings, mind, head = boot.settings, boot.mind, boot.ledger.head.stamp
        notices = Notices(crew)
        stands = ground(boot, places_of(given), given.clock, login_of(given), notices.tell)
        self._feed = LiveFeed(stands, recorder, orders=venue, since_us=head.at_us)
        self._attended = AttendedFeed(self._feed, venue)
        hands = Beside(venue, self._feed.offer, crew)
        terms = Terms(
            boot.started(ZERO_USD, account=given.wallet.lower()),
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
            live=Live(venue, hands, given.clock.now_us, tell_cleared),
        )
        boot.front.keep_time(given.clock.now_us)
        self.session = Session(terms, boot.ledger, venue, self._attended, boot.front.observe)
        notices.attend(self.session.floor)
        self._account = LiveAccount(boot, self.session, venue, settings.capital)
        self._switch = Switch(crew, self.session.hold, venue.cancel_all, mind.heart.trip)

    async def live_through(self) -> None:
        """Press the heartbeat, agree with the venue, trade, and leave nothing open."""
        obey_signals(self.session)
        await self._press()
        self._attended.want(unsettled(self._boot.ledger.unsettled()))
        self._crew.begin("facts", self._attended.warm())
        self._crew.begin("renewal", self._venue.renew())
        started = await self.session.start()
        await self._boot.front.attend(self.session, self._crew)
        proof = Proof.begin(self._boot.settings)
        async with self._feed:
            self._crew.begin("orders", self._hear())
            self._account.attend(self._attended, self._crew)
            reason = await self.session.run(lambda _: None)
            await self._crew.close()  # nobody records anything behind the stop
        proof.finish()
        structlog.get_logger().info(
            "session.ended", reason=reason, boot=started.boot, frame=self.session.frame
        )

    async def _press(self) -> None:
        """Begin to send heartbeats, before anything can rest.

        Raises:
            Refused: another process trades with this key, or no beat is accepted.

        """
        heartbeat = Heartbeat(self._venue.connection.client, self._lost)
        self._switch.age_s = lambda: heartbeat.age_s
        try:
            await beating(self._boot.mind.heart, heartbeat.start(), most_s=VENUE_S_MAX)
        except Rival as rival:
            raise Refused(
                f"live trading is refused: {rival}; stop it, or give it a key of its own"
            ) from None
        except TimeoutError as error:
            raise Refused(
                f"live trading is refused: {error}; try again", ExitCode.OUTSIDE
            ) from None
        self._crew.begin("heartbeat", heartbeat.run())

    def _lost(self, loss: Loss, detail: str) -> None:
        self._switch.lost(detail, foreign=loss is Loss.FOREIGN)

    async def _hear(self) -> None:
        async for news in self._venue.events():
            self._feed.offer(news)


async def check(venue: LiveVenue) -> None:
    """Ask everything that must be true before the first order, and say each answer.

    Raises:
        Refused: something speaks against trading; OUTSIDE if it only could not be asked.

    """
    findings = await boot_checks(venue.connection)
    log = structlog.get_logger()
    for one in findings:
        say = log.info if one.ok else log.error
        say("live.check", check=one.name, ok=one.ok, found=one.found, remedy=one.remedy)
    bad = [one for one in findings if not one.ok]
    if bad:
        raise Refused(
            "live trading is refused: " + "; ".join(_line(one) for one in bad),
            ExitCode.REFUSED if any(one.answered for one in bad) else ExitCode.OUTSIDE,
        )


def _line(finding: Finding) -> str:
    return f"{finding.name}: {finding.found}; {finding.remedy}"


def tell_cleared(cleared: Cleared) -> None:
    """Say whether the book is proved empty."""
    log = structlog.get_logger()
    say = log.info if cleared.proved else log.error
    say(
        "orders.cleared",
        proved=cleared.proved,
        cancelled=cleared.cancelled,
        resting=cleared.resting,
        problem=cleared.problem,
    )


def places_of(given: LiveSettings) -> Places:
    """Return the feed's part of the venue's addresses."""
    ends = given.endpoints
    return Places(ends.gamma, ends.clob, ends.market_ws, ends.user_ws, ends.price_ws, given.proxy)


def login_of(given: LiveSettings) -> Login:
    """Return who listens."""
    own = given.with_credentials()
    return Login(given.address, own.key, own.secret, own.passphrase)
