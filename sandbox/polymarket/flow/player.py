"""Play frames into the venue: markets are listed, books change, strangers trade.

What the venue itself decides (closing, resolving, fills of the accounts here) is never taken from
a frame; a frame that cannot be read is logged and skipped.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from sandbox.polymarket.book.order import Want
from sandbox.polymarket.book.units import ONE, micros
from sandbox.polymarket.flow.prices import Prices
from sandbox.polymarket.flow.recording import Line, Recording
from sandbox.polymarket.venue.market import Market, UnreadableMarketError, read_market, tick_of
from sandbox.polymarket.venue.note import PriceNote
from sandbox.polymarket.venue.state import Venue
from sandbox.polymarket.venue.trading import recorded_book, recorded_levels, recorded_trade
from sandbox.polymarket.venue.windows import change_tick, list_market, resolve

TWAP = "price.crypto.twap"
Frame = dict[str, object]


@dataclass(slots=True)
class Player:
    """A source of frames and the place it has come to."""

    venue: Venue
    prices: Prices
    source: Iterator[Line]
    played: int = 0
    skipped: int = 0
    _next: Line | None = field(default=None, init=False)

    def next_us(self) -> int | None:
        """Return the time of the next frame, None at the end."""
        if self._next is None:
            self._next = next(self.source, None)
        return self._next.at_us if self._next else None

    def play_next(self) -> None:
        """Play the next frame."""
        line, self._next = self._next, None
        if line is None:
            return
        self.played += 1
        try:
            for frame in _each(line.frame):
                self._play(line.stream, frame)
        except (ValueError, KeyError, TypeError, InvalidOperation) as error:
            self.skipped += 1
            self.venue.log("frame.skipped", {"at_us": line.at_us, "why": str(error)})

    def _play(self, stream: str, frame: Frame) -> None:
        if stream == "gamma":
            for market in _markets(frame):
                self._gamma(market)
        elif stream == "market":
            self._market(frame)
        else:
            self._price(frame)

    def _gamma(self, frame: Frame) -> None:
        known = self.venue.recorded.get(_first_token(frame))
        if known is not None:
            self._ended(self.venue.markets[known[0]], frame)
            return
        version = self._version(str(frame.get("version") or "v1"))
        try:
            market = read_market(frame, self.venue.now_us, version=version)
        except UnreadableMarketError as error:
            raise ValueError(f"gamma {frame.get('slug')}: {error}") from error
        if market.condition_id not in self.venue.markets:
            list_market(self.venue, market, self.prices.twap)
            self._ended(market, frame)

    def _version(self, said: str) -> str:
        if self.venue.faults.strikes("market-v2"):
            return "v2"
        return "v9" if self.venue.faults.strikes("market-unknown-version") else said

    def _ended(self, market: Market, frame: Frame) -> None:
        """Take a recorded outcome only for a market that has no price of its own."""
        winner = recorded_winner(frame)
        if winner is not None and not market.asset:
            resolve(self.venue, market, winner)

    def _market(self, frame: Frame) -> None:
        kind = frame.get("event_type")
        if kind == "book":
            market, index = self._place(frame)
            sides = {"BUY": _sizes(frame["bids"]), "SELL": _sizes(frame["asks"])}
            if frame.get("tick_size"):
                change_tick(self.venue, market, tick_of(frame["tick_size"]))
            if market.accepting:
                recorded_book(self.venue, market, index, sides)
        elif kind == "price_change":
            self._changes(frame)
        elif kind == "last_trade_price":
            self._trade(frame)
        elif kind == "tick_size_change":
            market, _ = self._place(frame)
            change_tick(self.venue, market, tick_of(frame["new_tick_size"]))

    def _trade(self, frame: Frame) -> None:
        """Let a stranger trade; without a side or a size there is nothing to tell."""
        market, index = self._place(frame)
        side, size = str(frame.get("side")).upper(), micros(frame.get("size") or 0)
        if market.accepting and side in {"BUY", "SELL"} and size > 0:
            want = Want(index, side, micros(frame["price"]), size)
            tx_hash = str(frame.get("transaction_hash") or "")
            recorded_trade(self.venue, market, want, tx_hash)

    def _changes(self, frame: Frame) -> None:
        changes = frame.get("price_changes")
        if not isinstance(changes, list):
            raise ValueError("price_change without price_changes")  # noqa: TRY004 - one family
        by_market: dict[str, list[tuple[int, str, int, int]]] = {}
        for change in changes:
            market, index = self._place(change)
            level = (index, str(change["side"]), micros(change["price"]), micros(change["size"]))
            by_market.setdefault(market.condition_id, []).append(level)
        for condition, levels in by_market.items():
            if self.venue.markets[condition].accepting:
                recorded_levels(self.venue, self.venue.markets[condition], levels)

    def _place(self, frame: Frame) -> tuple[Market, int]:
        known = self.venue.recorded.get(str(frame.get("asset_id")))
        if known is None:
            raise ValueError(f"frame of an unlisted token {frame.get('asset_id')}")
        return self.venue.markets[known[0]], known[1]

    def _price(self, frame: Frame) -> None:
        payload = frame.get("payload")
        if frame.get("channel") != TWAP or not isinstance(payload, dict):
            return
        symbol, points = str(payload["symbol"]), payload.get("data")
        for point in points if isinstance(points, list) else [payload]:
            at_us = int(point["timestamp"]) * 1000
            value = int(Decimal(str(point["full_accuracy_value"])) * ONE)
            self.prices.record(symbol, at_us, value)
            self.venue.tell(PriceNote(TWAP, symbol, at_us, value))


def learn_outcomes(recording: Recording, prices: Prices) -> bool:
    """Read a recording once for who won each window; say whether it carries prices itself."""
    priced = False
    for line in recording:
        priced = priced or line.stream == "price"
        if line.stream != "gamma":
            continue
        for frame in (market for part in _each(line.frame) for market in _markets(part)):
            winner = recorded_winner(frame)
            if winner is None:
                continue
            try:
                market = read_market(frame, line.at_us)
            except UnreadableMarketError:
                continue
            up = winner == market.up
            prices.want(market.asset, market.start_us, market.end_us, up=up)
    return priced


def recorded_winner(frame: Frame) -> int | None:
    """Return the outcome that a closed Gamma object pays, None where it is not settled."""
    if frame.get("closed") is not True:
        return None
    prices = str(frame.get("outcomePrices") or "").replace('"', "").strip("[]").split(",")
    shares = [price.strip() for price in prices]
    if sorted(shares) != ["0", "1"]:
        return None
    return shares.index("1")


def _each(frame: object) -> Iterator[Frame]:
    for part in frame if isinstance(frame, list) else [frame]:
        if not isinstance(part, dict):
            raise ValueError("a frame must be an object")  # noqa: TRY004 - one family
        yield part


def _markets(frame: Frame) -> Iterator[Frame]:
    """Yield the market objects of a Gamma answer: one, a page of them, or an event's."""
    inner = frame.get("markets")
    if not isinstance(inner, list):
        yield frame
        return
    for part in inner:
        yield from _each(part)


def _first_token(frame: Frame) -> str:
    ids = frame.get("positionIds") if frame.get("version") == "v2" else frame.get("clobTokenIds")
    if isinstance(ids, list):
        return str(ids[0]) if ids else ""
    return str(ids or "").strip("[]").split(",")[0].strip(' "')


def _sizes(levels: object) -> dict[int, int]:
    if not isinstance(levels, list):
        raise ValueError("a side of a book must be a list")  # noqa: TRY004 - one family
    return {micros(level["price"]): micros(level["size"]) for level in levels}
