"""No address but those given can be dialled, by whatever part of the SDK."""

import dataclasses
from urllib.parse import urlsplit

import httpx
import pytest
from polymarket._internal.environment import PRODUCTION_CONFIG, get_environment_config
from typing_extensions import override

from bot.adapters.polymarket.connection import Guarded, Unlisted
from bot.adapters.polymarket.environment import (
    DEAD_HTTP,
    DEAD_WS,
    PRODUCTION,
    Endpoints,
    environment,
    origin,
)

STAND_IN = Endpoints(
    *(f"{'ws' if one.name.endswith('ws') else 'http'}://127.0.0.1:{7000 + n}"
      for n, one in enumerate(dataclasses.fields(Endpoints)))
)  # fmt: skip


@pytest.mark.parametrize("given", [STAND_IN, PRODUCTION], ids=["stand-in", "production"])
def test_every_address_of_the_sdk_is_one_given_or_dead(given: Endpoints) -> None:
    config = get_environment_config(environment(given))
    allowed = set(dataclasses.astuple(given)) | {DEAD_HTTP, DEAD_WS}
    names = [one.name for one in dataclasses.fields(config) if one.name.endswith("_url")]
    assert len(names) >= 14
    assert {getattr(config, name) for name in names} <= allowed
    assert config.clob_url == given.clob
    assert config.clob_market_ws_url == given.market_ws


def test_contracts_and_chain_stay_the_real_ones() -> None:
    config = get_environment_config(environment(STAND_IN))
    for name in ("chain_id", "standard_exchange", "exchange_v3", "collateral_token"):
        assert getattr(config, name) == getattr(PRODUCTION_CONFIG, name)


def test_a_dead_address_has_the_scheme_of_the_living_one() -> None:
    config = get_environment_config(environment(PRODUCTION))
    for one in dataclasses.fields(config):
        if one.name.endswith("_url"):
            kind = urlsplit(getattr(config, one.name)).scheme[:2]
            assert kind == urlsplit(getattr(PRODUCTION_CONFIG, one.name)).scheme[:2], one.name


class Recorder(httpx.AsyncBaseTransport):
    """Remembers what was let through."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(str(request.url))
        return httpx.Response(200, json={})


@pytest.mark.parametrize(
    "url",
    ["https://clob.polymarket.com/time", "http://127.0.0.1:1/", "http://127.0.0.2:7000/",
     "http://localhost:7000/", "http://127.0.0.1:7000@evil.example/"],
)  # fmt: skip
async def test_what_was_not_given_is_never_dialled(url: str) -> None:
    inner = Recorder()
    async with httpx.AsyncClient(transport=Guarded(inner, STAND_IN.origins)) as client:
        with pytest.raises(Unlisted):
            await client.get(url)
    assert inner.seen == []


async def test_what_was_given_is_dialled() -> None:
    inner = Recorder()
    async with httpx.AsyncClient(transport=Guarded(inner, STAND_IN.origins)) as client:
        await client.get(STAND_IN.clob + "/time")
    assert inner.seen == [STAND_IN.clob + "/time"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://a.example", ("a.example", 443)),
        ("ws://b", ("b", 80)),
        ("http://[::1]:5/x", ("::1", 5)),
    ],
)
def test_an_origin_is_host_and_port(url: str, told: tuple[str, int]) -> None:
    assert origin(url) == told
