"""What is in a recording: windows, frames, silences, anomalies; for a person before a replay.

Reads with the decoder of the feed and keeps books of its own, to compare them with the best prices
that the vendor sends along. It judges nothing and changes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from pathlib import Path
from typing import Final

import msgspec

from bot.adapters.replay.recording import Recording, open_recording
from bot.adapters.replay.source import Tail, lines
from bot.adapters.wire import shape
from bot.adapters.wire.decoder import Decoder, envelope
from bot.adapters.wire.number import Number, Unbelievable, micros
from bot.domain.book import Book, OffGrid
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    Event,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    TickChanged,
    TradePrinted,
)
from bot.domain.market import Market, MarketId, TokenId
from bot.domain.money import MICROS

SILENCE_US: Final = 10 * MICROS
"""A market of these windows says something every second; longer silences are listed."""
GAPS_MAX: Final = 20


@dataclass(slots=True)
class WindowRow:
    """One market of a recording."""

    slug: str
    market_id: str
    version: str
    start_us: int
    end_us: int
    first_frame: int
    books: int = 0
    changes: int = 0
    """Levels changed."""
    trades: int = 0
    tick_changes: int = 0
    anomalies: int = 0
    silence_max_us: int = 0
    """Longest time without a book, a change or a trade, between the first and the last of them."""
    winner: str = ""
    """Empty while the recording does not say."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which the recording has no line of the market stream."""

    after_frame: int
    from_us: int
    to_us: int


@dataclass(slots=True)
class Anomaly:
    """What could not be believed, with its first occurrence; kinds are in docs/recording.md."""

    kind: str
    first_frame: int
    first_detail: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class RecordingReport:
    """What a recording holds."""

    recording: Recording
    size_bytes: int
    streams: tuple[tuple[str, int], ...]
    """Lines by stream; those that are no lines are "unreadable"."""
    events: tuple[tuple[str, int], ...]
    ignored: int
    """Frames that say nothing to the engine, blank lines among them."""
    windows: tuple[WindowRow, ...]
    gaps: tuple[Gap, ...]
    """The longest, by time."""
    anomalies: tuple[Anomaly, ...]


def inspect_recording(path: Path) -> RecordingReport:
    """Read a whole recording and report on it.

    Raises:
        Refused: as `open_recording`.

    """
    recording = open_recording(path)
    inspection = _Inspection(recording)
    number = 0
    for group in lines(path, Tail()):
        for line in group:
            number += 1
            inspection.line(line, number)
    return inspection.report()


class _Best(msgspec.Struct):
    """The vendor's own best prices after a change."""

    asset_id: str
    best_bid: Number | None = None
    best_ask: Number | None = None


class _BestFrame(msgspec.Struct):
    price_changes: list[_Best]


class _BestLine(msgspec.Struct):
    frame: _BestFrame


_bests = msgspec.json.Decoder(_BestLine)


@dataclass(slots=True)
class _Inspection:
    recording: Recording
    decoder: Decoder = field(default_factory=lambda: Decoder(ours=True))
    streams: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    windows: dict[MarketId, WindowRow] = field(default_factory=dict)
    rows: dict[TokenId, WindowRow] = field(default_factory=dict)
    books: dict[TokenId, Book] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    anomalies: dict[str, Anomaly] = field(default_factory=dict)
    market_us: int = 0

    def line(self, line: bytes, number: int) -> None:
        torn = self.recording.torn if number == self.recording.frames else ""
        try:
            stream = envelope(line).stream
        except Unbelievable:
            stream = "blank" if not line.strip() else "unreadable"
        self.streams[stream] += 1
        for event in self.decoder.line(line, number):
            if isinstance(event, FrameRefused) and torn:
                continue
            self.events[type(event).__name__] += 1
            self.event(event, line)
        if stream == "market":
            self.silence(number)
        if torn:
            self.anomaly("torn_tail", number, torn, ())

    def silence(self, number: int) -> None:
        at_us = self.decoder.at_us
        if self.market_us and at_us - self.market_us > SILENCE_US:
            self.gaps.append(Gap(number - 1, self.market_us, at_us))
            self.gaps = nlargest(GAPS_MAX, self.gaps, key=lambda gap: gap.to_us - gap.from_us)
        self.market_us = at_us

    def event(self, event: Event, line: bytes) -> None:
        match event:
            case MarketSeen(frame=number, market=market):
                self.list(market, number)
            case MarketResolved(market_id=market_id, winner=winner):
                if market_id in self.windows:
                    self.windows[market_id].winner = winner
            case FrameRefused(frame=number, kind=kind, detail=detail, tokens=tokens):
                self.anomaly(kind, number, detail, tokens)
            case BookChanged():
                self.change(event, line)
            case TickChanged() | TradePrinted() | BookReplaced():
                self.of_token(event)
            case _:
                pass

    def of_token(self, event: TickChanged | TradePrinted | BookReplaced) -> None:
        row = self.rows[event.token]
        match event:
            case TickChanged(tick=tick):
                row.tick_changes += 1
                self.books[event.token].regrid(tick)
                return
            case TradePrinted():
                row.trades += 1
            case BookReplaced(bids=bids, asks=asks):
                row.books += 1
                self.books[event.token].snapshot(bids, asks, event.at_us)
        self.hear(event.token, event.at_us)

    def list(self, market: Market, number: int) -> None:
        if market.market_id in self.windows:
            return
        row = self.windows[market.market_id] = WindowRow(
            slug=market.slug,
            market_id=market.market_id,
            version=market.version,
            start_us=market.window.start_us,
            end_us=market.window.end_us,
            first_frame=number,
        )
        for token in (market.up, market.down):
            self.rows[token] = row
            self.books[token] = Book(market.tick)

    def change(self, event: BookChanged, line: bytes) -> None:
        for token, side, price, size in event.changes:
            self.rows[token].changes += 1
            self.hear(token, event.at_us)
            try:
                self.books[token].change(side, price, size, event.at_us)
            except OffGrid as error:
                self.anomaly("off_grid", event.frame, str(error), (token,))
        for token in dict.fromkeys(token for token, *_ in event.changes):
            if self.books[token].whole and self.books[token].crossed:
                self.anomaly("crossed", event.frame, "by a price_change", (token,))
        for best in _told(line):
            self.compare(best, event.frame)

    def compare(self, best: _Best, number: int) -> None:
        token = TokenId(best.asset_id)
        book = self.books.get(token)
        if book is None or not book.whole:
            return
        for name, told, ours in (
            ("best_bid", best.best_bid, book.bid_micros),
            ("best_ask", best.best_ask, book.ask_micros),
        ):
            if told is not None and _micros(told) != ours:
                detail = f"{name} is {told}, the book says {ours / MICROS:g}"
                self.anomaly("best_mismatch", number, detail, (token,))

    def hear(self, token: TokenId, at_us: int) -> None:
        row = self.rows[token]
        silence = at_us - self.heard.get(row.market_id, at_us)
        row.silence_max_us = max(row.silence_max_us, silence)
        self.heard[row.market_id] = at_us

    def anomaly(self, kind: str, number: int, detail: str, tokens: Sequence[TokenId]) -> None:
        self.anomalies.setdefault(kind, Anomaly(kind, number, detail)).count += 1
        for row in {id(row): row for row in map(self.rows.get, tokens) if row}.values():
            row.anomalies += 1

    def report(self) -> RecordingReport:
        return RecordingReport(
            recording=self.recording,
            size_bytes=self.recording.path.stat().st_size,
            streams=tuple(sorted(self.streams.items())),
            events=tuple(sorted(self.events.items())),
            ignored=self.decoder.ignored,
            windows=tuple(sorted(self.windows.values(), key=lambda row: (row.start_us, row.slug))),
            gaps=tuple(sorted(self.gaps, key=lambda gap: gap.from_us)),
            anomalies=tuple(sorted(self.anomalies.values(), key=lambda each: each.kind)),
        )


def _told(line: bytes) -> list[_Best]:
    """Return the best prices a line tells, the last of each token; none of an array of frames."""
    try:
        told = _bests.decode(line).frame.price_changes
    except shape.BROKEN:
        return []
    return list({best.asset_id: best for best in told}.values())


def _micros(value: Number) -> int:
    try:
        return micros(value, "best_mismatch", "best")
    except Unbelievable:
        return -1
