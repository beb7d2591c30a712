"""What Railway remembers: records, plan limits, configuration; nothing of HTTP or GraphQL here."""
