"""What Railway does when asked: one module a subject, on records; nothing of HTTP or GraphQL."""
