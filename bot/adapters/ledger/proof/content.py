"""Hashes that say two ledgers hold the same: of the final books, and of the events up to one.

`content_hash` is equal for two runs of one day however often they were interrupted. `chain_hash`
is equal for two copies of one ledger. Both are computed from the rows, never copied.
"""

import hashlib
from collections.abc import Iterable, Mapping
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
        price_micros, size_micros, notional_micros, fee_micros, liquidity, filled_us""",
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

BATCH: Final = 5_000
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
            digest.update(f"{text}\n".encode())
    return digest.hexdigest()


def chain_hash(connection: driver.Connection, upto: Iterable[int]) -> Mapping[int, str]:
    """Return the hash over events 1..n for every n of `upto`, recomputed from the rows.

    Reads in batches, so that a running writer's WAL is not held back. An n past the last event,
    or after a gap, has no hash. Sequence 0 has `GENESIS`.
    """
    wanted = sorted(set(upto))
    found = {n: GENESIS for n in wanted if n == 0}
    seq, last = 0, GENESIS
    while wanted and seq < wanted[-1]:
        rows = connection.execute(
            "SELECT seq, frame, at_us, event_type, decisions, content FROM trade_events"
            " WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
            (seq, wanted[-1], BATCH),
        ).fetchall()
        for row in rows:
            if row[0] != seq + 1:
                return found
            seq = row[0]
            text = "\n".join(map(str, (last, *row)))
            last = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            if seq in wanted:
                found[seq] = last
        if not rows:
            break
    return found
