"""How likely Up is."""
