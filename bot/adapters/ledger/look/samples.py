"""The last orders and payouts of a ledger, as samples to be held to what was expected.

By primary keys only, newest first, so that it takes as long on a million trades as on none.
"""

from typing import Any, Final

from bot.adapters.ledger.reader import LedgerReader
from bot.domain.expectation.sample import OrderSample, Samples, WindowSample

ORDERS: Final = (
    "SELECT o.side, o.price_micros, o.size_micros, o.filled_size_micros, o.filled_notional_micros,"
    " o.avg_fill_price_micros, o.fees_micros, o.latency_us, o.status, o.market_id, o.strategy_id,"
    " o.outcome, i.quantity_unit, i.quantity_micros, i.expected_price_micros,"
    " i.expected_fee_micros, i.probability_micros FROM orders AS o"
    " JOIN trade_intents AS i ON i.intent_id = o.intent_id"
    " ORDER BY o.seq DESC LIMIT 1000"
)
"""As far back as this the intents of a payout are looked for."""
PAYOUTS: Final = (
    "SELECT market_id, strategy_id, outcome, winner, profit_micros FROM settlements"
    " ORDER BY seq DESC LIMIT {count}"
)
OVER: Final = frozenset({"filled", "cancelled", "expired", "rejected"})
Row = dict[str, Any]


def samples(ledger: LedgerReader, count: int) -> Samples:
    """Return the newest `count` orders that are over and reached the venue, and payouts."""
    rows = list(ledger.rows(ORDERS))
    over = [row for row in rows if row["status"] in OVER and _reached(row)]
    believed = _believed(rows)
    paid = ledger.rows(PAYOUTS.format(count=int(count)))
    return Samples(
        orders=tuple(_order(row) for row in over[:count]),
        windows=tuple(
            WindowSample(
                believed=believed[key], won=row["winner"] == row["outcome"],
                profit=row["profit_micros"],
            )
            for row in paid
            if (key := (row["market_id"], row["strategy_id"], row["outcome"])) in believed
        ),
    )  # fmt: skip


def _reached(row: Row) -> bool:
    # An expired order may never have been sent: it says nothing of the venue.
    return bool(row["status"] != "expired" or row["filled_size_micros"])


def _order(row: Row) -> OrderSample:
    in_usd = row["quantity_unit"] == "usd"
    return OrderSample(
        buys=row["side"] == "buy",
        asked=row["quantity_micros"],
        filled=row["filled_notional_micros"] if in_usd else row["filled_size_micros"],
        size=row["filled_size_micros"],
        notional=row["filled_notional_micros"],
        price=row["avg_fill_price_micros"] or 0,
        expected_price=row["expected_price_micros"],
        fee=row["fees_micros"],
        expected_fee=row["expected_fee_micros"],
        latency_us=row["latency_us"],
    )


def _believed(rows: list[Row]) -> dict[tuple[str, str, str], int]:
    """Return the probability of each position, weighted by what was bought at it."""
    bought: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in rows:
        if row["side"] == "buy" and row["filled_size_micros"]:
            key = (row["market_id"], row["strategy_id"], row["outcome"])
            weight, total = bought.get(key, (0, 0))
            size = row["filled_size_micros"]
            bought[key] = (weight + size, total + size * row["probability_micros"])
    return {key: total // weight for key, (weight, total) in bought.items()}
