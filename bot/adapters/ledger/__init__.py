"""The durable ordered record on SQLite: one file, one writer, every other table a projection.

Nothing here decides anything about trading. `ledger` is the port's adapter, `reader` what commands
read with, `directory` who may have the data directory, `proof` how a ledger is judged.
"""
