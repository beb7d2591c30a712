"""The watchdog's own, minimal way to the venue: cancel everything, list what rests."""
