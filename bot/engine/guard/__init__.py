"""What keeps the engine from losing more than was agreed: equity, loss limits, the way out."""
