"""A channel takes a message or says why not, and no piece of its URL is ever said."""

import pytest
import requests
import responses

from bot.adapters.alerts.channel import Channel, Console, open_channels
from bot.adapters.alerts.message import Message
from bot.adapters.alerts.ping import Ping
from bot.domain.entry import Severity
from bot.domain.refusal import ExitCode, Refused
from bot.domain.secret import Secret

MESSAGE = Message("[poly] WARNING: it", "the whole of it", Severity.WARNING, (1,), ())
DISCORD = Secret("discord://123456789012345678/S3cretWebhookToken")
HOOK = "https://discord.com/api/webhooks/123456789012345678/S3cretWebhookToken"


def one(url: Secret) -> Channel:
    [channel] = open_channels([url])
    return channel


@responses.activate
def test_a_service_takes_title_body_and_kind() -> None:
    responses.post("http://127.0.0.1:9/hear", status=200)
    assert one(Secret("json://127.0.0.1:9/hear")).send(MESSAGE) == ""
    [call] = responses.calls
    body = str(call.request.body)
    assert '"title": "[poly] WARNING: it"' in body
    assert '"type": "warning"' in body
    assert "the whole of it" in body


@responses.activate
@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_a_service_that_refuses_is_told_without_its_url(status: int) -> None:
    responses.post(HOOK, status=status, json={"message": "Invalid Webhook Token"})
    why = one(DISCORD).send(MESSAGE)
    assert why
    for piece in ("S3cretWebhookToken", "123456789012345678", HOOK):
        assert piece not in why


@responses.activate
def test_a_service_that_repeats_the_secret_is_masked() -> None:
    said = "HTTPSConnectionPool: no route to " + HOOK
    responses.post(HOOK, body=requests.ConnectionError(said))
    why = one(DISCORD).send(MESSAGE)
    assert why
    assert "S3cret" not in why


@responses.activate
def test_apprise_says_nothing_itself(capfd: pytest.CaptureFixture[str]) -> None:
    """Its own lines may hold a URL."""
    responses.post(HOOK, status=500)
    one(DISCORD).send(MESSAGE)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nosuch://S3cretHost/S3cretPath", "number 2 (nosuch://***)"),
        ("slack://S3cretToken", "number 2 (slack://***)"),
        ("S3cretWithoutAnyScheme", "number 2 (***)"),
        ("S3cret-=+://x", "number 2 (***)"),
    ],
)
def test_a_broken_url_is_refused_by_its_number(url: str, shown: str) -> None:
    with pytest.raises(Refused) as refused:
        open_channels([Secret("json://127.0.0.1:9/fine"), Secret(url)])
    line = str(refused.value)
    assert line.startswith("POLY_ALERT_URLS: ")
    assert shown in line
    assert "S3cret" not in line
    assert refused.value.code is ExitCode.USAGE


def test_a_channel_keeps_its_name_and_the_name_keeps_the_secret() -> None:
    names = {one(DISCORD).name for _ in range(3)}
    other = one(Secret("discord://123456789012345678/An0therToken")).name
    assert len(names) == 1
    assert names != {other}
    assert "S3cret" not in names.pop()


def test_no_url_is_no_channel() -> None:
    assert open_channels([]) == ()


def test_the_console_is_a_channel() -> None:
    said: list[Message] = []
    assert Console(said.append).send(MESSAGE) == ""
    assert said == [MESSAGE]


def test_a_ping_that_fails_says_why_without_the_url() -> None:
    ping = Ping(Secret("http://127.0.0.1:9/S3cretUuid"))
    assert ping() == "no answer: ConnectError"
    ping.close()
