"""When to sell before the end."""
