"""Act trade: a recorded day is traded, killed three times, and ends with the same books.

Everything it says is read from ledgers that the real engine wrote, as a process of its own. Kills
are SIGKILL at instants drawn from the demo's seed, between the first intent and the last payout.
"""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot.adapters.ledger.proof.verify import verify
from bot.adapters.ledger.reader import FILE_NAME, LedgerReader, Summary
from bot.adapters.replay.importer import ATTRIBUTION, import_resolvedkit
from bot.domain.entry import IntentRecorded, PositionSettled, Recorded
from bot.domain.market import MarketId
from bot.domain.money import Usd
from bot.domain.refusal import ExitCode, Refused
from ops.demo.chapter import Kill, Proof, chapter
from ops.demo.container import Container, Follower
from ops.demo.mid import mids
from ops.demo.stage import Stage
from ops.demo.story import Story, cents, clock, signed, span, window_line
from ops.engine_process import Run
from ops.report import table

NAME = "trade"
TITLE = "the bot trades a recorded day, and is killed in the middle of it"
STRATEGY = Path(__file__).parents[2] / "strategies" / "late_favourite.toml"
PACE = 6_000.0
"""Times real time while kills are to come: five hours in three seconds, however fast we are."""
KILLS = ("the process", "the process and its whole container directory", "the process")
LATEST = 0.9
"""No kill is meant for the last tenth of the day: a start and a look take their time."""


def play(stage: Stage) -> dict[str, object]:
    """Trade the day undisturbed, then killed, then killed without a volume; compare."""
    if not STRATEGY.exists():
        raise Refused(f"{STRATEGY}: not there; run the demo in a clone", ExitCode.USAGE)
    recording = stage.workdir / "windows.jsonl.zst"
    import_windows(stage, recording)
    day = Day(stage, recording)
    day.undisturbed()
    kills = day.killed()
    orders_before, orders_left = day.without_volume()
    return conclude(stage, day, kills, (orders_before, orders_left))


def import_windows(stage: Stage, recording: Path) -> None:
    """Turn the package's windows into a recording."""
    stage.say("Importing 18 settled windows of real Polymarket order books (package resolvedkit).")
    report = import_resolvedkit(
        recording, lambda done, of: stage.progress(f"importing {100 * done // of} %")
    )
    stage.progress()
    stage.say(f"  {report.windows} windows, {report.frames:,} frames. {ATTRIBUTION}\n")


@dataclass(slots=True)
class Day:
    """The recorded day and what its undisturbed run left."""

    stage: Stage
    recording: Path
    story: Story = field(default_factory=Story)
    first_intent: int = 0
    last_payout: int = 0

    def container(self, name: str, *, volume: bool = True) -> Container:
        """Return a container whose ledger is on a volume, or inside its own file system."""
        folder = self.stage.workdir / name
        data = self.stage.workdir / f"{name}-volume" if volume else folder / "app" / "data"
        return Container(
            self.stage, folder, Run(str(self.recording), STRATEGY, data, seed=self.stage.seed)
        )

    def undisturbed(self) -> None:
        """Run the whole day once, telling each window as it is settled."""
        self.stage.say("The day, undisturbed. Every line is read from the ledger as it is written:")
        told: set[MarketId] = set()

        def hear(recorded: Recorded) -> None:
            self.story.add(recorded)
            if isinstance(recorded.entry, IntentRecorded):
                self.first_intent = self.first_intent or recorded.stamp.frame
            if isinstance(recorded.entry, PositionSettled):
                self.last_payout = recorded.stamp.frame

        def tell() -> bool:
            for market_id, window in self.story.windows.items():
                if window.settled and market_id not in told:
                    told.add(market_id)
                    self.stage.say(f"  {window_line(window)}")
            return False

        self.run_to_the_end(self.container("undisturbed"), hear, tell)
        summary = self.summary("undisturbed")
        self.stage.say(
            f"\n  {summary.orders} orders, {summary.fills} fills, {summary.denied} denied by risk; "
            f"content_hash {summary.content_hash}\n"
        )

    def run_to_the_end(
        self,
        container: Container,
        hear: Callable[[Recorded], None] = lambda _: None,
        tell: Callable[[], bool] = lambda: False,
    ) -> None:
        """Run the engine until its feed ends; raises Refused if it does not end well."""
        container.start()
        follower = Follower(container.data_dir, hear=hear)

        def until() -> bool:
            self.stage.progress(f"  {clock(follower.at_us)} on the recorded clock")
            return tell()

        container.watch(follower, until)
        follower.close()
        self.stage.progress()
        container.finish()

    def killed(self) -> list[Kill]:
        """Run the day again and kill it three times; once its container is thrown away too."""
        self.stage.say("The same day again, but SIGKILL strikes at random instants:")
        container = self.container("killed")
        kills = []
        for frame, took in zip(self.instants(len(KILLS)), KILLS, strict=True):
            kills.append(self.strike(container, frame, took))
            if "container" in took:
                container.throw_away()
            self.stage.say(f"  {self.struck(kills[-1])}")
        self.run_to_the_end(container)
        self.stage.say(f"  resumed, and went on to the end of the day: {self.boots('killed')}\n")
        return kills

    def instants(self, count: int) -> list[int]:
        """Return the frames to strike at, in order, from the demo's seed."""
        draw = random.Random(self.stage.seed)  # noqa: S311 - instants of kills, no secret
        last = self.first_intent + round((self.last_payout - self.first_intent) * LATEST)
        return sorted(draw.sample(range(self.first_intent, last), count))

    def strike(self, container: Container, frame: int, took: str) -> Kill:
        """Run the engine until its ledger has reached a frame, and kill it there.

        Raises:
            Refused: the kill came before the first intent or after the last payout.

        """
        container.start(speed=PACE)
        follower = Follower(container.data_dir)
        container.watch(follower, lambda: follower.frame >= frame)
        alive = container.kill()
        follower.look()
        follower.close()
        if not alive or not self.first_intent <= follower.frame < self.last_payout:
            raise Refused(f"the kill at frame {follower.frame} missed the day; repeat the demo")
        return Kill(follower.at_us, took)

    def struck(self, kill: Kill) -> str:
        """Return what a kill met."""
        inside = [
            window
            for window in self.story.windows.values()
            if window.market.window.contains(kill.at_us)
        ]
        where = f", in the window {span(inside[0].market.window)}" if inside else ""
        return f"killed at {clock(kill.at_us, '%H:%M:%S')}{where}: {kill.took}"

    def boots(self, name: str) -> str:
        """Return how many boots there were and whether the whole ledger is as written."""
        file = self.stage.workdir / f"{name}-volume" / FILE_NAME
        verdict = verify(file, scratch=self.stage.workdir)
        whole = "is whole" if verdict.ok else f"is NOT whole: {verdict.findings[0]}"
        return f"{self.summary(name).boots} boots, and the ledger {whole}"

    def summary(self, name: str) -> Summary:
        """Return what the ledger on a volume says at its end."""
        with LedgerReader.open(self.stage.workdir / f"{name}-volume") as ledger:
            return ledger.summary()

    def without_volume(self) -> tuple[int, int]:
        """Kill a container that keeps its ledger inside; return its orders before and after."""
        self.stage.say("The same kill where the ledger is inside the container, without a volume:")
        container = self.container("without", volume=False)
        kill = self.strike(container, self.instants(2)[1], "the process and its container")
        before = orders(container.data_dir)
        container.throw_away()
        self.stage.say(f"  {self.struck(kill)}")
        container.start(speed=1)
        follower = Follower(container.data_dir)
        container.watch(follower, lambda: follower.seq > 0)
        follower.close()
        left = orders(container.data_dir)
        container.stop()
        self.stage.say(f"  it had {before} orders; the new container knows of {left}\n")
        return before, left


def orders(data_dir: Path) -> int:
    """Return how many orders a ledger has."""
    with LedgerReader.open(data_dir) as ledger:
        return ledger.status().orders


def conclude(
    stage: Stage, day: Day, kills: list[Kill], without: tuple[int, int]
) -> dict[str, object]:
    """Compare, show the last table, write the chapter, and return the act's result."""
    calm, hit = day.summary("undisturbed"), day.summary("killed")
    before, left = without
    proof = Proof(facts(calm), kills, hit.content_hash, calm.content_hash, left, before)
    stage.chapter(TITLE[0].upper() + TITLE[1:], chapter(day.story, mids(day.recording), proof))
    rows = [row("undisturbed", calm), row(f"killed {len(kills)} times", hit)]
    headings = ("run", "boots", "orders", "fills", "fees", "realised", "equity", "content_hash")
    for line in table(headings, rows).splitlines():
        stage.say(f"  {line}")
    same = "equals" if proof.same else "DIFFERS FROM"
    stage.say(f"\n  content_hash of the killed run {same} that of the undisturbed run.")
    stage.say(f"  Without a volume {left} of {before} orders were left: hence the volume.")
    stage.say("\nWhere to look next:")
    volume = os.path.relpath(stage.workdir / "killed-volume")
    for command in ("status", "trades", "events --last 50", "ledger verify"):
        stage.say(f"  .venv/bin/poly {command} --data-dir {volume}")
    return {
        "ok": proof.same and left == 0 < before,
        "act": NAME,
        "windows": hit.windows,
        "orders": hit.orders,
        "fills": hit.fills,
        "kills": len(kills),
        "content_hash": hit.content_hash,
        "undisturbed_content_hash": calm.content_hash,
        "without_volume": {"orders_left": left},
    }


def facts(summary: Summary) -> dict[str, object]:
    """Return the large figures of the report."""
    return {
        "windows": summary.windows,
        "orders": summary.orders,
        "fills": summary.fills,
        "denied": summary.denied,
        "fees_usd": cents(Usd(summary.fees_micros)),
        "realized_pnl_usd": signed(Usd(summary.realized_pnl_micros)),
        "equity_usd": cents(Usd(summary.equity_micros)),
        "max_drawdown_usd": cents(Usd(summary.max_drawdown_micros)),
    }


def row(name: str, summary: Summary) -> tuple[object, ...]:
    """Return one run's line of the last table."""
    return (
        name,
        summary.boots,
        summary.orders,
        summary.fills,
        cents(Usd(summary.fees_micros)),
        signed(Usd(summary.realized_pnl_micros)),
        cents(Usd(summary.equity_micros)),
        summary.content_hash[:16],
    )
