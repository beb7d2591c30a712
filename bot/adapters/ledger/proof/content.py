"""The hash of the final books, equal for two runs of one day however often one was interrupted.

Covers nothing of boots, wall-clock time, or the path that led there. Computed from the rows.
"""

import hashlib
from typing import Final

from bot.adapters.ledger import driver

CONTENT: Final = {
    "trade_intents": """intent_id, intent_type, strategy_id, strategy_hash, components, market_id,
        token_id, outcome, side, order_type, price_micros, quantity_unit, quantity_micros, signal,
        probability_micros, bid_at_signal_micros, ask_at_signal_micros, depth_at_signal_micros,
        expected_price_micros, expected_fee_micros, diagnostic_flags, order_hash, created_us""",
    "orders": """order_hash, intent_id, strategy_id, market_id, token_id, outcome, side,
        order_type, price_micros, size_micros, filled_size_micros, filled_notional_micros,
        fees_micros, status""",
    "fills": """fill_id, order_hash, intent_id, strategy_id, market_id, token_id, outcome, side,
        price_micros, size_micros, notional_micros, fee_micros, liquidity, filled_us, status""",
    "settlements": """market_id, strategy_id, outcome, winner, size_micros, cost_micros,
        payout_micros, profit_micros""",
    "cash": "kind, change_micros, cash_micros",
}
ORDER: Final = {
    "trade_intents": "intent_id",
    "orders": "order_hash",
    "fills": "fill_id",
    "settlements": "market_id, strategy_id, outcome",
    "cash": "seq",
}
"""Of each table: what is hashed, and in which order. docs/ledger.md lists the same."""

GENESIS: Final = "0" * 64
"""As the port's; a command that reads must not wait for the import of the whole domain."""


def content_hash(connection: driver.Connection) -> str:
    """Return SHA-256 over the final rows of intents, orders, fills, settlements and cash.

    Each row is its values joined by unit separators, each row and each table's name ends with a
    line feed; NULL is an empty text.
    """
    digest = hashlib.sha256()
    for name, columns in CONTENT.items():
        digest.update(f"{name}\n".encode())
        rows = f"SELECT {columns} FROM {name} ORDER BY {ORDER[name]}"  # noqa: S608 - our own names
        for row in connection.execute(rows):
            text = "\x1f".join("" if value is None else str(value) for value in row)
            digest.update(f"{text}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
