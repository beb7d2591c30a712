"""What is set about alerts is right or refused in one line, and a URL is never said."""

import pytest

from bot.adapters.alerts.setting import URLS_MAX, read_alerts
from bot.adapters.alerts.variable import VARIABLES
from bot.domain.entry import Severity
from bot.domain.refusal import ExitCode, Refused
from bot.domain.secret import Secret


def test_nothing_set_is_the_console() -> None:
    found = read_alerts({})
    assert (found.urls, found.least, found.digest_minute) == ((), Severity.INFO, None)
    assert (found.alive_url, found.alive_every_s) == (None, 60)


def test_everything_set() -> None:
    found = read_alerts(
        {
            "POLY_ALERT_URLS": " json://a/b?x=1,2 \n tgram://c/d ",
            "POLY_ALERT_FROM": "critical",
            "POLY_ALERT_DIGEST": "08:30",
            "POLY_ALIVE_URL": "https://hc.example/uuid",
            "POLY_ALIVE_EVERY_S": "30",
        }
    )
    assert found.urls == (Secret("json://a/b?x=1,2"), Secret("tgram://c/d"))
    assert (found.least, found.digest_minute) == (Severity.CRITICAL, 510)
    assert (found.alive_url, found.alive_every_s) == (Secret("https://hc.example/uuid"), 30)
    assert "uuid" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("POLY_ALERT_URLS", "json://a " * (URLS_MAX + 1), "at most 20 URLs, was 21"),
        ("POLY_ALERT_FROM", "loud", "one of info, warning, critical, was 'loud'"),
        ("POLY_ALERT_DIGEST", "24:00", "as 08:00 (UTC), was '24:00'"),
        ("POLY_ALERT_DIGEST", "8:00", "as 08:00 (UTC), was '8:00'"),
        ("POLY_ALIVE_URL", "hc.example/s3cr3t", "must be an http or https address"),
        ("POLY_ALIVE_URL", "https:///s3cr3t", "must be an http or https address"),
        ("POLY_ALIVE_URL", "http://[s3cr3t", "must be an http or https address"),
        ("POLY_ALIVE_EVERY_S", "9", "in [10, 3600], was '9'"),
        ("POLY_ALIVE_EVERY_S", "-20", "in [10, 3600], was '-20'"),
    ],
)
def test_what_cannot_be_is_named(name: str, value: str, said: str) -> None:
    assert name in VARIABLES
    with pytest.raises(Refused) as refused:
        read_alerts({name: value})
    line = str(refused.value)
    assert line.startswith(f"{name}: ")
    assert said in line
    assert "s3cr3t" not in line
    assert refused.value.code is ExitCode.USAGE
