"""A stand-in process and the vendor's client, pointed at it and at nothing else."""

import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Self

import httpx
import pytest
from polymarket import AsyncSecureClient, RelayerApiKey
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.environments import Environment

type_of_row = dict[str, object]
DEADLINE_S = 10.0


class StandIn:
    """One process with its control address."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "sandbox.polymarket", "--speed", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.line = json.loads(self.process.stdout.readline())
        self.account = self.line["account"]
        headers = {"Authorization": f"Bearer {self.line['control_token']}"}
        self.http = httpx.Client(headers=headers, trust_env=False, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def post(self, path: str, **body: object) -> dict[str, object]:
        answer = self.http.post(f"{self.line['control_url']}/{path}", json=body)
        assert answer.status_code == 200, answer.text
        told: dict[str, object] = answer.json()
        return told

    def get(self, path: str) -> dict[str, object]:
        answer = self.http.get(f"{self.line['control_url']}/{path}")
        assert answer.status_code == 200, answer.text
        told: dict[str, object] = answer.json()
        return told

    def step(self, seconds: float) -> None:
        self.post("clock", step_s=seconds)

    def strike(self, name: str, **numbers: float) -> None:
        """Arm a fault for one call."""
        self.post("faults", name=name, times=1, **numbers)

    def disarm(self) -> None:
        self.http.delete(f"{self.line['control_url']}/faults").raise_for_status()

    def truth(self) -> dict[str, list[dict[str, object]]]:
        return self.get("truth")  # type: ignore[return-value]  # the parts read here are lists

    def wallet(self, address: str) -> dict[str, object]:
        wallets = self.truth()["wallets"]
        return next(w for w in wallets if str(w["address"]).lower() == address.lower())

    def window(self, version: str = "v1", asset: str = "btc") -> dict[str, object]:
        """Return the market that is open now."""
        now_us = self.get("clock")["market_us"]
        assert isinstance(now_us, int)
        for market in self.truth()["markets"]:
            start, end = market["start_us"], market["end_us"]
            assert isinstance(start, int)
            assert isinstance(end, int)
            named = str(market["slug"]).startswith(asset)
            if named and market["version"] == version and start <= now_us < end - 60_000_000:
                return market
        self.step(65)
        return self.window(version, asset)

    def environment(self) -> Environment:
        """Return the vendor's environment with every address replaced."""
        dead = {
            field.name: "ws://127.0.0.1:1" if "ws" in field.name else "http://127.0.0.1:1"
            for field in dataclasses.fields(PRODUCTION_CONFIG)
            if field.name.endswith("_url")
        }
        urls = {
            "clob_url": self.line["clob_url"],
            "gamma_url": self.line["gamma_url"],
            "data_url": self.line["data_url"],
            "relayer_url": self.line["relayer_url"],
            "rpc_url": self.line["rpc_url"],
            "clob_market_ws_url": self.line["market_ws_url"],
            "clob_user_ws_url": self.line["user_ws_url"],
            "realtime_ws_url": self.line["price_ws_url"],
        }
        config = dataclasses.replace(
            PRODUCTION_CONFIG, **{**dead, **urls}, relayer_poll_frequency_ms=50
        )
        return create_environment(name="stand-in", config=config)

    def relayer_key(self) -> RelayerApiKey:
        return RelayerApiKey(
            key=self.account["relayer_api_key"], address=self.account["relayer_api_key_address"]
        )


def until(check: Callable[[], bool]) -> None:
    """Poll with a deadline."""
    end = time.monotonic() + DEADLINE_S
    while not check():
        assert time.monotonic() < end, "it did not happen in time"


@pytest.fixture(scope="module")
def process() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(process: StandIn) -> StandIn:
    process.disarm()
    return process


@pytest.fixture
async def client(stand_in: StandIn) -> AsyncIterator[AsyncSecureClient]:
    """A client of the funded deposit wallet."""
    made = await AsyncSecureClient.create(
        private_key=stand_in.account["private_key"],
        wallet=stand_in.account["wallet"],
        environment=stand_in.environment(),
        api_key=stand_in.relayer_key(),
    )
    yield made
    await made.close()
