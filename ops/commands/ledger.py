"""`poly ledger`: whether it is what was written.

Read-only, also beside a running engine; what is not whole is named, never mended.
"""

from dataclasses import asdict

import click

from bot.adapters.ledger.reader import FILE_NAME
from ops import place
from ops.progress import Bar
from ops.report import as_json, emit, note, say


@click.group()
def command() -> None:
    """Judge the ledger."""


@command.command(
    epilog="\b\nExample:\n  poly ledger verify --data-dir data\n\n\b\nExit codes:\n"
    "  0  every event and every stored value is as it was written\n"
    "  1  something was changed, is missing or was inserted; each is named\n"
    "  3  not a ledger, or of another version\n  4  no ledger there"
)
@place.data_dir
@as_json
def verify(data_dir: str | None, *, as_json: bool) -> None:
    """Check the chain of events, rebuild every other table from it, and compare every column."""
    from bot.adapters.ledger.proof import verify as proof

    bar = Bar("verify")
    file = place.directory(data_dir) / FILE_NAME
    verdict = proof.verify(file, progress=lambda what, done, of: bar(done, of, what))
    bar.clear()
    if as_json:
        emit(
            {
                "ok": verdict.ok,
                "file": str(file),
                "events": verdict.events,
                "rows": verdict.rows,
                "head_hash": verdict.head_hash,
                "findings": [asdict(finding) for finding in verdict.findings],
                "more": verdict.more,
            }
        )
    else:
        for finding in verdict.findings:
            note(str(finding))
        if verdict.more:
            note("and more")
        found = "nothing wrong" if verdict.ok else f"{len(verdict.findings)} found wrong"
        say(f"{file}: {verdict.events:,} events, {verdict.rows:,} rows, {found}")
        say(f"head {verdict.head_hash}")
    raise SystemExit(0 if verdict.ok else 1)
