"""What guards a session from beside: what a person may ask of it, and what makes it pause."""
