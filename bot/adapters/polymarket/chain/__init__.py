"""What needs a transaction: approvals and redemption, one at a time, every step durable."""
