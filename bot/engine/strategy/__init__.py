"""Strategies: versioned components, composed and parameterised by a file, and their lineage."""
