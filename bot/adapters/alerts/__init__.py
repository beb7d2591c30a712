"""Alerts to a person by any service Apprise knows, and the ping that says that all is well."""
