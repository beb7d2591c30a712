"""Whether the engine is well, for who asks from beside: health, metrics, control, and the ping."""
