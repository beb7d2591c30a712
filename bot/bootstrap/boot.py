"""What every boot has, whatever the engine runs on: the latch, the evidence, who we are.

Nothing here knows a feed or the real venue.
"""

import asyncio
import importlib.metadata
import platform
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.adapters.ledger import driver
from bot.adapters.ledger.ledger import FILE_NAME, SqliteLedger
from bot.adapters.ledger.proof.line import FORMAT, Line, boot_line, proof_line, stop_line
from bot.adapters.paper.venue import PaperVenue
from bot.adapters.system import SystemClock, mount_at
from bot.bootstrap.front import Front
from bot.domain.entry import SessionStarted, TradingStateSet
from bot.domain.money import Usd
from bot.ports import GENESIS, Ledger
from bot.services.log import utc
from bot.services.session import Acceptance, Session
from bot.settings import Settings
from bot.watchdog.beat import Heart
from bot.watchdog.kill import latch as latches

PROOF_S_MAX = 10
"""An orderly stop waits no longer for the boot's proof; without it there is no stop line."""


@dataclass(frozen=True, slots=True)
class Mind:
    """What the watchdog and the latch have to do with a session."""

    heart: Heart
    halt: str
    agreed: str
    accepted: Acceptance | None = None


@dataclass(frozen=True, slots=True)
class Boot:
    """What is there before feed and venue are: settings, ledger, its volume, the latch's word."""

    settings: Settings
    ledger: SqliteLedger
    device: int
    mind: Mind
    front: Front

    @property
    def pretended(self) -> Usd:
        """Return the cash that a strategy has on paper."""
        return self.settings.strategy.paper.cash_usd

    def started(self, cash: Usd, *, recording_hash: str = "", account: str = "") -> SessionStarted:
        """Return who starts; boot number and what was before are the ledger's to say.

        `cash` is pretended; where money is real it is none, because the venue's is what counts.
        """
        settings, now_us = self.settings, SystemClock().now_us()
        return SessionStarted(
            boot=1,
            session=f"{now_us:x}",
            mode=settings.mode.value,
            deployment_id=settings.deployment_id,
            versions=(
                ("poly", importlib.metadata.version("poly")),
                ("python", platform.python_version()),
                ("sqlite", ".".join(map(str, driver.VERSION))),
            ),
            config_hash=settings.config_hash,
            recording_hash=recording_hash,
            strategy_hash=settings.strategy.strategy_hash,
            seed=settings.seed,
            starting_cash=cash,
            device=self.device,
            started_us=now_us,
            previous_deployment_id="",
            previous_seq=0,
            previous_hash=GENESIS,
            account=account,
        )


def standing(folder: Path, environment: Mapping[str, str], ledger: Ledger) -> tuple[str, str]:
    """Return why trading stays halted, empty if it does not, and why it begins if it does.

    A halt that a person took away since the ledger last recorded it is named where trading begins.
    """
    agreed = "memory, ledger and venue agree"
    try:
        latch = latches.at_boot(folder, environment, "POLY_RESUME")
    except OSError as error:
        return f"the latch cannot be changed: {error.strerror}", agreed
    if latch is not None:
        return f"latch {latch.id}: {latch.cause}: {latch.reason}", agreed
    last, cleared = ledger.trading_state(), latches.history(folder)
    if last is not None and cleared and isinstance(last.entry, TradingStateSet):
        newest = cleared[-1]
        if last.entry.cause.startswith(f"latch {newest.id}:"):
            agreed = f"latch {newest.id} cleared by {newest.who}: {newest.reason}; {agreed}"
    return "", agreed


def accepted(folder: Path) -> Acceptance | None:
    """Return the losses that a person accepted last, if the last halt was cleared with that."""
    cleared = latches.history(folder)
    if not cleared or not cleared[-1].accepted:
        return None
    newest = cleared[-1]
    return Acceptance(newest.id, newest.who, newest.reason)


def paper_venue(boot: Boot, cash: Usd) -> PaperVenue:
    """Open the paper venue's own account, where the ledger ends."""
    settings = boot.settings
    venue = PaperVenue.open(
        settings.directory,
        starting_cash=cash,
        latency_us=settings.strategy.paper.latency_ms * 1_000,
        seed=settings.seed,
    )
    head = boot.ledger.head.stamp
    venue.resume(frame=head.frame, at_us=head.at_us)
    return venue


def obey_signals(session: Session) -> None:
    """Let SIGTERM and SIGINT stop the session in order."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, session.stop, signal.Signals(number).name)


def _who(settings: Settings) -> Line:
    return {
        "format": FORMAT,
        "at": utc(SystemClock().now_us()),
        "deployment_id": settings.deployment_id or None,
    }


@dataclass(frozen=True, slots=True)
class Proof:
    """The boot's evidence: said at once, and its slow half from a thread beside the trading."""

    settings: Settings
    thread: threading.Thread
    known: list[tuple[int, str]]
    """The boot's head and the hash up to it, once they are proved: a stop goes on from there."""

    @classmethod
    def begin(cls, settings: Settings) -> "Proof":
        """Say `ledger.boot` now, and `ledger.proof` when it is computed."""
        log = structlog.get_logger()
        line = boot_line(settings.directory / FILE_NAME)
        mount = mount_at(settings.directory)
        log.info(
            "ledger.boot",
            **_who(settings),
            data_dir=str(settings.directory),
            volume_name=settings.volume_name or None,
            mount_point=mount.point if mount else None,
            device=mount.device if mount else None,
            **line,
        )

        known: list[tuple[int, str]] = []

        def prove() -> None:
            proved = proof_line(settings.directory / FILE_NAME, line)
            log.info("ledger.proof", **_who(settings), **proved)
            head, hashed = line["head_sequence"], proved["content_hash"]
            if isinstance(head, int) and isinstance(hashed, str):
                known.append((head, hashed))

        thread = threading.Thread(target=prove, name="proof", daemon=True)
        thread.start()
        return cls(settings, thread, known)

    def finish(self) -> None:
        """Say `ledger.stopped`, with the hash of everything, if the boot was proved in time."""
        self.thread.join(PROOF_S_MAX)
        if self.known:
            stopped = stop_line(self.settings.directory / FILE_NAME, *self.known)
            structlog.get_logger().info("ledger.stopped", **_who(self.settings), **stopped)
