"""Our account at the venue: what keeps it equal to the ledger, and what turns wins into cash."""
