"""What a process shows and tells besides its trading: health, metrics, control, alerts.

Made before anything is locked, so that a broken alert URL is refused and /health answers at once;
given the ledger when it is there, and the session when it lives. Nothing here trades.
"""

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from bot.adapters.alerts.channel import Console, open_channels
from bot.adapters.alerts.message import Message
from bot.adapters.alerts.sender import Sender
from bot.adapters.alerts.setting import read_alerts
from bot.adapters.alerts.variable import VARIABLES as ALERT_VARIABLES
from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.ledger.look.samples import samples
from bot.adapters.ledger.reader import LedgerReader
from bot.adapters.system import SystemClock
from bot.domain.entry import AlertRaised, Entry, SessionStopped, Severity, Stamp, TradingStateSet
from bot.domain.expectation.sample import Samples
from bot.domain.money import MICROS, format_micros
from bot.domain.order import OrderHash
from bot.services.guard.asked import Asked
from bot.services.guard.expect import Expectation
from bot.services.guard.watch import Instruments, Watch, disk_bound, free_mb
from bot.services.health import digest
from bot.services.health.alive import Alive
from bot.services.health.control import Control
from bot.services.health.page import Pages
from bot.services.health.pulse import HeardHeart
from bot.services.health.server import Server
from bot.services.health.setting import VARIABLES as HEALTH_VARIABLES
from bot.services.health.setting import read_health
from bot.services.live.crew import Crew
from bot.services.log import Teller
from bot.services.log.line import LEVELS
from bot.services.session import Session
from bot.settings import Mode
from bot.watchdog.beat import VARIABLE as HEARTBEAT
from bot.watchdog.beat import Phase
from bot.watchdog.kill import latch as latches

if TYPE_CHECKING:
    from bot.adapters.alerts.ping import Ping
    from bot.services.health.figures import Figures

VARIABLES: Final[Mapping[str, str]] = {**ALERT_VARIABLES, **HEALTH_VARIABLES}
LAST_WORDS_S: Final = 5.0
"""How long an orderly stop waits for alerts to be taken; the rest is sent by the next start."""
AGREED_S_MAX: Final = 300.0
"""Older agreement of ledger and venue is none: the dead man's switch is not pressed."""
ALERTS_MAX: Final = 500
RANKS: Final = {"active": 2.0, "reduce_only": 1.0}


class Front:
    """One process's front desk."""

    def __init__(self, environment: Mapping[str, str], mode: Mode) -> None:
        """Read everything, and listen; nothing is sent and no ledger is touched.

        A replay tells alerts on the console only: its day is long over.

        Raises:
            Refused: a variable that cannot be, or an address that cannot be listened at.

        """
        self._alerts = read_alerts(environment)
        self._health = read_health(environment)
        self._mode = mode
        self._channels = () if mode is Mode.REPLAY else open_channels(self._alerts.urls)
        self.heart = HeardHeart.inherited(environment.get(HEARTBEAT, ""))
        self.control = Control(self._health.token)
        """Others add what may be asked: `control.add("flatten", work)`."""
        self.agreed_age_s: Callable[[], float] = lambda: math.nan
        """Seconds since ledger and venue last agreed; set where something reconciles."""
        self._now_us: Callable[[], int] = SystemClock().now_us
        self._disk_mb_min = disk_bound(environment)
        self._state = ("", "")
        self._figures: Figures | None = None
        self._teller = Teller()
        self._sender: Sender | None = None
        self._folder = Path()
        self._died = False
        self._ping: Ping | None = None
        self._server = self._listen()

    def _listen(self) -> Server:
        port = self._health.port
        if port is not None:
            from bot.services.health.figures import Figures  # noqa: PLC0415 - 11 MB

            self.heart.listened_to = True
            self._figures = Figures(self.heart, self._folder)
            self._figures.agreed_age_s = self._agreed_age_s
        self.heart.beat(Phase.BOOT)
        pages = Pages(self.heart, lambda: self._state, self._figures)
        server = Server(pages.by_path(), self.control)
        if port is not None:
            found = server.listen(self._health.host, port)
            structlog.get_logger().info("health.listening", host=self._health.host, port=found)
        return server

    def _agreed_age_s(self) -> float:
        return self.agreed_age_s()

    def begin(self, folder: Path, ledger: SqliteLedger) -> None:
        """Take the ledger of a data directory that is held.

        Raises:
            Refused: the owner's socket cannot be made.

        """
        self._folder = folder
        last = ledger.recent(1)
        self._died = bool(last) and not isinstance(last[-1].entry, SessionStopped)
        figures = self._figures
        measured = (figures.stage,) if figures else ()
        self._teller = Teller(None, *measured)
        self._teller.recall(one.entry for one in ledger.unsettled())
        if figures is not None:
            figures.facts = Ledgers(folder, ledger).gauges
            figures.folder = folder
            ledger.measure(figures.committed)
        if self._mode is not Mode.REPLAY:
            self._server.listen_for_owner(folder)
        channels = self._channels or (Console(say),)
        self._sender = Sender(
            ledger, channels, least=self._alerts.least, where=f"poly {self._mode.value}",
            tell=tell, now_us=SystemClock().now_us,
        )  # fmt: skip
        self._sender.start()

    def keep_time(self, now_us: Callable[[], int]) -> None:
        """Measure each step of an order by the clock that stamps events; a replay has none."""
        self._teller.now_us = self._now_us = now_us

    def sent(self, order_hash: OrderHash) -> None:
        """Hear of an order that goes to the wire."""
        self._teller.sent(order_hash)

    def observe(self, entries: Sequence[Entry], stamp: Stamp) -> None:
        """Say and count what has become durable: the session's observer."""
        for entry in entries:
            if isinstance(entry, TradingStateSet):
                self._state = (entry.state.value, entry.cause)
        self._teller(entries, stamp)
        if self._figures is not None:
            self._figures.observe(entries, stamp)

    async def attend(self, session: Session, crew: Crew | None) -> None:
        """Answer for a session that has started; with a crew also ping and digest."""
        self.control.serve(self._folder, session.stop)
        floor = session.floor
        asked = Asked(session.engine, floor, latches.new_id)
        self.control.add("flatten", asked.flatten)
        self.control.add("accept", asked.accept)
        if crew is None:
            return
        by = Instruments(
            market_us=self._now_us, frame=lambda: floor.frame, disk_mb=lambda: free_mb(self._folder)
        )
        watch = Watch(session.engine, session.hold, by, disk_mb_min=self._disk_mb_min)
        crew.begin("guard", watch.run())
        compared = Expectation(
            session.strategy.expected, Ledgers(self._folder, None).samples, floor.record
        )
        crew.begin("expectation", compared.run())
        if self._died:
            await floor.record(died())
        if self._alerts.alive_url is not None:
            from bot.adapters.alerts.ping import Ping  # noqa: PLC0415 - an HTTP client, if wanted

            self._ping = Ping(self._alerts.alive_url)
            every_s = self._alerts.alive_every_s

            async def prove() -> str:
                await floor.checkpoint()
                age_s = self.agreed_age_s()
                late = age_s > AGREED_S_MAX
                return f"ledger and venue have not agreed for {age_s:.0f} s" if late else ""

            crew.begin("alive", Alive(self._ping, prove, every_s=every_s, tell=tell).run())
        minute = self._alerts.digest_minute
        if minute is not None:
            facts = Ledgers(self._folder, None).digest
            crew.begin("digest", digest.run(minute, facts, floor.record))

    def close(self) -> None:
        """Send what waits if that is quick, and hear and answer nobody any more."""
        sender, self._sender = self._sender, None
        if sender is not None and not sender.stop(LAST_WORDS_S):
            structlog.get_logger().warning("alert.left_for_next_start")
        self._server.close()
        if self._ping is not None:
            self._ping.close()


class Ledgers:
    """What the ledger says of itself, for gauges and digest; read beside the writer."""

    def __init__(self, folder: Path, outbox: SqliteLedger | None) -> None:
        """Read nothing yet."""
        self._folder = folder
        self._outbox = outbox

    def samples(self, count: int) -> Samples:
        """Return the newest orders and payouts, to be held to what was expected."""
        with LedgerReader.open(self._folder) as reader:
            return samples(reader, count)

    def gauges(self) -> dict[str, float]:
        """Return the gauges of `figures.GAUGES`."""
        with LedgerReader.open(self._folder) as reader:
            status = reader.status()
        waiting = self._outbox.waiting(limit=ALERTS_MAX) if self._outbox else ()
        oldest_s = time.time() - waiting[0].at_us / MICROS if waiting else 0.0
        return {
            "poly_boot": status.boots,
            "poly_intents_unknown": status.unknown_orders,
            "poly_orders_open": status.open_orders,
            "poly_positions_open": status.open_positions,
            "poly_cash_usd": status.cash_micros / MICROS,
            "poly_equity_usd": status.equity_micros / MICROS,
            "poly_drawdown_max_usd": status.max_drawdown_micros / MICROS,
            "poly_trading_state": RANKS.get(status.trading_state, 0.0),
            "poly_wal_bytes": status.wal_bytes,
            "poly_ledger_bytes": status.file_bytes,
            "poly_alerts_open": len(waiting),
            "poly_alerts_oldest_seconds": oldest_s,
        }

    def digest(self) -> dict[str, str]:
        """Return what a person wants to know once a day."""
        with LedgerReader.open(self._folder) as reader:
            status = reader.status()
        return {
            "state": f"{status.trading_state}: {status.trading_cause}",
            "equity": f"{format_micros(status.equity_micros)} USD",
            "cash": f"{format_micros(status.cash_micros)} USD",
            "realised": f"{format_micros(status.realized_pnl_micros)} USD",
            "max drawdown": f"{format_micros(status.max_drawdown_micros)} USD",
            "orders": f"{status.orders}, {status.open_orders} open, "
            f"{status.unknown_orders} unknown",
            "fills": f"{status.fills}, {status.open_positions} positions open",
            "anomalies, drifts": f"{status.anomalies}, {status.drifts}",
            "boots": str(status.boots),
        }


def died() -> AlertRaised:
    """Return what is told when the session before this one did not end in order."""
    return AlertRaised(
        "engine.died", Severity.WARNING, "engine.died",
        "the engine ended without a stop and was started again",
        "it was killed or failed; nothing committed is lost", "runbooks/engine-died.md",
    )  # fmt: skip


def say(message: Message) -> None:
    """Say alerts on the console, a line each."""
    log = structlog.get_logger()
    for one in message.alerts:
        speak = getattr(log, LEVELS[one.severity])
        speak(
            "alert", kind=one.kind, severity=one.severity.value, title=one.title,
            detail=one.detail, repeats=one.repeats, runbook=one.runbook, alert=one.number,
        )  # fmt: skip


def tell(event: str, level: str, **fields: object) -> None:
    """Log what became of alerts and pings."""
    with contextlib.suppress(ValueError, OSError):  # a closed stdout is no reason to stop
        getattr(structlog.get_logger(), level)(event, **fields)
