"""What one price_change frame costs: decoded, applied to the books, and handed out by the feed.

The frames have two changes, one an outcome, as the socket sends one order. The ratio is to the
standard library's json.loads of the same lines in the same run.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.adapters.replay.feed import ReplayFeed  # noqa: E402 - the path first
from bot.adapters.wire.decoder import Decoder  # noqa: E402
from bot.domain.book import Book  # noqa: E402
from bot.domain.event import BookChanged, BookReplaced  # noqa: E402
from bot.domain.money import Price  # noqa: E402

FRAMES = 20_000
ROUNDS = 7
LIMIT_US = 6.0
START_US = 1_790_586_000_000_000
UP, DOWN = "5" * 77, "7" * 77
MARKET = "0x" + "ab" * 32
GAMMA = {
    "conditionId": MARKET,
    "slug": "btc-updown-15m-1790586000",
    "version": "v1",
    "outcomes": '["Up","Down"]',
    "clobTokenIds": json.dumps([UP, DOWN]),
    "active": True,
    "closed": False,
    "acceptingOrders": True,
    "orderPriceMinTickSize": 0.01,
    "orderMinSize": 5,
    "feeSchedule": {"exponent": 1, "rate": 0.07, "takerOnly": True},
}


def line(number: int, stream: str, frame: object) -> bytes:
    """Return one line as json.dumps writes it, blanks and all."""
    return json.dumps({"at_us": START_US + number, "stream": stream, "frame": frame}).encode()


def book(token: str) -> dict[str, object]:
    """Return a whole book around 0.50."""
    return {
        "market": MARKET,
        "asset_id": token,
        "bids": [{"price": f"0.{cent}", "size": "100"} for cent in range(30, 50)],
        "asks": [{"price": f"0.{cent}", "size": "100"} for cent in range(69, 50, -1)],
        "event_type": "book",
    }


def price_change(number: int) -> dict[str, object]:
    """Return two changes with the prices of a working book and ever new sizes."""
    cent, size = 30 + number % 19, str(number * 7 % 100_000 / 100)
    common = {"size": size, "hash": "ab" * 20, "best_bid": "0.49", "best_ask": "0.51"}
    return {
        "market": MARKET,
        "price_changes": [
            {"asset_id": UP, "price": f"0.{cent}", "side": "BUY", **common},
            {"asset_id": DOWN, "price": f"0.{100 - cent}", "side": "SELL", **common},
        ],
        "timestamp": "1790586000123",
        "event_type": "price_change",
    }


HEAD = [line(0, "gamma", GAMMA), line(0, "market", [book(UP), book(DOWN)])]
CHANGES = [line(number, "market", price_change(number)) for number in range(FRAMES)]


def best_us(run: Callable[[], None]) -> float:
    """Return the least microseconds of processor time a frame, of several rounds.

    Not of the clock on the wall: nothing here waits, and a busy machine must not show.
    """
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        run()
        times.append(time.process_time() - begun)
    return min(times) / FRAMES * 1e6


def decode_and_apply(*, apply: bool) -> None:
    """Decode all frames with a new decoder, and change the books."""
    decoder = Decoder()
    books = {UP: Book(Price(10_000)), DOWN: Book(Price(10_000))}
    for number, head in enumerate(HEAD, 1):
        for event in decoder.line(head, number):
            if isinstance(event, BookReplaced):
                books[event.token].snapshot(event.bids, event.asks, event.at_us)
    for number, change in enumerate(CHANGES, 3):
        for event in decoder.line(change, number):
            if apply and isinstance(event, BookChanged):
                for token, side, price, size in event.changes:
                    books[token].change(side, price, size, event.at_us)


def load_all() -> None:
    """Read all frames as the standard library does."""
    for change in CHANGES:
        json.loads(change)


def feed(path: Path) -> None:
    """Hand out all events of a file."""

    async def run() -> None:
        frames = 0
        async for batch in ReplayFeed.open(path).batches(1):
            for event in batch:
                frames = event.frame
        assert frames == FRAMES + len(HEAD)

    asyncio.run(run())


def main() -> None:
    """Measure and print."""
    plain = best_us(load_all)
    decode = best_us(lambda: decode_and_apply(apply=False))
    both = best_us(lambda: decode_and_apply(apply=True))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.jsonl"
        path.write_bytes(b"\n".join([*HEAD, *CHANGES, b""]))
        handed = best_us(lambda: feed(path))
    print(f"decode_us_per_frame: {decode:.2f}")
    print(f"decode_apply_us_per_frame: {both:.2f} (limit {LIMIT_US:.2f})")
    print(f"decode_apply_over_json_loads: {both / plain:.2f}")
    print(f"feed_us_per_frame: {handed:.2f} (opening and hashing included)")


if __name__ == "__main__":
    main()
