"""What protects the venue and its traders from a client gone wrong: rate limits, heartbeats."""
