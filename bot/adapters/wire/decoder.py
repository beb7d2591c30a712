"""Frames into domain events, one at a time, in the order received.

The state kept is what reading needs: the listed markets, the tick of each token, the newest price,
the time reached. A frame that cannot be believed becomes `FrameRefused` naming the tokens whose
books it might have changed; nothing here raises on what was received, but for a stream nobody
knows, which no later frame can make good.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import msgspec

from bot.adapters.wire import gamma, own, shape
from bot.adapters.wire.conflation import Conflation
from bot.adapters.wire.number import DETAIL_MAX, Unbelievable
from bot.adapters.wire.price import PriceStream
from bot.adapters.wire.registry import Registry
from bot.adapters.wire.socket import MarketSocket, kind_of
from bot.domain.event import (
    Event,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    PriceTicked,
)
from bot.domain.market import Market, Outcome
from bot.domain.money import MICROS

AT_US_MAX: Final = 4_102_444_800 * MICROS
"""The year 2100: a time in nanoseconds is beyond it, and would stop all that comes after."""
TELLING: Final = (b"tick_size", b'"gamma"', b"market_resolved", b"full_accuracy_value")
"""What a line says that changes how later lines are read."""
GAP: Final = b'"frame_refused"'
"""What the recording shell refused itself, a lost connection for one: of use to any replay."""
HOLE: Final = "not_recorded"
"""Frames are missing before this one: whose they were nobody knows."""
HARMLESS: Final = re.compile(rb'"stream"\s*:\s*"(?:gamma|price|own|timer)"')

Events = Sequence[Event]
NOTHING: Final[Events] = ()


class UnknownStream(ValueError):  # noqa: N818 - what the line names
    """A line of a stream nobody knows: a recording of another program, or of a later one."""

    def __init__(self, stream: str) -> None:
        """Keep the name as it was found."""
        super().__init__(stream[:DETAIL_MAX])
        self.stream = stream[:DETAIL_MAX]


_lines = msgspec.json.Decoder(shape.Line)
_envelopes = msgspec.json.Decoder(shape.Envelope)
_raw_lines = msgspec.json.Decoder(shape.RawLine)


def envelope(line: bytes) -> shape.Envelope:
    """Return time and stream of a line without reading its frame.

    Raises:
        Unbelievable: "not_json" or "bad_line".
        UnknownStream: readable, but of a stream nobody knows.

    """
    try:
        read = _envelopes.decode(line)
    except msgspec.ValidationError as error:
        raise Unbelievable("bad_line", str(error)) from error
    except shape.BROKEN as error:
        raise Unbelievable("not_json", str(error)) from error
    if read.stream not in shape.STREAMS:
        raise UnknownStream(read.stream)
    if not 0 < read.at_us < AT_US_MAX:
        raise Unbelievable("bad_line", f"at_us must be UTC microseconds, was {read.at_us}")
    return read


def frame_of(line: bytes) -> bytes:
    """Return the frame of a line, unread.

    Raises:
        Unbelievable: "bad_line"; the line has none.

    """
    return bytes(shape.decoded(_raw_lines, line, "bad_line", "line").frame)


class Decoder:
    """Reads frames of all streams in the order received."""

    def __init__(self, *, ours: bool = False) -> None:
        """Start knowing no market; `ours` also reads the streams `own` and `timer`."""
        self._ours = ours
        self._registry = Registry()
        self._socket = MarketSocket(self._registry)
        self._price_change = self._socket.price_change
        self._prices = PriceStream()
        self._held = Conflation()
        self.at_us = 0
        """The time reached: that of the last line that was not refused for its time."""
        self._ignored = 0

    @property
    def ignored(self) -> int:
        """Return how many frames were read and say nothing to the engine."""
        return self._ignored + self._socket.ignored

    def line(self, line: bytes, number: int) -> Events:
        """Return the events of one line of a recording.

        Raises:
            UnknownStream: the line is of a stream nobody knows.

        """
        try:
            read = _lines.decode(line)
        except shape.BROKEN as error:
            return self._broken(line, number, error)
        at_us = read.at_us
        if not self.at_us <= at_us < AT_US_MAX or at_us <= 0:
            return self._out_of_time(line, number, at_us)
        self.at_us = at_us
        if type(read) is shape.MarketLine:
            frame = read.frame
            if type(frame) is shape.PriceChange:
                events = self._price_change(frame, number, at_us)
            elif isinstance(frame, list):
                events = self._socket.frames(frame, number, at_us)
            else:
                events = self._socket.frame(frame, number, at_us)
            if self._ours and (read.conflated or self._held):
                return self._together(events, number, conflated=read.conflated)
            return events
        return self._other(read, number, at_us)

    def _together(self, events: Events, number: int, *, conflated: bool) -> Events:
        """Hold what the engine was not told of alone; hand it out before a later frame's."""
        if conflated:
            self._held.take(events)
            return NOTHING
        return (*self._held.give(number, self.at_us), *events)

    def skip(self, line: bytes, number: int) -> None:
        """Take a line as read: what is known afterwards is the same as after `line`.

        Raises:
            UnknownStream: the line is of a stream nobody knows.

        """
        if b'"price_change"' not in line or any(word in line for word in TELLING):
            self.line(line, number)
            return
        try:
            at_us = envelope(line).at_us
        except Unbelievable:
            return
        self.at_us = max(self.at_us, at_us)

    def market(self, payload: bytes, *, frame: int, at_us: int) -> Events:
        """Return the events of one message of the market socket."""
        return self._socket.payload(payload, frame, at_us)

    def gamma(self, payload: bytes, *, frame: int, at_us: int) -> Events:
        """Return the events of one answer of Gamma: a market, an event, a page of them."""
        events: list[Event] = []
        try:
            for item in gamma.objects(payload):
                events += self._guarded(partial(self._listed, bytes(item)), frame, at_us)
        except Unbelievable as error:
            events.append(FrameRefused(frame, at_us, error.kind, error.detail))
        return tuple(events)

    def price(self, payload: bytes, *, frame: int, at_us: int) -> Events:
        """Return the events of one message of the price socket."""
        return self._guarded(partial(self._priced, payload), frame, at_us)

    def _other(self, read: shape.Line, number: int, at_us: int) -> Events:
        """Return the events of a line of any stream but `market`."""
        frame = bytes(read.frame) if isinstance(read.frame, msgspec.Raw) else b""
        match read:
            case shape.GammaLine():
                return self.gamma(frame, frame=number, at_us=at_us)
            case shape.PriceLine():
                return self.price(frame, frame=number, at_us=at_us)
            case shape.OwnLine() | shape.TimerLine() if self._ours or GAP in frame:
                stream = "own" if isinstance(read, shape.OwnLine) else "timer"
                return self._guarded(partial(self._own, stream, frame), number, at_us)
            case _:
                return self._ignore()

    def _guarded(self, read: Callable[[int, int], Events], number: int, at_us: int) -> Events:
        try:
            return read(number, at_us)
        except Unbelievable as error:
            return (FrameRefused(number, at_us, error.kind, error.detail),)

    def _own(self, stream: str, frame: bytes, number: int, at_us: int) -> Events:
        event = own.decode(stream, frame, at_us)
        if isinstance(event, FrameRefused) and event.kind == HOLE:
            event = replace(event, tokens=self._registry.live())
        if self._ours:
            return (event,)
        if not isinstance(event, FrameRefused):
            return self._ignore()
        return (replace(event, frame=number),)

    def _priced(self, payload: bytes, number: int, at_us: int) -> Events:
        news = self._prices.read(payload)
        return (PriceTicked(number, at_us, *news),) if news else self._ignore()

    def _listed(self, item: bytes, number: int, at_us: int) -> Events:
        listing = gamma.listing(item)
        market = listing.market
        over = self._registry.over(market.market_id)
        if over is not None:
            if listing.winner not in {None, over.winner}:
                raise Unbelievable("resolution_conflict", f"{market.slug[:60]} changed its winner")
            return self._ignore()
        before = self._registry.put(market)
        if listing.winner is not None:
            return self._resolved(market, listing.winner, number, at_us)
        market = self._registry.market(market.market_id) or market
        if market == before:
            return self._ignore()
        changed: list[Event] = [MarketSeen(number, at_us, market)]
        if before is not None and before.tick != market.tick:
            for token in (market.up, market.down):
                changed += self._socket.regrid(token, market.tick.micros, number, at_us)
        return changed

    def _resolved(self, market: Market, winner: Outcome, number: int, at_us: int) -> Events:
        said = self._registry.stopped(market.market_id)
        self._registry.resolve(market, winner)
        resolved = MarketResolved(number, at_us, market.market_id, winner)
        if said in {None, market.token(winner)}:
            return (resolved,)
        detail = f"the socket said otherwise of {market.slug[:60]}; Gamma decides"
        return (FrameRefused(number, at_us, "resolution_conflict", detail), resolved)

    def _ignore(self) -> Events:
        self._ignored += 1
        return NOTHING

    def _broken(self, line: bytes, number: int, error: Exception) -> Events:
        """Return what can still be said of a line that is not as it should be."""
        if not line.strip():
            return self._ignore()
        try:
            read = envelope(line)
        except Unbelievable as broken:
            return (self._refusal(broken, line, number),)
        if read.at_us < self.at_us:
            return self._out_of_time(line, number, read.at_us)
        self.at_us = read.at_us
        try:
            frame = frame_of(line)
        except Unbelievable as missing:
            return (self._refusal(missing, line, number),)
        if read.stream == "market":
            return self._socket.payload(frame, number, self.at_us)
        return (self._refusal(Unbelievable(kind_of(error), str(error)), line, number),)

    def _out_of_time(self, line: bytes, number: int, at_us: int) -> Events:
        if 0 < at_us < AT_US_MAX:
            back = f"at_us {at_us} is {self.at_us - at_us} us before a line above"
            return (self._refusal(Unbelievable("time_backwards", back), line, number),)
        wrong = Unbelievable("bad_line", f"at_us must be UTC microseconds, was {at_us}")
        return (self._refusal(wrong, line, number),)

    def _refusal(self, error: Unbelievable, line: bytes, number: int) -> FrameRefused:
        tokens = () if HARMLESS.search(line) else self._socket.named(line)
        return FrameRefused(number, self.at_us, error.kind, error.detail, tokens)
