"""How Railway is spoken to: HTTP, tokens, budgets, GraphQL, faults on the way."""
