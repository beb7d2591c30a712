"""The price socket's frames (PolyBolt) as the settlement price.

Only `price.crypto.twap` is read: it is the Chainlink stream the windows settle on; `price.crypto`
is another oracle. A snapshot holds two minutes, of which only the newest point is news.
Source: docs.polymarket.com/api-reference/live-data/overview, read 2026-11-22.
"""

from typing import Final

import msgspec

from bot.adapters.wire import shape
from bot.adapters.wire.number import Unbelievable, rounded_micros

CHANNEL: Final = "price.crypto.twap"
SYMBOLS_MAX: Final = 64
"""Streams remembered; the socket's own limit of subscriptions."""
NAME_MAX: Final = 20


class Point(msgspec.Struct):
    """One value with its own time in milliseconds, its full accuracy as text."""

    timestamp: int
    full_accuracy_value: str


class Payload(msgspec.Struct):
    """A snapshot's points, or one."""

    symbol: str
    window_seconds: int
    timestamp: int | None = None
    full_accuracy_value: str | None = None
    data: list[Point] | None = None


class Update(msgspec.Struct):
    """One frame of a channel, a snapshot or one point."""

    channel: str
    payload: Payload


class Header(msgspec.Struct):
    """What tells an answer to us from an update."""

    op: str | None = None
    code: str | None = None
    channel: str | None = None


_headers = msgspec.json.Decoder(Header)
_updates = msgspec.json.Decoder(Update)


class PriceStream:
    """Reads frames in order and lets only news through."""

    def __init__(self) -> None:
        """Start without having seen anything."""
        self._newest: dict[tuple[str, int], int] = {}

    def read(self, frame: bytes | msgspec.Raw) -> tuple[str, int, int] | None:
        """Return (symbol, value in micros, window in seconds), or None if it is no news.

        Raises:
            Unbelievable: a frame that is none, or an error the server reports.

        """
        header = shape.decoded(_headers, frame, "bad_frame", "price frame")
        if header.op == "error":
            raise Unbelievable("feed_error", f"price socket: {header.code or 'no code'}")
        if header.op is not None or (header.channel is not None and header.channel != CHANNEL):
            return None
        update = shape.decoded(_updates, frame, "bad_frame", "price frame")
        return self._news(update)

    def _news(self, update: Update) -> tuple[str, int, int] | None:
        payload = update.payload
        point = _newest(payload)
        if point is None:
            return None
        symbol = payload.symbol.lower()
        if not 0 < len(symbol) <= NAME_MAX or not 0 <= payload.window_seconds <= 86_400:  # noqa: PLR2004 - a day
            raise Unbelievable("bad_frame", f"price frame: symbol or window {symbol[:40]!r}")
        value = rounded_micros(point.full_accuracy_value, "full_accuracy_value")
        key = (symbol, payload.window_seconds)
        if point.timestamp <= self._newest.get(key, -1):
            return None
        if key not in self._newest and len(self._newest) >= SYMBOLS_MAX:
            raise Unbelievable("bad_frame", f"price frame: more than {SYMBOLS_MAX} symbols")
        self._newest[key] = point.timestamp
        return symbol, value, payload.window_seconds


def _newest(payload: Payload) -> Point | None:
    if payload.data is not None:
        return max(payload.data, key=lambda point: point.timestamp, default=None)
    if payload.timestamp is None or payload.full_accuracy_value is None:
        raise Unbelievable("bad_frame", "price frame: neither data nor timestamp and value")
    return Point(payload.timestamp, payload.full_accuracy_value)
