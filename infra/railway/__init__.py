"""Railway's GraphQL API, typed: one client for the provider and for the operator's commands.

Knows nothing of Pulumi. Decides nothing about what should exist; it says what Railway said.
"""
