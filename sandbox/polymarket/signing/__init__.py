"""Who signed what: hashes, addresses and recovered signers. Knows no order book and no HTTP."""
