"""10,000 frames a second for 60 s through the live feed: lag, memory, and what they cost.

A venue of its own process sends price changes of ten markets over a real socket; the feed decodes,
cross-checks and records them all, and hands them to an engine's books. Lag is from the sender's
clock to the hand-over. It must not grow; memory must stay where it is after the first seconds.
"""

import asyncio
import contextlib
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from aiohttp import web

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.adapters.polymarket.clock import MarketClock  # noqa: E402 - the path first
from bot.adapters.polymarket.feed.feed import LiveFeed  # noqa: E402
from bot.adapters.polymarket.feed.place import Ground, Notice, Places, Severity  # noqa: E402
from bot.adapters.replay.recorder import Recorder  # noqa: E402
from bot.domain.book import Book  # noqa: E402
from bot.domain.event import BookChanged, BookReplaced, Event, Together  # noqa: E402
from bot.domain.money import Price  # noqa: E402

RATE = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdecimal() else 10_000
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2].isdecimal() else 60
SERIES = ("btc-15m", "btc-5m", "eth-15m", "eth-5m", "sol-15m")
WARM_S = 10
SLICE_S = 0.005
LAG_GROWTH_MS_MAX = 250.0
MEMORY_GROWTH_MB_MAX = 50.0


def now_us() -> int:
    """Return the wall's microseconds."""
    return time.time_ns() // 1_000


def market(slug: str) -> dict[str, object]:
    """Return Gamma's object of a slug."""
    number = int.from_bytes(slug.encode()) % 10**70
    return {
        "conditionId": f"0x{number:x}",
        "slug": slug,
        "version": "v1",
        "outcomes": '["Up","Down"]',
        "clobTokenIds": json.dumps([f"{number}1", f"{number}2"]),
        "active": True,
        "closed": False,
        "acceptingOrders": True,
        "orderPriceMinTickSize": 0.01,
        "orderMinSize": 5,
        "feeSchedule": {"exponent": 1, "rate": 0.07, "takerOnly": True},
    }


def change(tokens: list[str], number: int) -> str:
    """Return a frame of two changes, one an outcome, as one order shows."""
    cent, size = 30 + number % 19, number * 7 % 100_000 / 100
    first = number // 7 % (len(tokens) // 2) * 2
    rest = f'"size":"{size}","hash":"{number:040x}","best_bid":"0.49","best_ask":"0.51"'
    return (
        f'{{"market":"0x{"ab" * 32}","price_changes":['
        f'{{"asset_id":"{tokens[first]}","price":"0.{cent}","side":"BUY",{rest}}},'
        f'{{"asset_id":"{tokens[first + 1]}","price":"0.{100 - cent}","side":"SELL",{rest}}}'
        f'],"timestamp":"{now_us()}","event_type":"price_change"}}'
    )


def book(token: str) -> dict[str, object]:
    """Return a whole book whose best levels the changes never reach."""
    return {
        "event_type": "book",
        "asset_id": token,
        "bids": [{"price": f"0.{cent}", "size": "100"} for cent in range(30, 50)],
        "asks": [{"price": f"0.{cent}", "size": "100"} for cent in range(70, 50, -1)],
        "timestamp": "1",
    }


class Venue:
    """Gamma, books by REST, and one market socket."""

    def __init__(self) -> None:
        """Begin to send when every window is followed."""
        self.tokens: list[str] = []
        self.sending: asyncio.Task[None] | None = None

    async def gamma(self, request: web.Request) -> web.Response:
        """Return a market."""
        return web.json_response(market(request.match_info["slug"]))

    async def books(self, _: web.Request) -> web.Response:
        """Return none: the socket has sent them."""
        return web.json_response([])

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        """Send books of what is followed, then changes for ever."""
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        async for message in ws:
            if message.data == "PING":
                await ws.send_str("PONG")
                continue
            asked = json.loads(message.data)["assets_ids"]
            self.tokens += asked
            await ws.send_str(json.dumps([book(token) for token in asked]))
            if len(self.tokens) >= 2 * 2 * len(SERIES) and self.sending is None:
                self.sending = asyncio.create_task(self.send(ws))
        return ws

    async def send(self, ws: web.WebSocketResponse) -> None:
        """Send at the rate until nobody listens."""
        begun, number = time.monotonic(), 0
        with contextlib.suppress(ConnectionError):
            while True:
                due = int((time.monotonic() - begun) * RATE)
                while number < due:
                    await ws.send_str(change(self.tokens, number))
                    number += 1
                await asyncio.sleep(SLICE_S)

    async def serve(self, pipe: Pipe) -> None:
        """Say the port, and serve until told to stop."""
        app = web.Application()
        app.router.add_get("/markets/slug/{slug}", self.gamma)
        app.router.add_post("/books", self.books)
        app.router.add_get("/ws", self.socket)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pipe.send(runner.addresses[0][1])
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)


def venue(pipe: Pipe) -> None:
    """Be the venue, as a process."""
    asyncio.run(Venue().serve(pipe))


class Measure:
    """Lag by second, memory at the warm mark and at the end."""

    def __init__(self) -> None:
        """Start the clock with the first frame."""
        self.begun = 0.0
        self.frames = 0
        self.lags: dict[int, list[int]] = {}
        self.memory_mb = [0.0, 0.0]
        self.books: dict[str, Book] = {}

    def take(self, event: Event) -> None:
        """Follow the books as an engine does."""
        for part in event.parts if isinstance(event, Together) else (event,):
            if isinstance(part, BookReplaced):
                self.books[part.token] = Book(Price(10_000))
                self.books[part.token].snapshot(part.bids, part.asks, part.at_us)
            elif isinstance(part, BookChanged):
                for token, side, price, size in part.changes:
                    self.books[token].change(side, price, size, part.at_us)

    def second(self, feed: LiveFeed) -> int:
        """Note the lag of now, and return which second it is."""
        if not self.begun and feed.figures.frames > 100:
            self.begun = time.monotonic()
        return int(time.monotonic() - self.begun) if self.begun else -1


def memory_mb() -> float:
    """Return what this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def untold(notice: Notice) -> None:
    """Say only what a person would have to act on."""
    if notice.severity is not Severity.INFO and notice.event != "feed.prices_missing":
        print(f"notice: {notice.event} {dict(notice.fields)}", file=sys.stderr)


def sent(feed: LiveFeed) -> int:
    """Return when the sender sent what was handed out last, in its own microseconds."""
    seen = [feed.mirror.seen(token) for token in feed.mirror.tokens]
    return max((one.stamp_ms for one in seen if one and one.stamp_ms > 1), default=0)


async def listen(places: Places, tape: Recorder) -> tuple[Measure, LiveFeed]:
    """Live for the time."""
    measure = Measure()
    ground = Ground(places, MarketClock.real(now_us), untold, SERIES)
    async with LiveFeed(ground, tape) as feed:
        async for batch in feed.batches(1):
            last = 0
            for event in batch:
                measure.take(event)
                last = event.at_us
            second = measure.second(feed)
            sent_us = sent(feed)
            if second >= 0 and last and sent_us:
                measure.lags.setdefault(second, []).append(now_us() - sent_us)
            if second == WARM_S and not measure.memory_mb[0]:
                measure.memory_mb[0] = memory_mb()
            if second >= SECONDS:
                break
            await asyncio.sleep(0)
        measure.memory_mb[1] = memory_mb()
    return measure, feed


def main() -> None:
    """Measure and print."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=venue, args=(theirs,), daemon=True
    )
    process.start()
    port = ours.recv()
    http, ws = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/ws"
    places = Places(http, http, ws, ws, ws)
    with tempfile.TemporaryDirectory() as folder:
        tape = Recorder(Path(folder), lambda event, detail: print(event, detail, file=sys.stderr))
        used = time.process_time()
        measure, feed = asyncio.run(listen(places, tape))
        used = time.process_time() - used
        tape.close()
        disk = sum(part.stat().st_size for part in Path(folder).iterdir()) / 2**20
    ours.send("stop")
    process.join(5)
    figures = feed.figures
    medians = {second: sorted(lags)[len(lags) // 2] / 1e3 for second, lags in measure.lags.items()}
    early = max(lag for second, lag in medians.items() if second < WARM_S)
    late = max(lag for second, lag in medians.items() if second >= SECONDS - WARM_S)
    grown = measure.memory_mb[1] - measure.memory_mb[0]
    rate = figures.frames / SECONDS
    print(f"frames_per_s: {rate:.0f} (asked {RATE}, {SECONDS} s, recorded, cross-checked)")
    print(f"lag_ms_first_{WARM_S}_s: {early:.1f} (worst median of a second)")
    print(f"lag_ms_last_{WARM_S}_s: {late:.1f} (limit {early + LAG_GROWTH_MS_MAX:.1f})")
    print(f"memory_growth_mb: {grown:.1f} (limit {MEMORY_GROWTH_MB_MAX:.1f})")
    print(f"memory_mb_at_the_end: {measure.memory_mb[1]:.0f}")
    cost = used / max(figures.frames, 1) * 1e6
    print(f"processor_us_per_frame: {cost:.1f} (recorder's thread included)")
    print(f"conflated_share: {figures.conflated / max(figures.frames, 1):.3f}")
    print(f"doubts: {figures.doubts}, lost of the recording: {tape.lost}, on disk {disk:.0f} MB")


if __name__ == "__main__":
    main()
