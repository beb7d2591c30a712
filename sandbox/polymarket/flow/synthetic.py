"""A market out of nothing: seeded up/down windows with books that follow their fair value.

It makes frames in the recording format, so that the player knows one kind of source only. It
claims nothing about real markets; it is there so that the stand-in is of use without a file.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.polymarket.book.units import ONE, text
from sandbox.polymarket.flow.prices import MICROS, SECOND_US, Prices
from sandbox.polymarket.flow.recording import Line
from sandbox.polymarket.venue.market import structural_ids

SERIES = (("btc", "15m", 900, "v1"), ("btc", "5m", 300, "v2"), ("eth", "15m", 900, "v1"))
AHEAD = 2
"""Windows listed before they open; the venue lists a day ahead."""
DEPTH = 8
_VOLATILITY = 0.00004
"""Share of its price that a coin moves in one second, one standard deviation."""


@dataclass(slots=True)
class Window:
    """One synthetic market and the books it has shown so far."""

    coin: str
    start_s: int
    end_s: int
    gamma: dict[str, object]
    condition: str
    tokens: tuple[str, str]
    tick: int = 10_000
    books: list[dict[tuple[str, int], int]] = field(default_factory=lambda: [{}, {}])


def frames(seed: int, prices: Prices, from_us: int) -> Iterator[Line]:
    """Yield frames second by second for ever."""
    second = from_us // SECOND_US
    windows: dict[str, Window] = {}
    while True:
        for coin, name, length, version in SERIES:
            first = second - second % length
            for start in range(first, first + (AHEAD + 1) * length, length):
                slug = f"{coin}-updown-{name}-{start}"
                if slug not in windows and start + length > second:
                    window = _window(seed, slug, (start, length), version)
                    windows[slug] = window
                    yield Line(second * SECOND_US, "gamma", window.gamma)
        for slug, window in list(windows.items()):
            if window.end_s <= second:
                del windows[slug]
                continue
            yield from _second(seed, window, prices, second)
        second += 1


def _window(seed: int, slug: str, span: tuple[int, int], version: str) -> Window:
    start, length = span
    coin = slug.partition("-")[0]
    raw = hashlib.sha256(f"{seed}/{slug}".encode())
    condition = "0x" + raw.hexdigest()
    up, down = (
        str(int.from_bytes(hashlib.sha256(f"{slug}/{seed}/{side}".encode()).digest()))
        for side in ("Up", "Down")
    )
    ids: dict[str, object] = {"clobTokenIds": json.dumps([up, down])}
    if version == "v2":
        condition, (up, down) = structural_ids(condition)
        ids = {"positionIds": [up, down], "resolutionStatus": "active"}
    gamma: dict[str, object] = {
        "id": str(int.from_bytes(raw.digest()[:4])),
        "question": f"{coin.upper()} Up or Down",
        "conditionId": condition,
        "slug": slug,
        "version": version,
        "outcomes": '["Up","Down"]',
        "outcomePrices": '["0.5","0.5"]',
        "eventStartTime": _iso(start),
        "endDate": _iso(start + length),
        "active": True,
        "closed": False,
        "acceptingOrders": True,
        "enableOrderBook": True,
        "negRisk": False,
        "orderPriceMinTickSize": 0.01,
        "orderMinSize": 5,
        "feesEnabled": True,
        "feeType": "crypto_fees_v2",
        "feeSchedule": {"exponent": 1, "rate": 0.07, "takerOnly": True, "rebateRate": 0.2},
        "cryptoMarketConfig": {
            "asset": coin,
            "duration": slug.split("-")[2],
            "twapEnabled": True,
            "twapLookbackSeconds": 60,
        },
        "resolutionSource": f"https://data.chain.link/streams/{coin}-usd-twap-60s-streams",
        **ids,
    }
    return Window(coin, start, start + length, gamma, condition, (up, down))


def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _second(seed: int, window: Window, prices: Prices, second: int) -> Iterator[Line]:
    at_us, draw = second * SECOND_US, hashlib.sha256(f"{seed}/{window.condition}/{second}".encode())
    noise = draw.digest()
    fair = _fair(window, prices, second)
    if window.tick == 10_000 and not 0.04 < fair < 0.96:  # noqa: PLR2004 - the venue's bounds
        window.tick = 1_000
        yield from _finer(window, at_us)
    changes = []
    for index in (0, 1):
        book = _book(fair if index == 0 else 1 - fair, window.tick, noise, index)
        if not window.books[index]:
            yield Line(at_us, "market", _snapshot(window, index, book, at_us))
        else:
            changes += _changes(window, index, book)
        window.books[index] = book
    if changes:
        body = {"event_type": "price_change", "market": window.condition, "price_changes": changes}
        yield Line(at_us, "market", body | {"timestamp": str(at_us // 1000)})
    if noise[0] % 4 == 0 and window.start_s <= second:
        yield Line(at_us, "market", _trade(window, noise, at_us))


def _fair(window: Window, prices: Prices, second: int) -> float:
    """Return the chance that Up wins, from the path up to this second only."""
    strike = prices.twap(f"{window.coin}usd", min(second, window.start_s) * SECOND_US)
    now = prices.spot(window.coin, second)
    left = max(1, window.end_s - max(second, window.start_s))
    spread = now * _VOLATILITY * math.sqrt(left) + MICROS / 1e6
    return min(0.995, max(0.005, 0.5 * (1 + math.erf((now - (strike or now)) / spread / 1.4142))))


def _book(fair: float, tick: int, noise: bytes, index: int) -> dict[tuple[str, int], int]:
    """Return sizes by side and price around a fair value; Down mirrors Up exactly."""
    middle = int(fair * ONE) // tick * tick
    if index == 1:
        middle = ONE - (int((1 - fair) * ONE) // tick * tick) - tick
    book = {}
    for step in range(DEPTH):
        below, above = middle - step * tick, middle + (step + 1) * tick
        lower, upper = 20 + noise[step] % 180, 20 + noise[step + DEPTH] % 180
        if index == 1:
            lower, upper = upper, lower
        if tick <= below:
            book["BUY", below] = lower * ONE
        if above <= ONE - tick:
            book["SELL", above] = upper * ONE
    return book


def _snapshot(
    window: Window, index: int, book: dict[tuple[str, int], int], at_us: int
) -> dict[str, object]:
    sides = {"BUY": list[dict[str, str]](), "SELL": list[dict[str, str]]()}
    for (side, price), size in sorted(book.items()):
        sides[side].append({"price": text(price), "size": text(size)})
    return {
        "event_type": "book",
        "asset_id": window.tokens[index],
        "market": window.condition,
        "bids": sides["BUY"],
        "asks": sides["SELL"][::-1],
        "timestamp": str(at_us // 1000),
        "hash": "",
    }


def _changes(
    window: Window, index: int, book: dict[tuple[str, int], int]
) -> list[dict[str, object]]:
    before = window.books[index]
    changed = [key for key in {*before, *book} if before.get(key) != book.get(key)]
    return [
        {
            "asset_id": window.tokens[index],
            "price": text(price),
            "size": text(book.get((side, price), 0)),
            "side": side,
            "hash": "",
        }
        for side, price in sorted(changed)
    ]


def _trade(window: Window, noise: bytes, at_us: int) -> dict[str, object]:
    buys = noise[1] % 2 == 0
    resting = [price for side, price in window.books[0] if side == ("SELL" if buys else "BUY")]
    price = (min(resting) if buys else max(resting)) if resting else ONE // 2
    return {
        "event_type": "last_trade_price",
        "asset_id": window.tokens[0],
        "market": window.condition,
        "price": text(price),
        "size": str(5 + noise[2] % 60),
        "side": "BUY" if buys else "SELL",
        "fee_rate_bps": "0",
        "timestamp": str(at_us // 1000),
        "transaction_hash": "0x" + noise.hex(),
    }


def _finer(window: Window, at_us: int) -> Iterator[Line]:
    for token in window.tokens:
        body: dict[str, object] = {
            "event_type": "tick_size_change",
            "asset_id": token,
            "market": window.condition,
            "old_tick_size": "0.01",
            "new_tick_size": "0.001",
            "timestamp": str(at_us // 1000),
        }
        yield Line(at_us, "market", body)
