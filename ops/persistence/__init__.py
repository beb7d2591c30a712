"""Whether the ledger survived a redeploy: gathered from outside, judged from its own log lines."""
