"""Policies: rules no stack may break, whoever edits the program."""
