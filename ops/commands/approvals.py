"""`poly approvals`: which contracts may move our money; grant what trading needs, and no more."""

import click

from ops import place, report

EXAMPLE = """\b
Examples:
  poly approvals
  poly approvals --grant --data-dir data
  poly approvals --json

\b
Exit codes: 0 all that trading needs is granted; 1 something is missing, or a transaction failed;
2 a variable is missing or wrong; 4 an engine is at work in the data directory; 5 the venue did
not answer; 6 a transaction was sent and its outcome is not known: run it again to find out.
"""


@click.command(epilog=EXAMPLE)
@click.option("--grant", is_flag=True, help="Grant what is needed and missing: one transaction.")
@place.data_dir
@report.as_json
def command(*, grant: bool, data_dir: str | None, as_json: bool) -> None:
    """Show every right that Polymarket's contracts have over our tokens, and why.

    The vendor's own set-up also gives the perps contract unlimited collateral and the auto-redeem
    operator all positions; nothing here ever grants either.
    """
    from contextlib import nullcontext

    from bot.domain.refusal import ExitCode
    from ops.account.approve import approving
    from ops.account.journal import journal
    from ops.account.reach import quiet_directory, reach

    doubt = ExitCode.UNKNOWN_OUTCOME if grant else ExitCode.OUTSIDE
    with journal(quiet_directory(data_dir)) if grant else nullcontext() as steps:
        shown = reach(approving(steps), doubt=doubt)
    if as_json:
        report.emit(shown.document())
    else:
        cells = [
            [one.token, one.spender, "granted" if one.granted else "-", one.needed_for or "-"]
            for one in shown.approvals
        ]
        report.say(report.table(("token", "spender", "now", "needed for"), cells))
        step = shown.step
        if step is not None:
            report.say(f"transaction {step.reference or '-'}: {step.phase} {step.detail}".rstrip())
    for one in shown.extra:
        report.note(f"{one.spender} may move {one.token}, and trading does not need it")
    if shown.missing:
        report.note("something is missing; grant it with `poly approvals --grant`")
        raise SystemExit(ExitCode.NEGATIVE)
