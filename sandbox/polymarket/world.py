"""The stand-in without its wire: clocks, venue, flow, limits and journal, moved by market time."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from sandbox.faults import Faults
from sandbox.polymarket.clock import MICROS, Clocks, wall_now_us
from sandbox.polymarket.flow import synthetic
from sandbox.polymarket.flow.player import TWAP, Player, learn_outcomes
from sandbox.polymarket.flow.prices import Prices
from sandbox.polymarket.flow.recording import Line, Recording
from sandbox.polymarket.guard.heartbeats import Heartbeats
from sandbox.polymarket.guard.limits import Limits
from sandbox.polymarket.journal import Journal
from sandbox.polymarket.signing.secrets import Credentials, derive
from sandbox.polymarket.venue.accounts import Accounts, address_of, private_key
from sandbox.polymarket.venue.note import PriceNote
from sandbox.polymarket.venue.state import Venue

SPOT = "price.crypto"
CASH_MICROS = 1_000 * MICROS
TURN_S_MOST = 0.004
"""How long frames and due events are handled at one go: a fast flow must not starve requests."""
STEPS_BETWEEN_LOOKS = 8


@dataclass(frozen=True, slots=True)
class Options:
    """How a stand-in is started."""

    recording: Path | None = None
    speed: Decimal = Decimal(1)
    seed: int = 0
    state: Path | None = None
    begin_s: int | None = None
    """Where market time begins; a recording's first frame or the wall's second by default."""


@dataclass(frozen=True, slots=True)
class TestAccount:
    """A funded account; everything in it is worthless outside the stand-in."""

    __test__ = False

    key: str
    address: str
    credentials: Credentials
    relayer_key: str
    builder: Credentials


@dataclass(slots=True)
class World:
    """One stand-in. `catch_up` brings everything to the present market time."""

    clocks: Clocks
    venue: Venue
    prices: Prices
    player: Player
    journal: Journal
    account: TestAccount
    relayer_keys: dict[str, str]
    builder_keys: dict[str, Credentials]
    heartbeats: Heartbeats = field(default_factory=Heartbeats)
    limits: Limits = field(default_factory=Limits)
    settings: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    """Numbers of faults that have some, such as `engine-restart: {for_s, then_s}`."""
    priced: bool = False
    recording: Recording | None = None
    coins: set[str] = field(default_factory=set)
    origin_us: int = 0
    """Where the flow began; prices depend on it."""
    flow: str = ""

    def next_us(self) -> int | None:
        """Return when something is due next in market time."""
        due = [at for at in (self.player.next_us(), self.venue.agenda.next_us()) if at is not None]
        return min(due, default=None)

    def catch_up(self) -> bool:
        """Handle what is due for a few milliseconds; False where more is left."""
        now_us, began = self.clocks.market_us(), time.perf_counter()
        for step in itertools.count(1):
            if step % STEPS_BETWEEN_LOOKS == 0 and time.perf_counter() - began > TURN_S_MOST:
                return False
            due = self.next_us()
            if due is None or due > now_us:
                self.venue.now_us = max(self.venue.now_us, now_us)
                return True
            self.venue.now_us = max(self.venue.now_us, due)
            if self.player.next_us() == due:
                self.player.play_next()
            else:
                self.venue.agenda.run_next()
        raise AssertionError("unreachable")

    def step(self, by_us: int) -> None:
        """Move market time forward and handle everything on the way."""
        self.clocks.step(by_us)
        while not self.catch_up():
            pass

    def log(self, kind: str, fields: dict[str, object]) -> None:
        """Write an entry of the journal at the present times."""
        self.journal.write(
            kind, wall_us=self.clocks.protocol_us(), market_us=self.venue.now_us, fields=fields
        )

    def setting(self, fault: str, name: str, default: int) -> Decimal:
        """Return a number of a fault."""
        return self.settings.get(fault, {}).get(name, Decimal(default))

    def new_account(self, label: str, cash: int) -> TestAccount:
        """Make a funded account with credentials."""
        seed = self.venue.accounts.seed
        key = private_key(seed, label)
        address = address_of(key)
        self.venue.accounts.fund(address, cash)
        api_key = self.venue.accounts.key_of(address, 0) or self.venue.accounts.new_key(address, 0)
        account = TestAccount(
            key=key,
            address=address,
            credentials=api_key.credentials,
            relayer_key=derive(seed, f"relayer/{label}").key,
            builder=derive(seed, f"builder/{label}"),
        )
        self.relayer_keys[account.relayer_key] = address.lower()
        self.builder_keys[account.builder.key] = account.builder
        return account

    def tick_prices(self) -> None:
        """Send this second's prices and come back in a second."""
        second_us = self.venue.now_us // MICROS * MICROS
        unsettled = (m for m in self.venue.markets.values() if m.winner is None)
        self.coins |= {market.asset for market in unsettled if market.asset}
        for coin in sorted(self.coins):
            symbol = f"{coin}usd"
            if not self.priced:
                value = self.prices.twap(symbol, second_us)
                if value is not None:
                    self.venue.tell(PriceNote(TWAP, symbol, second_us, value))
            spot = self.prices.spot(coin, second_us // MICROS)
            self.venue.tell(PriceNote(SPOT, symbol, second_us, spot))
        self.venue.agenda.note(second_us + MICROS, self.tick_prices)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a flow began and how far it had come: the same at a first start."""

    origin_us: int
    now_us: int


def flow_of(options: Options) -> str:
    """Name the flow that a seed and a recording make."""
    return f"seed {options.seed}, recording {options.recording or 'none'}"


def build(options: Options, faults: Faults, place: Place | None = None) -> World:
    """Make a stand-in at the beginning of its flow, or at the place to which it had come.

    Raises:
        UnreadableRecordingError: the recording cannot be used.

    """
    seed = options.seed.to_bytes(8, "big", signed=True).rjust(32, b"\x5a")
    recording = Recording(options.recording) if options.recording else None
    begin_s = wall_now_us() // MICROS if options.begin_s is None else options.begin_s
    first_us = Recording(recording.path).first().at_us if recording else begin_s * MICROS
    place = place or Place(first_us, first_us)
    start_us = place.now_us
    prices = Prices(options.seed, place.origin_us // MICROS)
    priced = learn_outcomes(Recording(recording.path), prices) if recording else False
    source: Iterator[Line] = (
        (line for line in recording if line.at_us >= start_us)
        if recording
        else synthetic.frames(options.seed, prices, start_us)
    )
    venue = Venue(options.seed, Accounts(seed), faults, now_us=start_us)
    world = World(
        clocks=Clocks(market_us=start_us, speed=options.speed),
        venue=venue,
        prices=prices,
        player=Player(venue, prices, source),
        journal=Journal(options.state),
        account=TestAccount("", "", Credentials("", "", ""), "", Credentials("", "", "")),
        relayer_keys={},
        builder_keys={},
        priced=priced,
        recording=recording,
        origin_us=place.origin_us,
        flow=flow_of(options),
    )
    venue.log = world.log
    world.account = world.new_account("0", CASH_MICROS)
    world.log("started", {"flow": world.flow, "market_us": start_us})
    venue.agenda.note(start_us, world.tick_prices)
    return world
