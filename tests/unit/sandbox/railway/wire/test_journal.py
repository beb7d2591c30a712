"""The journal keeps calls and no secrets."""

import datetime as dt

from sandbox.railway.wire.journal import Journal, redacted

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def test_values_of_variables_are_hidden_wherever_they_are() -> None:
    given = {
        "input": {
            "variables": {"A": "s1"},
            "value": "s2",
            "name": "A",
            "registryCredentials": {"username": "u", "password": "s3"},
        },
        "patch": {"services": {"x": {"variables": {"B": {"value": "s4", "isSealed": True}}}}},
        "list": [{"value": "s5"}],
    }
    text = repr(redacted(given))
    assert not [secret for secret in ("s1", "s2", "s3", "s4", "s5") if secret in text]
    assert "'name': 'A'" in text
    assert "'isSealed': True" in text


def test_calls_are_numbered_and_counted_by_token() -> None:
    journal = Journal()
    for token in ("account", "project", "account"):
        journal.note(NOW, {"token": token})
    assert [call["n"] for call in journal.after(1)] == [2, 3]
    assert journal.by_token == {"account": 2, "project": 1}
