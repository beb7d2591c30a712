"""How a ledger is judged: at a start, by a verification, and from outside by its hashes."""
