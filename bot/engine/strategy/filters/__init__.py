"""When not to enter."""
