"""What the venue knows and does: markets, accounts, orders, trades, time. No HTTP, no JSON in."""
