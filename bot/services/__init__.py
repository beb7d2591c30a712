"""Async shells around the core: they record, then act, and decide nothing."""
