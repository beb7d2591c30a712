"""What commands work out from a ledger's rows: read-only, with the bare driver."""
