"""The stand-in as a process, its control address, and the vendor's environment for it."""

import dataclasses
import json
import subprocess
import sys
from typing import Any, Self

import httpx
from polymarket import RelayerApiKey
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.environments import Environment

Row = dict[str, Any]
BEGIN_S = 1_795_450_560
"""A minute into windows of a quarter of an hour: no test may depend on when it is run."""


def begun(options: tuple[str, ...]) -> tuple[str, ...]:
    """Return options that say where market time begins; a recording says it itself."""
    if {"--recording", "--begin"} & set(options):
        return options
    return (*options, "--begin", str(BEGIN_S))


class StandIn:
    """One process with its control address."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "sandbox.polymarket", "--speed", "0", *begun(options)]
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

    def post(self, path: str, **body: object) -> Row:
        answer = self.http.post(f"{self.line['control_url']}/{path}", json=body)
        assert answer.status_code == 200, answer.text
        told: Row = answer.json()
        return told

    def get(self, path: str) -> Row:
        answer = self.http.get(f"{self.line['control_url']}/{path}")
        assert answer.status_code == 200, answer.text
        told: Row = answer.json()
        return told

    def step(self, seconds: float) -> None:
        self.post("clock", step_s=seconds)

    def strike(self, name: str, **numbers: float) -> None:
        """Arm a fault for one call."""
        self.post("faults", name=name, times=1, **numbers)

    def disarm(self) -> None:
        self.http.delete(f"{self.line['control_url']}/faults").raise_for_status()

    def truth(self) -> Row:
        return self.get("truth")

    def wallet(self, address: str) -> Row:
        wallets: list[Row] = self.truth()["wallets"]
        return next(w for w in wallets if str(w["address"]).lower() == address.lower())

    def window(self, version: str = "v1") -> Row:
        """Return a market that opens later: its price is near a half, so 0.02 never matches."""
        now_us = self.get("clock")["market_us"]
        markets: list[Row] = self.truth()["markets"]
        for market in markets:
            later = market["start_us"] > now_us + 60_000_000
            if market["version"] == version and market["accepting"] and later:
                return market
        self.step(120)
        return self.window(version)

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
