"""A container with a file system of its own that is really lost, and a volume that is not.

The image is our own `bot` package, a strategy and a recording; starting copies it, throwing away
deletes it. Only the volume's directory stays, where there is one.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import bot
from bot.adapters.ledger.codec import decode
from bot.adapters.ledger.reader import FILE_NAME, LedgerReader
from bot.domain.entry import Recorded, Stamp
from bot.domain.refusal import ExitCode, Refused
from ops.demo.stage import Stage
from ops.engine_process import COMMAND, Run

PACKAGE = Path(bot.__file__).parent
BATCH = 1_000
LOOK_S = 0.01


@dataclass(slots=True)
class Container:
    """One container: `folder` is its file system, `run` what its engine is to do in it."""

    stage: Stage
    folder: Path
    run: Run
    process: subprocess.Popen[bytes] | None = None

    @property
    def data_dir(self) -> Path:
        """Return where its ledger lies."""
        return self.run.data_dir

    def start(self, *, speed: float = 0.0) -> None:
        """Start the engine in the container, building its file system first where it is gone."""
        app = self.folder / "app"
        if not app.exists():
            shutil.copytree(PACKAGE, app / "bot")
            shutil.copy2(self.run.strategy, app / "strategy.toml")
            shutil.copy2(self.run.recording, app / Path(self.run.recording).name)
        self.data_dir.mkdir(parents=True, exist_ok=True)
        run = replace(
            self.run,
            recording=str(app / Path(self.run.recording).name),
            strategy=app / "strategy.toml",
            speed=speed,
        )
        with (self.folder / "engine.log").open("ab") as log:
            self.process = self.stage.start(
                COMMAND, environment=run.environment(os.environ), folder=app, output=log, errors=log
            )

    @property
    def running(self) -> bool:
        """Say whether the engine lives."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> bool:
        """Kill the engine with SIGKILL; say whether it was alive until then."""
        assert self.process is not None  # noqa: S101 - started before
        self.process.kill()
        return self.process.wait() == -signal.SIGKILL

    def stop(self) -> None:
        """Ask for an orderly stop and wait for it; raises Refused if it does not end well."""
        assert self.process is not None  # noqa: S101 - started before
        self.process.terminate()
        self.finish()

    def finish(self) -> None:
        """Wait for the end of the day; raises Refused with the engine's own last line."""
        assert self.process is not None  # noqa: S101 - started before
        code = self.process.wait()
        if code:
            said = (self.folder / "engine.log").read_text(errors="replace").splitlines()
            raise Refused(
                f"the demo's engine ended with {code}: {said[-1] if said else 'without a word'}",
                ExitCode.BUG,
            )

    def throw_away(self) -> None:
        """Delete the container's whole file system."""
        shutil.rmtree(self.folder)

    def watch(self, follower: "Follower", until: Callable[[], bool]) -> None:
        """Follow the ledger until a condition holds or the engine has ended."""
        while True:
            running = self.running
            follower.look()
            if until() or not running:
                return
            time.sleep(LOOK_S)


@dataclass(slots=True)
class Follower:
    """Reads a ledger's entries while they are written, each once."""

    data_dir: Path
    seq: int = 0
    frame: int = 0
    at_us: int = 0
    hear: Callable[[Recorded], None] = lambda _: None
    ledger: LedgerReader | None = None

    def look(self) -> None:
        """Take in what was committed since the last look."""
        if self.ledger is None:
            if not (self.data_dir / FILE_NAME).exists():
                return
            try:
                self.ledger = LedgerReader.open(self.data_dir)
            except Refused:
                return  # not created to its end yet
        for row in self.ledger.events(after_seq=self.seq, limit=BATCH):
            self.seq, self.frame, self.at_us = row.seq, row.frame, row.at_us
            stamp = Stamp(row.frame, row.at_us, "")
            self.hear(Recorded(row.seq, stamp, row.hash, decode(row.event_type, row.content)))

    def close(self) -> None:
        """Let go of the file."""
        if self.ledger is not None:
            self.ledger.close()
            self.ledger = None
