"""`poly cost`: what a month of a stack costs on both plans, and beside the old estimate."""

import datetime as dt
import time
from dataclasses import asdict

import click

from ops import report
from ops.estate import cost as price
from ops.estate import stack as stacks

EXAMPLE = """\b
Examples:
  poly cost --stack prod
  poly cost --stack prod --measured --days 7 --json

\b
Exit codes: 0 estimated; 2 no such stack or a value that cannot be read; 5 Railway refused.
"""


@click.command(epilog=EXAMPLE)
@click.option("--stack", "name", default="dev", show_default=True, help="The stack to estimate.")
@click.option("--measured", is_flag=True, help="Ask Railway for what was used, and use that too.")
@click.option(
    "--days",
    type=click.IntRange(1, 30),
    default=7,
    show_default=True,
    help="How many days of metrics to average; Railway keeps 30.",
)
@report.as_json
def command(*, name: str, measured: bool, days: int, as_json: bool) -> None:
    """Estimate a month's bill by Railway's published prices."""
    declared = stacks.declared(name)
    cases = {"expected": declared.expected(), "at the limits": declared.at_limits()}
    if measured:
        found = measured_usage(name, days)
        if found is None:
            report.note("Railway has no metrics of this service yet; the estimate stands alone.")
        else:
            cases["measured"] = found
    estimates = [price.estimate(*case, plan) for case in cases.items() for plan in price.Plan]
    document = {
        "ok": True,
        "stack": name,
        "plan": declared.plan.value,
        "prices_read": price.PRICES_READ,
        "old_estimate_usd": list(price.OLD_PLAN_USD),
        "estimates": [asdict(row) for row in estimates],
    }
    if as_json:
        report.emit(document)
    else:
        show(declared, estimates)


def measured_usage(stack: str, days: int) -> price.Usage | None:
    """Ask Railway what the stack's service used."""
    from ops.estate import connect
    from ops.estate.metrics import measure

    now = dt.datetime.fromtimestamp(time.time(), dt.UTC)
    target = stacks.target(stack)
    with connect.railway() as client:
        return measure(client, target, now, days=days)


def show(declared: stacks.Declared, estimates: list[price.Estimate]) -> None:
    """Print the table and where its numbers come from."""
    low, high = price.OLD_PLAN_USD
    headings = ("case", "plan", "usage $/month", "bill $/month", f"old ${low:.0f} to {high:.0f}")
    rows = [
        (row.case, row.plan, f"{row.usage_usd:13.2f}", f"{row.bill_usd:12.2f}", row.old_estimate)
        for row in estimates
    ]
    report.say(
        f"stack {declared.name}: {declared.plan} plan, at most {declared.cpu:g} vCPU, "
        f"{declared.memory_gb:g} GB memory, {declared.volume_gb:g} GB volume"
    )
    report.say(report.table(headings, rows))
    report.say(
        f"Prices read {price.PRICES_READ}. "
        "A bill is the subscription or the usage, whichever is more."
    )
