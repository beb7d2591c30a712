"""Stand-in of Railway: its GraphQL API with real processes, directories and an S3 server behind."""
