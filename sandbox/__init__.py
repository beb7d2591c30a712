"""Stand-ins of the two vendors, written from published facts; they import nothing of ours."""
