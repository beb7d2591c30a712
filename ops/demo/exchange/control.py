"""The stand-in exchange as a process, and its control address: what a test or the demo asks of it.

Only loopback is dialled, with the token that its first line gave.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx

ADDRESSES = {
    "clob_url": "POLY_CLOB_URL",
    "gamma_url": "POLY_GAMMA_URL",
    "data_url": "POLY_DATA_URL",
    "relayer_url": "POLY_RELAYER_URL",
    "rpc_url": "POLY_RPC_URL",
    "geoblock_url": "POLY_GEOBLOCK_URL",
    "market_ws_url": "POLY_MARKET_WS_URL",
    "user_ws_url": "POLY_USER_WS_URL",
    "price_ws_url": "POLY_PRICE_WS_URL",
}
ACCOUNT = {
    "private_key": "POLYMARKET_PRIVATE_KEY",
    "address": "POLYMARKET_ADDRESS",
    "wallet": "POLYMARKET_WALLET",
    "api_key": "POLYMARKET_API_KEY",
    "api_secret": "POLYMARKET_API_SECRET",
    "api_passphrase": "POLYMARKET_PASSPHRASE",
    "relayer_api_key": "POLYMARKET_RELAYER_API_KEY",
    "relayer_api_key_address": "POLYMARKET_RELAYER_API_KEY_ADDRESS",
}
ASKED_S_MAX = 30.0
Row = dict[str, Any]


@dataclass(slots=True)
class Exchange:
    """A running stand-in by its first line."""

    line: Row
    http: httpx.Client

    @classmethod
    def read(cls, first_line: str | bytes) -> Self:
        """Take the first line of its stdout."""
        line = json.loads(first_line)
        token = {"Authorization": f"Bearer {line['control_token']}"}
        return cls(line, httpx.Client(headers=token, trust_env=False, timeout=ASKED_S_MAX))

    def close(self) -> None:
        """Let go of the connection."""
        self.http.close()

    def variables(self) -> dict[str, str]:
        """Return what an operator would set to trade there with its funded account."""
        addresses = {variable: self.line[name] for name, variable in ADDRESSES.items()}
        account = {variable: self.line["account"][name] for name, variable in ACCOUNT.items()}
        return addresses | account | {"POLY_MARKET_CLOCK": str(self.get("clock")["market_clock"])}

    def get(self, what: str) -> Row:
        """Ask the control address."""
        answer = self.http.get(f"{self.line['control_url']}/{what}")
        answer.raise_for_status()
        told: Row = answer.json()
        return told

    def post(self, what: str, **body: object) -> Row:
        """Tell the control address."""
        answer = self.http.post(f"{self.line['control_url']}/{what}", json=body)
        if answer.is_error:
            raise ValueError(f"{what} {body}: {answer.text}")
        told: Row = answer.json() if isinstance(answer.json(), dict) else {"rows": answer.json()}
        return told

    def arm(
        self, name: str, *, times: int | None = None, rate: float | None = None,
        numbers: Mapping[str, float] | None = None,
    ) -> None:  # fmt: skip
        """Arm a fault for some calls, or for a share of them; `numbers` are its own settings."""
        asked: Row = dict(numbers or {})
        if times is not None:
            asked["times"] = times
        if rate is not None:
            asked["rate"] = rate
        self.post("faults", name=name, **asked)

    def disarm(self) -> None:
        """Disarm every fault and end what one has begun."""
        self.http.delete(f"{self.line['control_url']}/faults").raise_for_status()

    def struck(self) -> dict[str, int]:
        """Return how often each fault struck."""
        answer = self.http.get(f"{self.line['control_url']}/faults")
        answer.raise_for_status()
        rows: Iterable[Row] = answer.json()
        return {row["name"]: int(row["struck"]) for row in rows}

    def truth(self) -> Row:
        """Return everything the venue knows."""
        return self.get("truth")
