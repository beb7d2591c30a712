"""The operator's command line, `poly`."""
