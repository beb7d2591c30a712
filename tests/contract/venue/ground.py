"""A stand-in exchange of still markets for the live adapter's tests: nothing moves by itself.

Its recording only lists markets, so that a book shows what a test put there and nothing else. Each
stage takes a market and an account of its own.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.adapters.polymarket.setting import LiveSettings, read_live_settings
from bot.adapters.polymarket.variable import ENDPOINTS
from bot.adapters.system import SystemClock
from tests.contract.polymarket_sdk.standin import Row, StandIn

MARKETS = 150
BEGIN_S = 1_795_450_500
LENGTH_S = 900


def text_of(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def gamma(number: int, version: str) -> dict[str, object]:
    """Return a market as Gamma lists it: a window of a quarter of an hour, fee 7 %."""
    start = BEGIN_S + number * LENGTH_S
    slug = f"btc-updown-15m-{start}"
    condition = "0x" + sha256(slug.encode()).hexdigest()
    up, down = (str(int.from_bytes(sha256(f"{slug}{one}".encode()).digest())) for one in "ud")
    ids: dict[str, object] = {"clobTokenIds": json.dumps([up, down])}
    if version == "v2":
        raw = "01" + sha256(slug.encode()).hexdigest()[:36] + "00" * 8
        raw += "00" * (31 - len(raw) // 2)
        condition = f"0x{raw}00"
        ids = {"positionIds": [str(int(raw + one, 16)) for one in ("00", "01")]}
    return {
        "id": str(number + 1), "question": "BTC Up or Down", "conditionId": condition,
        "slug": slug, "version": version, "outcomes": '["Up","Down"]',
        "outcomePrices": '["0.5","0.5"]', "eventStartTime": text_of(start),
        "endDate": text_of(start + LENGTH_S), "active": True, "closed": False,
        "acceptingOrders": True, "enableOrderBook": True, "negRisk": False,
        "orderPriceMinTickSize": 0.01, "orderMinSize": 5, "feesEnabled": True,
        "feeSchedule": {"exponent": 1, "rate": 0.07, "takerOnly": True, "rebateRate": 0.2},
        **ids,
    }  # fmt: skip


def recording(path: Path, versions: tuple[str, ...] = ("v1",)) -> Path:
    """Write the listing."""
    lines = [
        {
            "at_us": (BEGIN_S - 60) * 1_000_000,
            "stream": "gamma",
            "frame": gamma(number, versions[number % len(versions)]),
        }
        for number in range(MARKETS)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


class Ground:
    """One process, its markets one after another, its accounts by name."""

    def __init__(self, directory: Path, versions: tuple[str, ...] = ("v1",)) -> None:
        path = recording(directory / "markets.jsonl", versions)
        self.stand_in = StandIn("--recording", str(path), "--seed", "5")
        self._markets: Iterator[Row] = iter(
            sorted(self.stand_in.truth()["markets"], key=lambda row: int(row["start_us"]))[1:]
        )
        self._accounts = 0

    def close(self) -> None:
        self.stand_in.__exit__()

    def market(self, version: str = "v1") -> Row:
        """Return the next market that nobody has used."""
        return next(row for row in self._markets if row["version"] == version)

    def account(self, cash: str = "1000") -> Row:
        """Return a new funded account."""
        self._accounts += 1
        return self.stand_in.post("accounts", label=f"stage-{self._accounts}", cash_usd=cash)

    def variables(
        self, account: Row, kind: str = "deposit", *, timeout_s: float = 2.0
    ) -> dict[str, str]:
        """Return what an operator would set."""
        line = self.stand_in.line
        urls = {variable: line[f"{name}_url"] for name, variable in ENDPOINTS.items()}
        clock = self.stand_in.get("clock")["market_clock"]
        return {
            **urls,
            "POLYMARKET_PRIVATE_KEY": account["private_key"],
            "POLYMARKET_ADDRESS": account["address"],
            "POLYMARKET_WALLET": account["wallets"][kind]["wallet"],
            "POLYMARKET_API_KEY": account["api_key"],
            "POLYMARKET_API_SECRET": account["api_secret"],
            "POLYMARKET_PASSPHRASE": account["api_passphrase"],
            "POLYMARKET_RELAYER_API_KEY": account["relayer_api_key"],
            "POLYMARKET_RELAYER_API_KEY_ADDRESS": account["relayer_api_key_address"],
            "POLY_MARKET_CLOCK": clock,
            "POLY_CALL_TIMEOUT_S": str(timeout_s),
            "POLY_RATE_SHARE": "1",
        }


def settings_of(variables: Mapping[str, Any]) -> LiveSettings:
    return read_live_settings(variables, SystemClock().now_us)
