"""When to buy what, at most at which price."""
