"""`--state DIR`: what the venue remembers across its own restart, and that only one has it.

The whole state is one JSON file, replaced each second in which something happened and at the end;
after a SIGKILL of the stand-in itself up to a second is missing. A relayed transaction that was
not mined yet is forgotten.
"""

import fcntl
import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec

from sandbox.polymarket.book.order import Order
from sandbox.polymarket.guard.heartbeats import Beat
from sandbox.polymarket.venue.accounts import Accounts
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.venue.settlement import resume
from sandbox.polymarket.venue.state import Activity
from sandbox.polymarket.venue.trade import Trade
from sandbox.polymarket.venue.trading import after_delay
from sandbox.polymarket.venue.windows import watch
from sandbox.polymarket.world import World

VERSION = 1
FILE = "state.json"


@dataclass(slots=True)
class Kept:
    """The file."""

    version: int
    origin_us: int
    flow: str
    """Seed and recording: another flow would contradict what was kept."""
    now_us: int
    ordinal: int
    accounts: Accounts
    markets: dict[str, Market] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    trades: dict[str, Trade] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)
    beats: dict[str, Beat] = field(default_factory=dict)
    pins: list[tuple[str, int, int]] = field(default_factory=list)


class PlaceTakenError(OSError):
    """Somebody else has the directory."""


class Keeper:
    """One directory, locked for as long as the process lives."""

    def __init__(self, directory: Path) -> None:
        """Take the directory.

        Raises:
            PlaceTakenError: another stand-in has it.

        """
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PlaceTakenError(
                f"--state {directory}: {error.strerror}; give a directory that can be written"
            ) from None
        self._path = directory / FILE
        self._written = -1
        self._lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise PlaceTakenError(
                f"--state {directory}: another stand-in uses it; stop that one or give another"
            ) from None

    def load(self, flow: str) -> Kept | None:
        """Return what was kept, None at the first start.

        Raises:
            ValueError: the file is damaged, or belongs to another seed or recording.

        """
        if not self._path.exists():
            return None
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except msgspec.DecodeError as error:
            raise ValueError(f"--state {self._path}: {error}; remove it to start anew") from None
        if kept.version != VERSION or kept.flow != flow:
            raise ValueError(
                f"--state {self._path}: was kept with {kept.flow}, not {flow}; "
                "give the same --seed and --recording or another directory"
            )
        return kept

    def save(self, world: World) -> None:
        """Write the state, if anything has happened since the last time."""
        if world.journal.sequence == self._written:
            return
        self._written = world.journal.sequence
        venue = world.venue
        kept = Kept(
            version=VERSION,
            origin_us=world.origin_us,
            flow=world.flow,
            now_us=venue.now_us,
            ordinal=venue.ordinal,
            accounts=venue.accounts,
            markets=venue.markets,
            orders=venue.orders,
            trades=venue.trades,
            activities=venue.activities,
            beats=world.heartbeats.beats,
            pins=[(symbol, at, value) for (symbol, at), value in world.prices.pins.items()],
        )
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(kept))
        fresh.replace(self._path)

    def close(self) -> None:
        """Give the directory up."""
        os.close(self._lock)


def restore(world: World, kept: Kept) -> None:
    """Put what was kept back, and what was due back on the agenda."""
    venue = world.venue
    venue.accounts.traders |= kept.accounts.traders
    venue.accounts.wallets |= kept.accounts.wallets
    venue.accounts.keys |= kept.accounts.keys
    venue.now_us, venue.ordinal = kept.now_us, kept.ordinal
    venue.activities, venue.trades = kept.activities, kept.trades
    world.heartbeats.beats = kept.beats
    world.prices.pins = {(symbol, at): value for symbol, at, value in kept.pins}
    for order in kept.orders.values():
        venue.add_order(order)
    for market in kept.markets.values():
        market.book.resting = {i: kept.orders[i] for i in market.book.resting}
        venue.markets[market.condition_id] = market
        for index in (0, 1):
            venue.tokens[market.tokens[index]] = market.condition_id
            venue.recorded[market.recorded_tokens[index]] = (market.condition_id, index)
        watch(venue, market, world.prices.twap)
    for order in venue.live_orders():
        if order.status == "DELAYED":
            again = partial(after_delay, venue, venue.markets[order.market], order)
            venue.agenda.note(venue.now_us, again)
    resume(venue)
