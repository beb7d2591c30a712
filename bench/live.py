"""From a tick to the order's bytes on the wire, its intent durable, and how fast a book empties.

A whole live engine against the stand-in at real speed, on real sockets: every change of the book
makes an order. The tick is stamped when its frame is read, the order when its body has been given
to the kernel. The bound is a ratio to what cannot be saved: one fdatasync and one signature.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.adapters.ledger.directory import DataDirectory  # noqa: E402 - the path first
from bot.adapters.ledger.ledger import SqliteLedger  # noqa: E402
from bot.adapters.polymarket.setting import read_live_settings  # noqa: E402
from bot.adapters.polymarket.variable import ENDPOINTS  # noqa: E402
from bot.adapters.polymarket.venue import LiveVenue  # noqa: E402
from bot.bootstrap.boot import Boot, Mind  # noqa: E402
from bot.bootstrap.front import Front  # noqa: E402
from bot.bootstrap.live import LiveHouse  # noqa: E402
from bot.bootstrap.market import tape, wall_us  # noqa: E402
from bot.bootstrap.variable import ALSO  # noqa: E402
from bot.domain.book import Side  # noqa: E402
from bot.domain.entry import IntentRecorded  # noqa: E402
from bot.domain.market import Market, Outcome  # noqa: E402
from bot.domain.money import Price, Shares, Usd, parse_micros  # noqa: E402
from bot.domain.order import (  # noqa: E402
    ApprovedOrder,
    Intent,
    IntentId,
    Quantity,
    Signal,
    StrategyId,
    Terms,
    TimeInForce,
    Unit,
)
from bot.services.live.crew import Crew  # noqa: E402
from bot.services.log import configure  # noqa: E402
from bot.settings import read_settings  # noqa: E402

ORDERS = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdecimal() else 400
ROUNDS, RESTING = 100, 10
BEGIN_S, LENGTH_S = 1_795_450_500, 900
ASSETS = ("btc", "eth", "sol", "xrp", "doge", "bnb", "hype")
"""One window of each: a strategy takes a window a hundred times at most."""
RATIO_MAX, P99_MS_MAX, CANCEL_MS_MAX = 1.5, 5.0, 50.0
PAUSE_S = 0.15
STRATEGY = """
name = "bench"
[probability]
component = "market_mid"
version = 1
[entry]
component = "late_favourite"
version = 1
price_min = 0.5
price_max = 0.97
left_s_max = 900
left_s_min = 2
clips_max = 100
clip_pause_s = 1
slippage_max = 0.02
[sizing]
component = "fixed"
version = 1
amount_usd = 5
[exit]
component = "hold_to_resolution"
version = 1
[risk]
order_notional_max_usd = 100
exposure_market_max_usd = 1000000
exposure_total_max_usd = 1000000
open_orders_max = 1000
orders_per_minute_max = 10000
price_band = 0.05
spread_max = 0.05
book_age_s_max = 60
end_s_min = 1
drawdown_max_usd = 900000
"""


def listing(asset: str) -> dict[str, object]:
    """Return one window as Gamma lists it."""
    slug = f"{asset}-updown-15m-{BEGIN_S}"
    digest = [sha256(f"{slug}{one}".encode()) for one in ("", "u", "d")]
    ids = [str(int.from_bytes(one.digest())) for one in digest[1:]]
    times = [datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
             for at_s in (BEGIN_S, BEGIN_S + LENGTH_S)]  # fmt: skip
    return {
        "id": str(ASSETS.index(asset) + 1), "conditionId": f"0x{digest[0].hexdigest()}",
        "slug": slug, "version": "v1", "outcomes": '["Up","Down"]',
        "outcomePrices": '["0.5","0.5"]', "eventStartTime": times[0], "endDate": times[1],
        "active": True, "closed": False, "acceptingOrders": True, "enableOrderBook": True,
        "negRisk": False, "orderPriceMinTickSize": 0.01, "orderMinSize": 5, "feesEnabled": True,
        "feeSchedule": {"exponent": 1, "rate": 0.07, "takerOnly": True, "rebateRate": 0.2},
        "clobTokenIds": json.dumps(ids),
    }  # fmt: skip


class StandIn:
    """The exchange as a process whose market only moves when it is told to."""

    def __init__(self, folder: Path) -> None:
        recording = folder / "markets.jsonl"
        at_us = (BEGIN_S + 5) * 1_000_000
        lines = [{"at_us": at_us, "stream": "gamma", "frame": listing(one)} for one in ASSETS]
        recording.write_text("".join(json.dumps(line) + "\n" for line in lines))
        options = ["--speed", "1", "--recording", str(recording)]
        command = [sys.executable, "-m", "sandbox.polymarket", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        assert self.process.stdout is not None
        self.line: dict[str, Any] = json.loads(self.process.stdout.readline())
        token = {"Authorization": f"Bearer {self.line['control_token']}"}
        self.http = httpx.AsyncClient(headers=token, trust_env=False, timeout=30)

    async def post(self, what: str, **body: object) -> None:
        """Tell the control address."""
        answer = await self.http.post(f"{self.line['control_url']}/{what}", json=body)
        answer.raise_for_status()

    async def truth(self) -> dict[str, Any]:
        """Return what the venue knows."""
        answer = await self.http.get(f"{self.line['control_url']}/truth")
        told: dict[str, Any] = answer.json()
        return told

    def variables(self, folder: Path) -> dict[str, str]:
        """Return the environment of a live engine."""
        own = self.line["account"]
        strategy = folder / "bench.toml"
        strategy.write_text(STRATEGY)
        return {
            **{variable: self.line[f"{name}_url"] for name, variable in ENDPOINTS.items()},
            "POLYMARKET_PRIVATE_KEY": own["private_key"],
            "POLYMARKET_ADDRESS": own["address"],
            "POLYMARKET_WALLET": own["wallet"],
            "POLYMARKET_API_KEY": own["api_key"],
            "POLYMARKET_API_SECRET": own["api_secret"],
            "POLYMARKET_PASSPHRASE": own["api_passphrase"],
            "POLY_MARKET_CLOCK": self.line["market_clock"],
            "POLY_MODE": "live",
            "POLY_LIVE_WITHOUT_GATE": "I-accept-the-risk",
            "POLY_STRATEGY": str(strategy),
            "POLY_DATA_DIR": str(folder),
            "POLY_RATE_SHARE": "1",
        }


class Wire:
    """Notes when an order's body has been handed to the kernel, by its salt."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        self.now_us = now_us
        self.sent_us: dict[int, int] = {}

    def listen(self, venue: LiveVenue) -> None:
        """Have every request of the venue's client traced."""
        client = venue.connection.context.secure_clob._client  # noqa: SLF001 - it has no other door
        client.event_hooks = {"request": [self.asked]}

    async def asked(self, request: httpx.Request) -> None:
        """Trace a request if it is an order."""
        if request.method != "POST" or not request.url.path.endswith("/order"):
            return
        salt = int(json.loads(request.content)["order"]["salt"])

        async def trace(event: str, _: Mapping[str, object]) -> None:
            if event.endswith("send_request_body.complete"):
                self.sent_us[salt] = self.now_us()

        request.extensions["trace"] = trace


def quantile(values: Sequence[float], share: float) -> float:
    """Return a quantile of some values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def fdatasync_ms(folder: Path) -> list[float]:
    """Return what writing and syncing a page costs here."""
    found = list[float]()
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            found.append((time.perf_counter() - began) * 1_000)
    return found


def order(market: Market, salt: int, price: str = "0.01") -> ApprovedOrder:
    """Return an order that rests."""
    terms = Terms(
        market.market_id, market.up, Outcome.UP, Side.BUY, TimeInForce.GTC, Price.parse(price),
        Quantity(Unit.SHARES, parse_micros("10")),
    )  # fmt: skip
    signal = Signal("bench", 0, 0, 0, Shares(0), terms.price, Usd(0))
    return ApprovedOrder(
        Intent(
            IntentId(f"b-{salt}"),
            StrategyId("bench"),
            "",
            (),
            wall_us(),
            closing=False,
            terms=terms,
            signal=signal,
        )
    )


def signing_ms(venue: LiveVenue, market: Market) -> list[float]:
    """Return what preparing an order costs: amounts, signature, hash."""
    found = list[float]()
    for salt in range(200):
        approved = order(market, salt)
        began = time.perf_counter()
        venue.prepare(approved, salt=salt, at_us=wall_us())
        found.append((time.perf_counter() - began) * 1_000)
    return found


async def ticks(stand_in: StandIn, tokens: Sequence[str]) -> None:
    """Change the books in turn, again and again, so that each change is an order."""
    for number in range(ORDERS):
        token, size = tokens[number % len(tokens)], str(500 + number % 7 * 100)
        await stand_in.post("levels", token_id=token, side="SELL", price="0.62", size=size)
        await asyncio.sleep(PAUSE_S)  # an order is over before the next one, as on most days


async def shown(stand_in: StandIn) -> tuple[str, ...]:
    """Give every open window a book to buy from; return their tokens."""
    rows = [one for one in (await stand_in.truth())["markets"] if one["accepting"]]
    for row in rows:
        for side, price in (("BUY", "0.60"), ("SELL", "0.62")):
            await stand_in.post(
                "levels", token_id=row["tokens"][0], side=side, price=price, size="900"
            )
    return tuple(row["tokens"][0] for row in rows)


async def day(stand_in: StandIn, folder: Path) -> None:
    """Live, and print what was measured."""
    environment = stand_in.variables(folder)
    settings = read_settings(environment, ALSO)
    given = read_live_settings(environment, wall_us)
    front = Front(environment, settings.mode)
    ledger = SqliteLedger.open(folder)
    front.begin(settings.directory, ledger)
    boot = Boot(settings, ledger, 0, Mind(front.heart, "", "bench"), front)
    venue, crew, wire = await LiveVenue.open(given), Crew(), Wire(given.clock.now_us)
    wire.listen(venue)
    recorder = tape(boot)
    await stand_in.post(
        "wallets", wallet=given.wallet, cash_usd="1000000", approved=True, deployed=True
    )
    tokens = await shown(stand_in)
    house = LiveHouse(boot, given, venue, recorder, crew)
    living = asyncio.create_task(house.live_through())
    await asyncio.sleep(3)
    await ticks(stand_in, tokens)
    market = next(iter(house.session.engine.portfolio.markets.values()))
    signing = signing_ms(venue, market)
    house.session.stop("bench")
    await living
    latencies = list(measured(ledger, wire))
    if len(latencies) < ORDERS / 2:
        raise SystemExit(f"{len(latencies)} orders for {ORDERS} ticks: this machine is too busy")
    report(latencies, fdatasync_ms(folder), signing)
    await cancels(venue, market)
    await crew.close()
    recorder.close()
    await venue.close()
    ledger.drop()
    front.close()


def measured(ledger: SqliteLedger, wire: Wire) -> Iterator[float]:
    """Yield milliseconds from the tick's frame to the order's last byte."""
    for recorded in ledger.entries():
        if isinstance(recorded.entry, IntentRecorded):
            body = json.loads(recorded.entry.body)
            salt = next(int(v) for k, v in walk(body) if k == "salt")
            if salt in wire.sent_us:
                yield (wire.sent_us[salt] - recorded.entry.intent.made_us) / 1_000


def walk(value: object) -> Iterator[tuple[str, Any]]:
    """Yield every key of a document with its value."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield key, one
            yield from walk(one)


def report(latencies: Sequence[float], syncs: Sequence[float], signing: Sequence[float]) -> None:
    """Print the figures of tick to wire."""
    floor = statistics.median(syncs) + statistics.median(signing)
    half, worst = quantile(latencies, 0.5), quantile(latencies, 0.99)
    print(f"orders measured: {len(latencies)} (of {ORDERS} ticks)")
    print(f"fdatasync p50: {statistics.median(syncs):.2f} ms")
    print(f"signing p50: {statistics.median(signing):.2f} ms")
    print(f"tick to wire p50: {half:.2f} ms, {half / floor:.2f} x the two (limit {RATIO_MAX})")
    print(f"tick to wire p99: {worst:.2f} ms (limit {P99_MS_MAX:.0f})")


async def cancels(venue: LiveVenue, market: Market) -> None:
    """Rest some orders and cancel them all, and print how long the latter took."""
    took = list[float]()
    for round_ in range(ROUNDS):
        await venue.warm([market])
        resting = [
            venue.submit(venue.prepare(order(market, n), salt=n, at_us=wall_us()))
            for n in range(1_000 + round_ * RESTING, 1_000 + (round_ + 1) * RESTING)
        ]
        await asyncio.gather(*resting)
        began = time.perf_counter()
        gone = await venue.cancel_all()
        if len(gone) == RESTING:  # else the venue's own dead man's switch was first
            took.append((time.perf_counter() - began) * 1_000)
    half, worst = quantile(took, 0.5), quantile(took, 0.99)
    limit = f"(limit {CANCEL_MS_MAX:.0f})"
    print(f"cancel-all of {RESTING}: p50 {half:.1f} ms, p99 {worst:.1f} ms {limit}")


def main() -> None:
    """Measure in a folder that goes away."""
    configure("json")
    with tempfile.TemporaryDirectory() as name, DataDirectory.hold(Path(name)):
        stand_in = StandIn(Path(name))
        try:
            asyncio.run(day(stand_in, Path(name)))
        finally:
            stand_in.process.terminate()
            stand_in.process.wait(10)


if __name__ == "__main__":
    main()
