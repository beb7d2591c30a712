"""The price that resolves a window: a seeded path of each coin, its 60 s average, recorded points.

Where a recording has no price frames but says who won, the path is bent so that the average at a
window's two ends agrees. The last minute before each quarter of five minutes is nearly flat, so
that the average there is known; a pinned point overrides everything (a tie, for a test).
"""

import hashlib
import math
from bisect import bisect_right
from dataclasses import dataclass, field

SECOND_US = 1_000_000
SLOT_S = 300
LOOKBACK_S = 60
_START = {"btc": 90_000, "eth": 3_200, "sol": 180, "xrp": 2, "doge": 1, "bnb": 900, "hype": 40}
_STEP = 0.0006
"""How far a coin moves from one slot's end to the next, as a share of its price."""
MICROS = 1_000_000
SPOTS_MOST = 4096


@dataclass(slots=True)
class Prices:
    """Prices of every coin at every second of market time, in millionths of a dollar."""

    seed: int
    origin_s: int
    wanted: dict[tuple[str, int, int], bool] = field(default_factory=dict)
    """(coin, first slot, last slot) of a window -> whether it ends up, as a recording says."""
    recorded: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    pins: dict[tuple[str, int], int] = field(default_factory=dict)
    _levels: dict[tuple[str, int], int] = field(default_factory=dict)
    _spots: dict[tuple[str, int], int] = field(default_factory=dict)

    def want(self, coin: str, start_us: int, end_us: int, *, up: bool) -> None:
        """Bend the path of a coin so that a window ends up, or down."""
        first, last = start_us // SECOND_US // SLOT_S, end_us // SECOND_US // SLOT_S
        self.wanted[coin, first, last] = up

    def record(self, symbol: str, at_us: int, value: int) -> None:
        """Keep a recorded point of the average."""
        points = self.recorded.setdefault(symbol, [])
        if not points or points[-1][0] < at_us:
            points.append((at_us, value))
            del points[:-7200]

    def pin(self, symbol: str, at_us: int, value: int) -> None:
        """Set the average at one second."""
        self.pins[symbol, at_us // SECOND_US] = value

    def twap(self, symbol: str, at_us: int) -> int | None:
        """Return the 60 s average that the stream shows at an instant."""
        pinned = self.pins.get((symbol, at_us // SECOND_US))
        if pinned is not None:
            return pinned
        points = self.recorded.get(symbol)
        if points:
            place = bisect_right(points, at_us, key=lambda point: point[0])
            return points[place - 1][1] if place else None
        coin = symbol.removesuffix("usd")
        if coin not in _START:
            return None
        second = at_us // SECOND_US
        seconds = range(second - LOOKBACK_S + 1, second + 1)
        return sum(self._kept_spot(coin, at) for at in seconds) // LOOKBACK_S

    def spot(self, coin: str, second: int) -> int:
        """Return the price at a second of the synthetic path."""
        slot, into = divmod(second, SLOT_S)
        before, after = self._level(coin, slot), self._level(coin, slot + 1)
        share = min(1.0, into / (SLOT_S - LOOKBACK_S))
        middle = before + (after - before) * share
        noise = self._unit(f"{coin}/{second}") - 0.5
        swing = math.sin(math.pi * share) * _START[coin] * MICROS * _STEP * 0.6
        return int(middle + noise * swing)

    def _kept_spot(self, coin: str, second: int) -> int:
        known = self._spots.get((coin, second))
        if known is None:
            if len(self._spots) > SPOTS_MOST:
                self._spots.clear()
            known = self._spots[coin, second] = self.spot(coin, second)
        return known

    def _level(self, coin: str, slot: int) -> int:
        """Return the price at the end of a slot; levels are made in order from the origin."""
        origin = self.origin_s // SLOT_S - 2
        if slot <= origin:
            return _START.get(coin, 1) * MICROS
        known = self._levels.get((coin, slot))
        if known is None:
            before = self._level_chain(coin, slot, origin)
            known = self._levels[coin, slot] = self._next(coin, slot, before)
        return known

    def _level_chain(self, coin: str, slot: int, origin: int) -> int:
        """Fill the levels up to the one before `slot` without recursion."""
        last = slot - 1
        while last > origin and (coin, last) not in self._levels:
            last -= 1
        level = self._levels.get((coin, last), _START[coin] * MICROS)
        for at in range(last + 1, slot):
            level = self._levels[coin, at] = self._next(coin, at, level)
        return level

    def _next(self, coin: str, slot: int, before: int) -> int:
        draw = self._unit(f"{coin}/level/{slot}")
        size = before * _STEP * (0.2 + draw)
        up = self._unit(f"{coin}/way/{slot}") < 0.5  # noqa: PLR2004 - a fair coin
        level = before + int(size if up else -size)
        for (name, first, last), ends_up in self.wanted.items():
            if name == coin and last == slot:
                strike = self._levels.get((coin, first), _START[coin] * MICROS)
                if (level >= strike) != ends_up:
                    level = strike + int(size if ends_up else -size)
        return level

    def _unit(self, label: str) -> float:
        raw = hashlib.blake2b(f"{self.seed}/{label}".encode(), digest_size=8).digest()
        return int.from_bytes(raw) / 2.0**64
