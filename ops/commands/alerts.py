"""`poly alerts`: try every channel, and see what was told; never shows a URL."""

import os

import click

from ops import place
from ops.report import as_json, emit, note, say, table

EXAMPLE = """\b
Examples:
  poly alerts test
  poly alerts list --json
"""
TEST_EXAMPLE = """\b
Example:
  POLY_ALERT_URLS="tgram://token/chat" poly alerts test

\b
Exit codes:
  0  every channel took it
  1  no channel is configured
  2  a variable cannot be: says which
  5  a channel, or the dead man's switch, did not take it
"""
LIST_EXAMPLE = """\b
Example:
  poly alerts list --all --limit 50

\b
Exit codes:
  0  read
  3  the ledger cannot be trusted or is of another version
  4  there is no ledger there
"""


@click.group(epilog=EXAMPLE)
def command() -> None:
    """Try the alert channels, or list what was told."""


@command.command(epilog=TEST_EXAMPLE)
@as_json
def test(*, as_json: bool) -> None:
    """Send one test message by every channel of POLY_ALERT_URLS, and one ping."""
    from bot.domain.refusal import ExitCode
    from ops.alerting import trials

    found = trials(os.environ)
    if not found:
        note("no channel is configured: set POLY_ALERT_URLS; until then alerts are on the console")
    failed = [one for one in found if one.problem]
    if as_json:
        rows = [{"channel": one.channel, "problem": one.problem or None} for one in found]
        emit({"ok": bool(found) and not failed, "channels": rows})
    else:
        for one in found:
            say(f"{one.channel}: {one.problem or 'taken'}")
    code = ExitCode.OUTSIDE if failed else ExitCode.OK if found else ExitCode.NEGATIVE
    raise SystemExit(code)


@command.command(name="list", epilog=LIST_EXAMPLE)
@click.option("--all", "every", is_flag=True, help="Those that are done as well.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000))
@place.data_dir
@as_json
def show(data_dir: str | None, limit: int, *, every: bool, as_json: bool) -> None:
    """List alerts that wait to be sent, newest first; read-only, also beside a running engine."""
    from bot.adapters.ledger.outbox.listing import listed
    from ops.row import document, iso

    rows = listed(place.directory(data_dir), every=every, limit=limit)
    if as_json:
        emit({"alerts": [document(row) for row in rows]})
        return
    headings = ("at", "state", "severity", "kind", "again", "what", "runbook")
    cells = [
        (
            iso(row.at_us), row.state, row.severity, row.kind, row.repeats,
            f"{row.title}: {row.detail}"[:90].replace("\n", " "), row.runbook,
        )
        for row in rows
    ]  # fmt: skip
    say(table(headings, cells) if cells else "nothing waits to be sent")
