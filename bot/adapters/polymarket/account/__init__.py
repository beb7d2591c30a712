"""Our account at the venue: trades, balances, heartbeats; read completely or not at all."""
