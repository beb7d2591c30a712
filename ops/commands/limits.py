"""`poly limits`: how often we may ask the venue, how much of it we use, what it says of it."""

import click

from ops import report

EXAMPLE = """\b
Examples:
  poly limits
  poly limits --json

\b
Exit codes: 0 shown; 2 a variable is missing or wrong; 5 the venue did not answer or refused.
"""


@click.command(epilog=EXAMPLE)
@report.as_json
def command(*, as_json: bool) -> None:
    """Show the rate limits of our tier, our share of them, and what is left at the venue.

    What is left is read from the headers of one cancel of an order that does not exist; no
    order is sent, so that the bucket of orders shows its size only.
    """
    from ops.account.limits import limits
    from ops.account.reach import reach

    shown = reach(limits)
    if as_json:
        report.emit(shown.document())
        return
    known = "" if shown.known else " (not in our table: counted as the lowest)"
    report.say(f"tier {shown.tier}{known}, share used {shown.share}")
    rows = [["-" if cell is None else cell for cell in row.values()] for row in shown.buckets]
    headings = ("kind", "per s", "burst", "ours per s", "our burst", "left", "warned")
    report.say(report.table(headings, rows))
