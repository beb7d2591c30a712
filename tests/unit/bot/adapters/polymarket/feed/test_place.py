"""Where a feed listens is decided once: all real, or all of it a stand-in on this machine."""

import subprocess
import sys
from collections.abc import Mapping

import pytest

from bot.adapters.polymarket.clock import MarketClock
from bot.adapters.polymarket.feed.place import (
    LOGIN_VARIABLES,
    PLACE_VARIABLES,
    SERIES,
    Ground,
    Notice,
    Places,
    read_clock,
    read_login,
    read_places,
)
from bot.adapters.polymarket.feed.rest import headers
from bot.domain.refusal import ExitCode, Refused

CLOCK = "1790586000000000@1795450500000000,60"
HERE = {variable: f"http://127.0.0.1:5/{name}" for name, variable in PLACE_VARIABLES.items()}
WHO = {
    "POLYMARKET_ADDRESS": "0x" + "1" * 40,
    "POLYMARKET_API_KEY": "key",
    "POLYMARKET_API_SECRET": "A" * 43 + "=",
    "POLYMARKET_PASSPHRASE": "hush",
}


def wall_us() -> int:
    return 1_795_450_500_000_000


def untold(notice: Notice) -> None:
    """Tell nobody."""


def test_without_a_word_the_addresses_are_the_real_ones() -> None:
    places = read_places({})
    assert places == Places()
    assert not places.loopback
    assert read_clock({}, places, wall_us).now_us() == wall_us()


def test_a_stand_in_is_taken_whole() -> None:
    places = read_places(HERE)
    assert places.loopback
    clock = read_clock({"POLY_MARKET_CLOCK": CLOCK}, places, wall_us)
    assert clock.now_us() == 1_790_586_000_000_000


@pytest.mark.parametrize("variable", sorted(HERE))
@pytest.mark.parametrize("url", ["", "https://clob.polymarket.com", "http://10.0.0.1:80"])
def test_half_a_stand_in_is_refused_by_name(variable: str, url: str) -> None:
    with pytest.raises(Refused, match=variable) as refused:
        read_places(HERE | {variable: url})
    assert refused.value.code is ExitCode.USAGE


def test_a_shifted_clock_beside_real_addresses_is_refused_wherever_it_comes_from() -> None:
    with pytest.raises(Refused, match="POLY_MARKET_CLOCK"):
        read_clock({"POLY_MARKET_CLOCK": CLOCK}, Places(), wall_us)
    with pytest.raises(Refused, match="POLY_MARKET_CLOCK"):
        Ground(Places(), MarketClock.parse(CLOCK, wall_us), untold)


@pytest.mark.parametrize("text", ["1", "a@b,c", "1@2,-1", "1@2,nan"])
def test_a_clock_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="POLY_MARKET_CLOCK"):
        read_clock({"POLY_MARKET_CLOCK": text}, read_places(HERE), wall_us)


@pytest.mark.parametrize("missing", LOGIN_VARIABLES)
def test_half_a_login_is_refused_and_no_secret_is_shown(missing: str) -> None:
    given: Mapping[str, str] = {name: value for name, value in WHO.items() if name != missing}
    with pytest.raises(Refused, match=missing) as refused:
        read_login(given)
    assert not any(value in str(refused.value) for value in ("A" * 43, "hush"))
    assert read_login({}) is None
    assert "hush" not in repr(read_login(WHO))


@pytest.mark.parametrize("series", ["btc", "btc-4h", "btc-7m", "-5m", "b tc-5m"])
def test_a_series_that_is_none_is_refused(series: str) -> None:
    with pytest.raises(Refused, match="must be like btc-15m"):
        Ground(Places(), MarketClock.real(wall_us), untold, (series,))
    assert len(SERIES) == 14


def test_the_signature_is_over_method_path_and_body_without_query() -> None:
    login = read_login(WHO)
    assert login is not None
    first = headers(login, "GET", "https://h/auth/api-keys?x=1", b"")
    assert first["POLY_API_KEY"] == "key"
    assert len(first["POLY_SIGNATURE"]) == 44
    assert first["POLY_ADDRESS"] == WHO["POLYMARKET_ADDRESS"]


def test_a_process_that_only_listens_never_loads_what_can_sign() -> None:
    """Paper and `poly record` cannot send an order: the SDK is not there."""
    code = (
        "import sys, bot.adapters.polymarket.feed.feed, bot.adapters.paper.venue;"
        "sys.exit('polymarket' in sys.modules or 'eth_account' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
