"""Alerts in the ledger: which entries raise one, and where they wait until they are sent."""
