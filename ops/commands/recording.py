"""`poly recording`: make a recording of windows that a package brings, or look into one.

It never changes a recording, and needs no ledger and no engine.
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ops.progress import Bar
from ops.report import as_json, emit, note, say, table
from ops.row import iso, utc

if TYPE_CHECKING:
    from bot.adapters.replay.inspection import RecordingReport, WindowRow

CODES = (
    "\n\n\b\nExit codes:\n  0  done\n  2  bad argument, or a package is missing\n"
    "  3  not a recording, or one that cannot be trusted\n  4  cannot be written"
)


@click.group()
def command() -> None:
    """Import recordings and look into them (format: docs/recording.md)."""


@command.command(
    "import",
    epilog="\b\nExample:\n  poly recording import resolvedkit windows.jsonl.zst" + CODES,
)
@click.argument("source", type=click.Choice(["resolvedkit"]))
@click.argument("out", type=click.Path(path_type=Path))
@as_json
def import_(source: str, out: Path, *, as_json: bool) -> None:
    """Turn the 18 settled windows of the package resolvedkit into a recording.

    Says what the package does not have and had to be made up.
    """
    from bot.adapters.replay.importer import import_resolvedkit

    bar = Bar("importing")
    report = import_resolvedkit(out, bar)
    bar.clear()
    facts = asdict(report)
    if as_json:
        emit(
            {
                "ok": True, **facts, "path": str(report.path), "source": source,
                "first_at": iso(report.first_us), "last_at": iso(report.last_us),
            }
        )  # fmt: skip
        return
    say(f"{out}: {report.windows} windows, {report.frames:,} frames, sha256 {report.sha256}")
    names = ("snapshots", "books", "price_changes", "tick_changes", "off_grid", "crossed")
    say(table(("what", "count"), [(name.replace("_", " "), facts[name]) for name in names]))
    say("made up, because the package does not have it:")
    for line in report.made_up:
        say(f"  - {line}")
    say(report.attribution)


@command.command(epilog="\b\nExample:\n  poly recording inspect windows.jsonl.zst" + CODES)
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def inspect(file: Path, *, as_json: bool) -> None:
    """Print the windows, frames, silences and anomalies of a recording."""
    from bot.adapters.replay.inspection import inspect_recording

    report = inspect_recording(file)
    if as_json:
        emit(document(report))
        return
    known = report.recording
    say(f"{file}: {report.size_bytes:,} bytes, {known.frames:,} frames, sha256 {known.sha256}")
    say(f"from {utc(known.first_us)} to {utc(known.last_us)} UTC")
    if known.torn:
        note(f"warning: {known.torn}")
    counts = [*report.streams, *report.events, ("ignored", report.ignored)]
    say(table(("frames and events", "count"), counts))
    say()
    say(table(WINDOW_HEADINGS, [window(row) for row in report.windows]))
    if report.gaps:
        say()
        rows = [
            (gap.after_frame, utc(gap.from_us), f"{(gap.to_us - gap.from_us) / 1e6:.1f}")
            for gap in report.gaps
        ]
        say(table(("silence after frame", "from", "seconds"), rows))
    if report.anomalies:
        say()
        found = [
            (one.kind, one.count, one.first_frame, one.first_detail) for one in report.anomalies
        ]
        say(table(("anomaly", "count", "first frame", "first"), found))
    else:
        say("no anomalies")


WINDOW_HEADINGS = (
    "window", "from", "won", "books", "changes", "trades", "ticks", "anomalies", "silence s",
)  # fmt: skip


def window(row: "WindowRow") -> tuple[object, ...]:
    """Return a window's line of the table."""
    return (
        row.slug,
        utc(row.start_us),
        row.winner or "-",
        row.books,
        row.changes,
        row.trades,
        row.tick_changes,
        row.anomalies,
        f"{row.silence_max_us / 1e6:.1f}",
    )


def document(report: "RecordingReport") -> dict[str, object]:
    """Return a report as an object."""
    known = report.recording
    return {
        "file": str(known.path),
        "sha256": known.sha256,
        "size_bytes": report.size_bytes,
        "frames": known.frames,
        "first_at": iso(known.first_us),
        "last_at": iso(known.last_us),
        "torn": known.torn or None,
        "streams": dict(report.streams),
        "events": dict(report.events),
        "ignored": report.ignored,
        "windows": [asdict(row) for row in report.windows],
        "gaps": [asdict(gap) for gap in report.gaps],
        "anomalies": [asdict(one) for one in report.anomalies],
    }
