"""Values of the trade and their rules. No I/O, no clock, no randomness."""
