"""`poly replay`: run the engine on a recording, to the end or from where its ledger ends.

The engine is a process of its own; this one only starts it, shows how far it is, passes signals
on, and prints the summary that the ledger gives.
"""

from dataclasses import dataclass, field
from pathlib import Path

import click

from bot.adapters.ledger.reader import LedgerReader, Summary
from bot.domain.money import MICROS
from ops import place
from ops.engine_process import Line, Run, carry_out
from ops.progress import Bar
from ops.report import as_json, emit, note, say
from ops.row import amount

EPILOG = """\b
Example:
  poly replay --recording resolvedkit --strategy strategies/late_favourite.toml --data-dir data

\b
Exit codes:
  0   the recording's end, or stopped in order (SIGINT, SIGTERM): repeat to go on
  2   a bad argument, variable or strategy file
  3   a recording or ledger that does not fit or cannot be trusted
  4   the data directory is locked, read-only, full, missing or on a network
  6   the engine was killed: repeat to go on
  70  a bug of ours"""


@dataclass(slots=True)
class Listener:
    """Hears the engine and keeps what the summary needs."""

    verbose: bool
    bar: Bar = field(default_factory=lambda: Bar("replay"))
    frames_per_s: int = 0
    reason: str = ""
    windows: int = 0

    def hear(self, line: Line) -> None:
        """Take one line of the engine's."""
        event = line.get("event")
        if event == "market.settled":
            self.windows += 1
        elif event == "replay.progress":
            done, total = int(str(line["frame"])), int(str(line["frames"]))
            self.bar(done, total, f"{self.windows} windows settled")
        elif event == "session.ended":
            self.frames_per_s = int(str(line.get("frames_per_s", 0)))
            self.reason = str(line.get("reason", ""))
        if self.verbose and event != "replay.progress":
            self.bar.clear()
            note(" ".join(f"{key}={value}" for key, value in line.items() if key != "message"))


@click.command(epilog=EPILOG)
@click.option("--recording", required=True, help="A recording, or resolvedkit for 18 real windows.")
@click.option("--strategy", required=True, type=click.Path(path_type=Path), help="Strategy (TOML).")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**53))
@click.option("--speed", default=0.0, type=click.FloatRange(0), help="Times real time; 0: unpaced.")
@click.option("--as-recorded", is_flag=True, help="Take answers and fills from the recording.")
@click.option("--verbose", is_flag=True, help="Show on stderr what the engine says.")
@place.data_dir
@as_json
def command(
    recording: str, strategy: Path, seed: int, speed: float, data_dir: str | None, **flags: bool
) -> None:
    """Replay a recording through the real engine; resumes where the ledger ends."""
    directory = place.directory(data_dir)
    listener = Listener(verbose=flags["verbose"])
    try:
        run = Run(recording, strategy, directory, seed, speed, flags["as_recorded"])
        carry_out(run, listener.hear)
    finally:
        listener.bar.clear()
    with LedgerReader.open(directory) as ledger:
        summary = document(ledger.summary(), listener.frames_per_s)
    if listener.reason.startswith("SIG"):
        note(f"stopped in order by {listener.reason}; repeat the command to go on")
    if flags["as_json"]:
        emit(summary)
        return
    for line in lines(summary):
        say(line)


def document(summary: Summary, frames_per_s: int) -> dict[str, object]:
    """Return the summary as an object."""
    return {
        "windows": summary.windows,
        "frames": summary.frames,
        "intents": summary.intents,
        "orders": summary.orders,
        "fills": summary.fills,
        "denied": summary.denied,
        "fees_usd": summary.fees_micros / MICROS,
        "realized_pnl_usd": summary.realized_pnl_micros / MICROS,
        "equity_usd": summary.equity_micros / MICROS,
        "max_drawdown_usd": summary.max_drawdown_micros / MICROS,
        "content_hash": summary.content_hash,
        "decision_hash": summary.decision_hash,
        "boots": summary.boots,
        "frames_per_s": frames_per_s,
    }


def lines(summary: dict[str, object]) -> list[str]:
    """Return the summary for people."""

    def money(key: str) -> str:
        return amount(round(float(str(summary[key])) * MICROS))

    day = f"{summary['windows']} windows, {summary['frames']} frames"
    done = f"{summary['intents']} intents, {summary['orders']} orders, {summary['fills']} fills"
    made = f"realised {money('realized_pnl_usd')}, fees {money('fees_usd')}"
    fall = f"max drawdown {money('max_drawdown_usd')}"
    return [
        f"{day}, {summary['frames_per_s']} frames a second, boot {summary['boots']}",
        f"{done}, {summary['denied']} denied",
        f"equity {money('equity_usd')} USD, {made}, {fall}",
        f"content_hash  {summary['content_hash']}",
        f"decision_hash {summary['decision_hash']}",
    ]
