"""`poly redeem`: turn won windows into cash, several in one transaction, proved by the chain."""

import click

from ops import place, report

EXAMPLE = """\b
Examples:
  poly redeem
  poly redeem --dry-run --json

\b
Exit codes: 0 redeemed, or nothing to redeem; 1 a transaction failed; 2 a variable is missing or
wrong; 4 an engine is at work in the data directory; 5 the venue did not answer; 6 a transaction
was sent and its outcome is not known: run it again, it finds out before it sends anything.
"""


@click.command(epilog=EXAMPLE)
@click.option("--dry-run", is_flag=True, help="Only show what could be redeemed.")
@place.data_dir
@report.as_json
def command(*, dry_run: bool, data_dir: str | None, as_json: bool) -> None:
    """Redeem every winning share of resolved windows.

    Each step is in the ledger before the next; a run that was cut short is resolved by the wallet's
    nonce and balances before anything else is sent. A live engine redeems by itself.
    """
    from contextlib import nullcontext

    from bot.domain.money import Usd
    from bot.domain.refusal import ExitCode
    from ops.account.journal import journal
    from ops.account.reach import quiet_directory, reach
    from ops.account.redeem import redeeming

    directory = quiet_directory(data_dir)
    doubt = ExitCode.OUTSIDE if dry_run else ExitCode.UNKNOWN_OUTCOME
    with nullcontext() if dry_run else journal(directory) as steps:
        done = reach(redeeming(steps), doubt=doubt)
    if as_json:
        report.emit(done.document())
    else:
        rows = [(market[:18], token[:18], Usd(n)) for token, market, n in done.holding.redeemable]
        report.say(report.table(("market", "token", "USD"), rows) if rows else "nothing to redeem")
        for step in done.steps:
            report.say(f"{len(step.subjects)} windows: {step.phase} {step.reference} {step.detail}")
    if done.failed:
        raise SystemExit(ExitCode.NEGATIVE)
