"""Where health listens is private or refused, and the control token is long or refused."""

import pytest

from bot.domain.refusal import ExitCode, Refused
from bot.services.health.setting import VARIABLES, read_health

TOKEN = "0123456789abcdef01234567"


def test_it_is_off_unless_asked_for() -> None:
    found = read_health({"PORT": "8080"})
    assert (found.port, found.host, bool(found.token)) == (None, "127.0.0.1", False)
    assert read_health({"POLY_HEALTH_PORT": "off"}).port is None


EVERYWHERE = "0.0.0.0"  # noqa: S104 - only read, never bound


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.1.2.3", "fd12::5", "::", EVERYWHERE])
def test_a_private_address_is_taken(host: str) -> None:
    found = read_health(
        {"POLY_HEALTH_PORT": "PORT", "PORT": "8080", "POLY_HEALTH_BIND": host,
         "POLY_CONTROL_TOKEN": TOKEN}
    )  # fmt: skip
    assert (found.port, found.host, found.token.reveal()) == (8080, host, TOKEN)
    assert TOKEN not in repr(found)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"POLY_HEALTH_PORT": "http"}, "POLY_HEALTH_PORT: must be a port"),
        ({"POLY_HEALTH_PORT": "65536"}, "was '65536'"),
        ({"POLY_HEALTH_PORT": "PORT"}, "PORT: must be a port of 0 to 65535, PORT or off, was ''"),
        ({"POLY_HEALTH_BIND": "8.8.8.8"}, "loopback or private address, or ::, was '8.8.8.8'"),
        ({"POLY_HEALTH_BIND": "localhost"}, "was 'localhost'"),
        ({"POLY_CONTROL_TOKEN": "S3cret"}, "24 characters or more, had 6"),
    ],
)
def test_what_cannot_be_is_named(given: dict[str, str], said: str) -> None:
    assert set(given) <= set(VARIABLES)
    with pytest.raises(Refused) as refused:
        read_health(given)
    assert said in str(refused.value)
    assert "S3cret" not in str(refused.value)
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize("name", ["RAILWAY_PUBLIC_DOMAIN", "RAILWAY_TCP_PROXY_DOMAIN"])
def test_every_interface_of_a_public_service_is_refused(name: str) -> None:
    open_to_all = {"POLY_HEALTH_PORT": "8080", "POLY_HEALTH_BIND": "::", name: "poly.example"}
    with pytest.raises(Refused, match=f"reachable by {name}"):
        read_health(open_to_all)
    assert read_health({**open_to_all, "POLY_HEALTH_BIND": "127.0.0.1"}).port == 8080
    assert read_health({**open_to_all, "POLY_HEALTH_PORT": "off"}).port is None
