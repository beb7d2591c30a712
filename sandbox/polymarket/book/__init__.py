"""The order book of one market: price-time priority, both outcomes in one. No accounts, no wire."""
