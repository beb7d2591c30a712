"""Whether memory, ledger and venue agree while a day goes on: pure, and patient."""
