"""The trip: latch, cancel, proof, snapshot. Works while the engine does not."""
