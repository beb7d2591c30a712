"""Composition root: the only place where concrete classes meet.

Settings -> data directory -> recording -> ledger -> venue -> session. Whatever cannot be trusted is
refused here, before anything that is not true is written.
"""

import asyncio
import importlib.metadata
import platform
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.adapters.ledger import driver
from bot.adapters.ledger.directory import DataDirectory
from bot.adapters.ledger.ledger import FILE_NAME, SqliteLedger
from bot.adapters.ledger.proof.line import FORMAT, Line, boot_line, proof_line, stop_line
from bot.adapters.paper.feed import PaperFeed
from bot.adapters.paper.venue import PaperVenue
from bot.adapters.replay.feed import ReplayFeed
from bot.adapters.replay.importer import imported_resolvedkit
from bot.adapters.system import SystemClock, memory_mb_max, mount_at
from bot.domain.entry import SessionStarted, TradingStateSet
from bot.domain.refusal import ExitCode, Refused
from bot.ports import GENESIS, Ledger
from bot.services.log import configure, tell, utc
from bot.services.session import Session, Terms
from bot.settings import Settings, read_settings
from bot.watchdog.beat import VARIABLE as HEARTBEAT
from bot.watchdog.beat import Heart, Phase
from bot.watchdog.kill import latch as latches

BUNDLED = "resolvedkit"
PROGRESS_S = 0.25
PROOF_S_MAX = 10
"""An orderly stop waits no longer for the boot's proof; without it there is no stop line."""


def run(environment: Mapping[str, str]) -> ExitCode:
    """Run one session as the environment says, until its feed ends or it is stopped.

    Raises:
        Refused: one line for a person; see `ExitCode` for what may be refused.
        CommitUnknown: an outcome is not known; the process must end and recover.

    """
    configure()
    heart = Heart.inherited(environment.get(HEARTBEAT, ""))
    heart.beat(Phase.BOOT)
    settings = read_settings(environment)
    recording = None if settings.recording == BUNDLED else Path(settings.recording)
    feed = (
        None
        if recording is None
        else ReplayFeed.open(recording, speed=settings.speed, ours=settings.as_recorded)
    )
    held = DataDirectory.hold(
        settings.directory,
        wait_s=settings.lock_wait_s,
        waiting=lambda: heart.beat(Phase.WAITING),
    )
    with held as directory:
        heart.beat(Phase.CHECKING)
        if feed is None:
            feed = ReplayFeed.open(_bundled(settings.directory), speed=settings.speed)
        ledger = SqliteLedger.open(settings.directory)
        mind = Mind(heart, *standing(settings.directory, environment, ledger))
        try:
            asyncio.run(_session(settings, feed, ledger, directory.device, mind))
        finally:
            ledger.drop()
    return ExitCode.OK


def _bundled(folder: Path) -> Path:
    """Return the bundled windows as a recording, imported by a process of its own if need be."""
    command = [sys.executable, "-m", "bot.adapters.replay", str(folder)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        known = done.returncode in set(ExitCode)
        raise Refused(
            done.stderr.strip() if known else f"import of {BUNDLED} ended with {done.returncode}",
            ExitCode(done.returncode) if known else ExitCode.REFUSED,
        )
    return imported_resolvedkit(folder)


@dataclass(frozen=True, slots=True)
class Mind:
    """What the watchdog and the latch have to do with a session."""

    heart: Heart
    halt: str
    agreed: str


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


async def _session(
    settings: Settings, feed: ReplayFeed, ledger: SqliteLedger, device: int, mind: Mind
) -> None:
    paper = settings.strategy.paper
    venue = PaperVenue.open(
        settings.directory,
        starting_cash=paper.cash_usd,
        latency_us=paper.latency_ms * 1_000,
        seed=settings.seed,
    )
    try:
        head = ledger.head.stamp
        venue.resume(frame=head.frame, at_us=head.at_us)
        terms = Terms(
            _started(settings, feed, device),
            settings.strategy,
            settings.order_life_us,
            settings.as_recorded,
            heart=mind.heart,
            halt=mind.halt,
            agreed=mind.agreed,
        )
        said = feed if settings.as_recorded else PaperFeed(feed, venue)
        session = Session(terms, ledger, venue, said, tell)
        await _live(settings, feed, session)
    finally:
        venue.close()


async def _live(settings: Settings, feed: ReplayFeed, session: Session) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, session.stop, signal.Signals(number).name)
    started = await session.start()
    proof = Proof.begin(settings)
    progress = Progress(feed.frames_total, session.frame)
    reason = await session.run(progress.reached)
    proof.thread.join(PROOF_S_MAX)
    log = structlog.get_logger()
    if proof.known:
        stopped = stop_line(settings.directory / FILE_NAME, *proof.known)
        log.info("ledger.stopped", **_who(settings), **stopped)
    log.info("session.ended", reason=reason, boot=started.boot, **progress.measured(session.frame))


def _started(settings: Settings, feed: ReplayFeed, device: int) -> SessionStarted:
    now_us = SystemClock().now_us()
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
        recording_hash=feed.recording_hash,
        strategy_hash=settings.strategy.strategy_hash,
        seed=settings.seed,
        starting_cash=settings.strategy.paper.cash_usd,
        device=device,
        started_us=now_us,
        previous_deployment_id="",
        previous_seq=0,
        previous_hash=GENESIS,
    )


def _who(settings: Settings) -> Line:
    return {
        "format": FORMAT,
        "at": utc(SystemClock().now_us()),
        "deployment_id": settings.deployment_id or None,
    }


@dataclass(frozen=True, slots=True)
class Proof:
    """The boot's evidence: said at once, and its slow half from a thread beside the trading."""

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
        return cls(thread, known)


class Progress:
    """Says how far the recording has been handled, a few times a second, and how fast."""

    def __init__(self, total: int, frame: int) -> None:
        """Start counting at a frame."""
        self._total = total
        self._first = frame
        self._began = self._said = time.monotonic()

    def reached(self, frame: int) -> None:
        """Say it, unless it was said a moment ago."""
        now = time.monotonic()
        if now - self._said >= PROGRESS_S:
            self._said = now
            structlog.get_logger().info("replay.progress", frame=frame, frames=self._total)

    def measured(self, frame: int) -> dict[str, int | float]:
        """Return frames handled in this session and how many a second."""
        took = time.monotonic() - self._began
        handled = frame - self._first
        return {
            "frame": frame,
            "frames": handled,
            "frames_per_s": round(handled / took) if took else 0,
            "memory_mb": memory_mb_max(),
        }
