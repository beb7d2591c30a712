"""The stand-in as a process, as a live feed sees it: addresses, clock, account, control."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Self

import httpx

from bot.adapters.polymarket.clock import MarketClock
from bot.adapters.polymarket.feed.place import Ground, Login, Notice, Places
from bot.domain.secret import Secret
from tests.contract.polymarket_sdk.standin import begun

SERIES = ("btc-15m", "btc-5m", "eth-15m")
"""What the stand-in's own flow has."""


def wall_us() -> int:
    return time.time_ns() // 1000


class StandIn:
    """One process whose market time runs by itself."""

    def __init__(self, speed: float, *options: str) -> None:
        paced = ("--speed", str(speed), *begun(options))
        command = [sys.executable, "-m", "sandbox.polymarket", *paced]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.line: dict[str, Any] = json.loads(self.process.stdout.readline())
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

    def strike(self, name: str, times: int = 1) -> None:
        """Arm a fault for some calls."""
        self.post("faults", name=name, times=times)

    def disarm(self) -> None:
        self.http.delete(f"{self.line['control_url']}/faults").raise_for_status()

    def post(self, path: str, **body: object) -> dict[str, Any]:
        answer = self.http.post(f"{self.line['control_url']}/{path}", json=body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def truth(self) -> dict[str, Any]:
        answer = self.http.get(f"{self.line['control_url']}/truth")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def struck(self, name: str) -> int:
        return int(next(one["struck"] for one in self.truth()["faults"] if one["name"] == name))

    def login(self) -> Login:
        own = self.line["account"]
        return Login(
            own["address"], Secret(own["api_key"]), Secret(own["api_secret"]),
            Secret(own["api_passphrase"]),
        )  # fmt: skip

    def places(self) -> Places:
        return Places(
            gamma=self.line["gamma_url"],
            clob=self.line["clob_url"],
            market_ws=self.line["market_ws_url"],
            user_ws=self.line["user_ws_url"],
            price_ws=self.line["price_ws_url"],
        )

    def ground(self, tell: Callable[[Notice], None], **changes: Any) -> Ground:
        clock = MarketClock.parse(self.line["market_clock"], wall_us)
        given: dict[str, Any] = {"series": SERIES, "login": self.login()} | changes
        return Ground(self.places(), clock, tell, **given)
