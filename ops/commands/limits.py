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
NOBODY = "0x" + "0" * 64
"""An order that does not exist: cancelling it costs one token and changes nothing."""


@click.command(epilog=EXAMPLE)
@report.as_json
def command(*, as_json: bool) -> None:
    """Show the rate limits of our tier, our share of them, and what is left at the venue.

    What is left is read from the headers of one cancel of an order that does not exist; no
    order is sent, so that the bucket of orders shows its size only.
    """
    from bot.adapters.polymarket.connection import Connection
    from bot.adapters.polymarket.order.budget import TIERS, Budget, Kind
    from ops.account import reach as venue

    async def ask(connection: Connection, budget: Budget) -> dict[str, object]:
        said = await connection.ask(
            "tier", lambda: connection.context.secure_clob.get_json("/v1/user/rate-limit-tier")
        )
        tier = str(said.get("tier", "")) if isinstance(said, dict) else ""
        budget.take_tier(tier)
        async with budget.ask(Kind.CANCEL, within_s=connection.settings.call_timeout_s):
            await connection.ask("cancel", lambda: connection.client.cancel_order(order_id=NOBODY))
        return {"ok": True, "tier": tier, "known": tier in TIERS, **document(budget)}

    def document(budget: Budget) -> dict[str, object]:
        order_rate, order_burst, cancel_rate, cancel_burst = TIERS.get(
            budget.tier, TIERS["Standard"]
        )
        sizes = {Kind.ORDER: (order_rate, order_burst), Kind.CANCEL: (cancel_rate, cancel_burst)}
        return {
            "share": budget.share,
            "buckets": [
                {
                    "kind": f"{kind}s",
                    "per_s": sizes[kind][0],
                    "burst": sizes[kind][1],
                    "our_per_s": budget.buckets[kind].rate,
                    "our_burst": budget.buckets[kind].burst,
                    "left_at_venue": budget.heard[kind].remaining,
                    "warning": budget.heard[kind].warning,
                }
                for kind in Kind
            ],
        }

    shown = venue.reach(ask)
    if as_json:
        report.emit(shown)
        return
    known = "" if shown["known"] else " (not in our table: counted as Standard)"
    report.say(f"tier {shown['tier']}{known}, share used {shown['share']}")
    buckets = shown["buckets"]
    rows = [
        ["-" if value is None else value for value in row.values()]
        for row in (buckets if isinstance(buckets, list) else [])
    ]
    headings = ("kind", "per s", "burst", "ours per s", "our burst", "left", "warned")
    report.say(report.table(headings, rows))
