"""What trading live must be told: every mistake is one line with its variable and no secret."""

from collections.abc import Mapping

import pytest

from bot.adapters.polymarket.environment import PRODUCTION
from bot.adapters.polymarket.setting import LiveSettings, read_live_settings
from bot.adapters.polymarket.variable import ENDPOINTS, VARIABLES
from bot.domain.refusal import ExitCode, Refused

KEY = "0x" + "1" * 64
ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
GOOD = {
    "POLYMARKET_PRIVATE_KEY": KEY,
    "POLYMARKET_ADDRESS": ADDRESS,
    "POLYMARKET_WALLET": ADDRESS,
    "POLYMARKET_API_KEY": "key-id",
    "POLYMARKET_API_SECRET": "c2VjcmV0LXRleHQ=",
    "POLYMARKET_PASSPHRASE": "pass-phrase",
}
LOCAL = dict.fromkeys(ENDPOINTS.values(), "http://127.0.0.1:9")


def read(environment: Mapping[str, str]) -> LiveSettings:
    return read_live_settings(environment, lambda: 7)


def test_without_a_stand_in_the_addresses_are_the_real_ones() -> None:
    settings = read(GOOD)
    assert settings.endpoints == PRODUCTION
    assert not settings.endpoints.loopback
    assert settings.clock.now_us() == 7


def test_a_node_of_ones_own_is_taken() -> None:
    settings = read(GOOD | {"POLYMARKET_RPC_URL": "https://node.example/v1"})
    assert settings.endpoints.rpc == "https://node.example/v1"
    assert settings.endpoints.clob == PRODUCTION.clob


def test_a_stand_in_is_taken_whole_with_its_clock() -> None:
    settings = read(GOOD | LOCAL | {"POLY_MARKET_CLOCK": "100@7,2"})
    assert settings.endpoints.loopback
    assert settings.clock.now_us() == 100


def test_nothing_of_it_prints_a_secret() -> None:
    shown = repr(read(GOOD | {
        "POLYMARKET_RELAYER_API_KEY": "relayer-key",
        "POLYMARKET_RELAYER_API_KEY_ADDRESS": ADDRESS,
    }))  # fmt: skip
    for secret in (KEY, "key-id", "c2VjcmV0LXRleHQ=", "pass-phrase", "relayer-key"):
        assert secret not in shown


def test_without_credentials_one_is_told_how_to_get_them() -> None:
    bare = {name: value for name, value in GOOD.items() if "API" not in name and "PASS" not in name}
    with pytest.raises(Refused, match="poly credentials derive") as refused:
        read(bare).with_credentials()
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"POLYMARKET_PRIVATE_KEY": ""}, "POLYMARKET_PRIVATE_KEY: is not set"),
        ({"POLYMARKET_PRIVATE_KEY": "0x12"}, "must be 64 hex digits, had 4 characters"),
        ({"POLYMARKET_ADDRESS": "me"}, "POLYMARKET_ADDRESS: must be 0x and 40 hex digits"),
        ({"POLYMARKET_WALLET": ""}, "POLYMARKET_WALLET: is not set"),
        ({"POLYMARKET_API_SECRET": ""}, "POLYMARKET_API_SECRET: is not set, but the other"),
        ({"POLYMARKET_RELAYER_API_KEY": "k"}, "POLYMARKET_RELAYER_API_KEY_ADDRESS: is not set"),
        ({"POLYMARKET_RPC_URL": "http://node"}, "POLYMARKET_RPC_URL: must start with https://"),
        ({"POLY_CALL_TIMEOUT_S": "0"}, r"POLY_CALL_TIMEOUT_S: must be a number in \[0.1, 30\]"),
        ({"POLY_CALL_TIMEOUT_S": "nan"}, "POLY_CALL_TIMEOUT_S: must be a number"),
        ({"POLY_RATE_SHARE": "2"}, "POLY_RATE_SHARE: must be a number"),
        ({"POLY_CLOB_URL": "http://127.0.0.1:9"}, "POLY_GAMMA_URL: is not set, but other"),
        (LOCAL | {"POLY_RPC_URL": "https://node.example"}, "POLY_RPC_URL: must be on this machine"),
        ({"POLY_MARKET_CLOCK": "1@1,1"}, "POLY_MARKET_CLOCK: is for a stand-in"),
        (LOCAL | {"POLY_MARKET_CLOCK": "soon"}, "POLY_MARKET_CLOCK: must be <market_us>@<wall_us>"),
        (LOCAL | {"POLY_MARKET_CLOCK": "1@1,-1"}, "speed must be in"),
        ({"HTTPS_PROXY": "http://proxy:1"}, "HTTPS_PROXY: is set; unset it"),
        ({"all_proxy": "http://proxy:1"}, "all_proxy: is set; unset it"),
        ({"WSS_PROXY": "http://proxy:1"}, "WSS_PROXY: is set; unset it: only the sockets"),
        ({"POLY_PROXY": "yes"}, "POLY_PROXY: must be honour or unset"),
        ({"POLY_PROXY": "honour"}, "POLY_PROXY: is honour, but HTTPS_PROXY is not set"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(change: dict[str, str], said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        read(GOOD | change)
    assert refused.value.code is ExitCode.USAGE
    assert "\n" not in str(refused.value)
    assert KEY not in str(refused.value)


def test_a_proxy_is_honoured_on_purpose() -> None:
    settings = read(GOOD | {"HTTPS_PROXY": "http://proxy:1", "POLY_PROXY": "honour"})
    assert settings.proxy == "http://proxy:1"


def test_every_variable_that_is_read_is_documented() -> None:
    names = set(GOOD) | set(LOCAL) | {
        "POLY_MARKET_CLOCK", "POLY_PROXY", "POLY_RATE_SHARE", "POLY_CALL_TIMEOUT_S",
    }  # fmt: skip
    assert names <= set(VARIABLES)
