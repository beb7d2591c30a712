"""Log lines taken apart and found again."""

import datetime as dt

import pytest

from sandbox.railway.deploy.logs import Line, matches, parse
from sandbox.railway.model.records import Deployment, Status

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def line(text: str, severity: str = "info") -> Line:
    return Line(NOW, text, severity, "i")


def deployment() -> Deployment:
    return Deployment(
        id="d",
        project_id="p",
        environment_id="e",
        service_id="s",
        created_at=NOW,
        updated_at=NOW,
        status_at=NOW,
        status=Status.SUCCESS,
        reason="deploy",
        source={},
        deploy={},
        variables={},
        snapshot_id="x",
    )


def test_plain_words_stay_as_they_are() -> None:
    parsed = parse(line("hello", "error"))
    assert (parsed.message, parsed.severity) == ("hello", "error")


@pytest.mark.parametrize("key", ["message", "msg"])
def test_an_object_gives_message_level_and_attributes(key: str) -> None:
    parsed = parse(line(f'{{"{key}": "boot", "level": "WARNING", "n": 1, "o": {{"a": [1]}}}}'))
    assert (parsed.message, parsed.severity) == ("boot", "warn")
    assert parsed.attributes == {"n": "1", "o": '{"a": [1]}', "level": '"warn"'}


def test_an_object_without_a_message_is_shown_whole() -> None:
    text = '{"event": "order.denied", "level": "info"}'
    parsed = parse(line(text))
    assert parsed.message == text
    assert parsed.attributes["event"] == '"order.denied"'


@pytest.mark.parametrize("text", ["{not json", "[1]", "{}", "null"])
def test_what_is_no_object_is_a_line(text: str) -> None:
    assert parse(line(text)).message == text


@pytest.mark.parametrize(
    ("filter_text", "found"),
    [
        (None, True),
        ("", True),
        ("BOOT", True),
        ("reboot", False),
        ("@level:info", True),
        ("@level:error", False),
        ("@service:s", True),
        ("@service:t", False),
        ("@deployment:d AND boot", True),
        ("@n:1", True),
        ("@n:2", False),
        ('"boot row"', True),
        ('"row boot"', False),
        ('unclosed "', False),
    ],
)
def test_a_filter_finds(filter_text: str | None, found: bool) -> None:  # noqa: FBT001
    parsed = parse(line('{"message": "boot row", "n": 1}'))
    assert matches(parsed, deployment(), filter_text) is found
