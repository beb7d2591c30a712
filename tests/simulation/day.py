"""A made-up trading day from a seed: short windows, walking books, a result, and bad lines.

Written in the recording format, so that the whole path from a line of text to a row is walked.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

SECOND = 1_000_000
START_S = 1_790_586_000
WINDOW_S = 300
SPACING_S = 120
"""Windows overlap, so that one is traded while another one is settled."""
STEP_S = 6
LEAD_S = 30
LEVELS = 4


@dataclass
class Side:
    """One outcome's displayed levels, in cents and hundredths of a share."""

    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)


@dataclass
class Window:
    """One market and the walk of its Up price in cents."""

    number: int
    dice: random.Random
    cents: int = 50
    up: Side = field(default_factory=Side)
    down: Side = field(default_factory=Side)

    @property
    def market_id(self) -> str:
        return f"0x{self.number:064x}"

    @property
    def start_s(self) -> int:
        return START_S + self.number * SPACING_S

    def token(self, outcome: str) -> str:
        return str(10**20 + self.number * 2 + (outcome == "down"))

    def gamma(self, winner: str = "") -> dict[str, object]:
        """Return the market object, closed with a winner if there is one."""
        prices = {"": ["0.5", "0.5"], "up": ["1", "0"], "down": ["0", "1"]}[winner]
        return {
            "id": str(self.number),
            "version": "v1",
            "conditionId": self.market_id,
            "slug": f"btc-updown-5m-{self.start_s}",
            "outcomes": '["Up", "Down"]',
            "outcomePrices": json.dumps(prices),
            "clobTokenIds": json.dumps([self.token("up"), self.token("down")]),
            "eventStartTime": _iso(self.start_s),
            "endDate": _iso(self.start_s + WINDOW_S),
            "active": True,
            "closed": bool(winner),
            "acceptingOrders": not winner,
            "enableOrderBook": True,
            "orderPriceMinTickSize": 0.01,
            "orderMinSize": 5,
            "feesEnabled": True,
            "feeSchedule": {"rate": 0.07, "exponent": 1, "takerOnly": True, "rebateRate": 0.2},
        }

    def walk(self) -> None:
        """Move the price and lay out both books around it."""
        self.cents = min(max(self.cents + self.dice.choice([-3, -1, 0, 1, 2, 3]), 4), 96)
        for side, mid in ((self.up, self.cents), (self.down, 100 - self.cents)):
            side.bids = {mid - n: self._size() for n in range(1, LEVELS) if mid - n > 0}
            side.asks = {mid + n: self._size() for n in range(LEVELS) if mid + n < 100}

    def _size(self) -> int:
        return self.dice.choice([300, 700, 1_500, 6_000])


def lines(seed: int, windows: int) -> Iterator[dict[str, object] | str]:
    """Yield the lines of a day, in time order, some of them broken."""
    dice = random.Random(seed)
    listed: list[Window] = []
    for step in range(0, (windows - 1) * SPACING_S + LEAD_S + WINDOW_S + 3 * STEP_S, STEP_S):
        now_s = START_S - LEAD_S + step
        for number in range(windows):
            window = next((one for one in listed if one.number == number), None)
            if window is None and now_s >= START_S + number * SPACING_S - LEAD_S:
                window = Window(
                    number, random.Random(f"{seed}/{number}"), dice.choice([30, 50, 70])
                )
                listed.append(window)
                yield _line(now_s, "gamma", window.gamma())
            if window is not None:
                yield from _window(window, now_s, dice)


def _window(window: Window, now_s: int, dice: random.Random) -> Iterator[dict[str, object] | str]:
    over_s = window.start_s + WINDOW_S
    if now_s > over_s + STEP_S:
        return
    if now_s > over_s:
        winner = "up" if window.cents >= 50 else "down"
        yield _line(now_s, "gamma", window.gamma(winner))
        return
    window.walk()
    if dice.random() < 0.02:
        yield _line(
            now_s, "market", {"event_type": "price_change", "price_changes": [{"price": "2"}]}
        )
    if dice.random() < 0.02:
        yield "not a line"
    books = [_book(window, outcome, now_s) for outcome in ("down", "up")]
    yield _line(now_s, "market", books)


def _book(window: Window, outcome: str, now_s: int) -> dict[str, object]:
    side = window.up if outcome == "up" else window.down
    return {
        "event_type": "book",
        "asset_id": window.token(outcome),
        "market": window.market_id,
        "bids": [_level(cents, size) for cents, size in sorted(side.bids.items())],
        "asks": [_level(cents, size) for cents, size in sorted(side.asks.items(), reverse=True)],
        "timestamp": str(now_s * 1_000),
        "hash": "",
    }


def _level(cents: int, size: int) -> dict[str, str]:
    return {"price": f"0.{cents:02d}", "size": f"{size / 100:.2f}"}


def _line(now_s: int, stream: str, frame: object) -> dict[str, object]:
    return {"at_us": now_s * SECOND, "stream": stream, "frame": frame}


def _iso(at_s: int) -> str:

    return datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")


def write(file: Path, seed: int, windows: int = 3) -> Path:
    """Write the day of a seed and return its file."""
    text = "\n".join(
        one if isinstance(one, str) else json.dumps(one, separators=(",", ":"))
        for one in lines(seed, windows)
    )
    file.write_text(text + "\n", encoding="utf-8")
    return file
