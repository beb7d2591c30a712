"""The steps of the ledger's schema, one file a step, oldest first; a step never changes again."""
