"""A replay: a recording on the paper venue, or with the answers that were recorded with it."""

import subprocess
import sys
import time
from pathlib import Path

import structlog

from bot.adapters.paper.feed import PaperFeed
from bot.adapters.paper.venue import PaperVenue
from bot.adapters.replay.feed import ReplayFeed
from bot.adapters.replay.importer import imported_resolvedkit
from bot.adapters.system import memory_mb_max
from bot.bootstrap.boot import Boot, Proof, obey_signals, paper_venue
from bot.domain.money import ZERO_USD, Usd
from bot.domain.refusal import ExitCode, Refused
from bot.services.session import Session, Terms
from bot.settings import Settings

BUNDLED = "resolvedkit"
PROGRESS_S = 0.25


class ReplayDay:
    """One recording; `prepare` imports the bundled one, which needs the data directory held."""

    def __init__(self, settings: Settings) -> None:
        """Open the recording."""
        self._settings = settings
        self._feed = None if settings.recording == BUNDLED else self._open(settings.recording)

    def prepare(self) -> None:
        """Import the bundled windows if they are wanted."""
        if self._feed is None:
            self._feed = self._open(_bundled(self._settings.directory))

    async def live_through(self, boot: Boot) -> None:
        """Live through the recording, from where the ledger ends."""
        assert self._feed is not None  # noqa: S101 - prepared
        # A day with the venue's own cash brings it along, in its place.
        cash = ZERO_USD if self._feed.own_money else boot.pretended
        venue = paper_venue(boot, cash)
        try:
            await self._session(boot, self._feed, venue, cash)
        finally:
            venue.close()

    async def _session(self, boot: Boot, feed: ReplayFeed, venue: PaperVenue, cash: Usd) -> None:
        settings, mind = boot.settings, boot.mind
        terms = Terms(
            boot.started(cash, recording_hash=feed.recording_hash),
            settings.strategy,
            settings.order_life_us,
            settings.as_recorded,
            heart=mind.heart,
            halt=mind.halt,
            agreed=mind.agreed,
            accepted=mind.accepted,
        )
        said = feed if settings.as_recorded else PaperFeed(feed, venue)
        session = Session(terms, boot.ledger, venue, said, boot.front.observe)
        obey_signals(session)
        started = await session.start()
        await boot.front.attend(session, None)
        proof = Proof.begin(settings)
        progress = Progress(feed.frames_total, session.frame)
        reason = await session.run(progress.reached)
        proof.finish()
        structlog.get_logger().info(
            "session.ended", reason=reason, boot=started.boot, **progress.measured(session.frame)
        )

    def _open(self, recording: str | Path) -> ReplayFeed:
        settings = self._settings
        return ReplayFeed.open(Path(recording), speed=settings.speed, ours=settings.as_recorded)


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
