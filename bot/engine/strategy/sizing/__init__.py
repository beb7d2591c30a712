"""How much to spend on an entry."""
