"""Days of trading as the engine records them, made from a seed: every kind of entry, consistent.

Used by the contract suite, the adapter's own tests and bench/ledger.py. No venue, no strategy.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bot.domain import entry as entries
from bot.domain.book import Side
from bot.domain.entry import Entry, Stamp
from bot.domain.fill import ChainPhase, ChainStep, Fill, FillId, Liquidity, Position
from bot.domain.market import (
    FeeSchedule,
    Market,
    MarketId,
    MarketWindow,
    Outcome,
    ProtocolVersion,
    TokenId,
)
from bot.domain.money import CENT, ZERO_USD, Price, Rounding, Shares, Usd
from bot.domain.order import (
    Intent,
    IntentId,
    OrderHash,
    OrderState,
    Quantity,
    Signal,
    StrategyId,
    Terms,
    TimeInForce,
    Unit,
)

ALERT = entries.AlertRaised(
    "story.alert", entries.Severity.INFO, "story", "a story is told", "again", "runbooks/ledger.md"
)
BREACH = entries.Breach("drawdown_max_usd", "", "101.00 USD", "100.00 USD", 7)
Transaction = tuple[Sequence[Entry], Stamp]

STRATEGY = StrategyId("favourite")
STRATEGY_HASH = hashlib.sha256(b"favourite").hexdigest()
STARTING_CASH = Usd(1_000_000_000)
START_US = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z."""
WINDOW_US = 900_000_000


def hexed(text: str) -> str:
    """Return a hash-like id."""
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def started(boot: int, *, previous_seq: int = 0, previous_hash: str = "0" * 64) -> Entry:
    """Return a boot."""
    return entries.SessionStarted(
        boot=boot,
        session=f"session-{boot}",
        mode="paper",
        deployment_id=f"deployment-{boot}",
        versions=(("poly", "0.1.0"), ("python", "3.11.7")),
        config_hash=hexed("config"),
        recording_hash=hexed("recording"),
        strategy_hash=STRATEGY_HASH,
        seed=7,
        starting_cash=STARTING_CASH,
        device=2049,
        started_us=START_US + boot,
        previous_deployment_id=f"deployment-{boot - 1}" if boot > 1 else "",
        previous_seq=previous_seq,
        previous_hash=previous_hash,
    )


def market(number: int) -> Market:
    """Return the n-th window of the story."""
    start = START_US + number * WINDOW_US
    return Market(
        market_id=MarketId(hexed(f"market {number}")),
        slug=f"btc-updown-15m-{start // 1_000_000}",
        asset="btc",
        window=MarketWindow(start, start + WINDOW_US),
        up=TokenId(str(int(hexed(f"up {number}"), 16))),
        down=TokenId(str(int(hexed(f"down {number}"), 16))),
        tick=Price(CENT),
        size_min=Shares(5_000_000),
        fees=FeeSchedule(rate_micros=70_000, exponent=1, taker_only=True),
        version=ProtocolVersion.V1,
    )


def intent(number: int, of: Market, side: Side, quantity: Quantity, price: Price) -> Intent:
    """Return an intent for the Up outcome."""
    return Intent(
        intent_id=IntentId(f"{number:012d}-00"),
        strategy=STRATEGY,
        strategy_hash=STRATEGY_HASH,
        components=(("probability", "5d1f6a0c"), ("entry", "0c4b7e11"), ("exit", "77aa01fe")),
        made_us=of.window.start_us + number % 1000,
        closing=side is Side.SELL,
        terms=Terms(
            market_id=of.market_id,
            token=of.up,
            outcome=Outcome.UP,
            side=side,
            time_in_force=TimeInForce.FAK,
            price=price,
            quantity=quantity,
        ),
        signal=Signal(
            reason="favourite late in the window",
            probability_micros=price.micros,
            bid_micros=price.micros - CENT,
            ask_micros=price.micros,
            depth=Shares(120_000_000),
            expected_price=price,
            expected_fee=Usd(17_500),
            flags=("late",),
        ),
    )


@dataclass(slots=True)
class Story:
    """Writes transactions; keeps the books so that the entries are consistent."""

    seed: int
    cash: Usd = ZERO_USD
    frame: int = 0
    at_us: int = START_US
    decisions: str = "0" * 64
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def stamp(self) -> Stamp:
        """Move on by a few frames."""
        self.frame += self.rng.randint(1, 9)
        self.at_us += self.rng.randint(1, 4_000_000)
        self.decisions = hashlib.sha256(f"{self.decisions}{self.frame}".encode()).hexdigest()
        return Stamp(frame=self.frame, at_us=self.at_us, decisions=self.decisions)

    def opening(self) -> Iterator[Transaction]:
        """Start the first session with its money and its strategy."""
        yield [started(1)], self.stamp()
        composed = entries.StrategyComposed(
            strategy=STRATEGY,
            strategy_hash=STRATEGY_HASH,
            parent="",
            components=(
                ("probability", "market_mid@1"),
                ("entry", "favourite_late@1"),
                ("sizing", "fixed@1"),
                ("exit", "hold_to_resolution@1"),
                ("filter", "spread@1"),
            ),
            component_hashes=(("probability", "5d1f6a0c"),),
            config="{}",
        )
        yield [composed, entries.CapitalDeposited(STARTING_CASH, STARTING_CASH)], self.stamp()
        self.cash = STARTING_CASH
        yield [entries.TradingStateSet(entries.TradingState.ACTIVE, "all agree")], self.stamp()

    def window(self, number: int, *, settle: bool = True) -> Iterator[Transaction]:
        """Trade one window: buy, perhaps take profit, settle."""
        of = market(number)
        yield [entries.MarketListed(of)], self.stamp()
        if self.rng.random() < 0.3:
            yield [entries.MarketListed(replace(of, tick=Price(1_000)))], self.stamp()
        yield from self.incidents(of)
        position = Position(STRATEGY, of.market_id, Outcome.UP)
        price = Price(self.rng.randint(30, 90) * CENT)
        buy = intent(number * 10, of, Side.BUY, Quantity(Unit.USD, 20_000_000), price)
        for made in self.order(buy, position):
            yield made.transaction
            position = made.position
        if self.rng.random() < 0.4 and position.size.floor().micros:
            part = Quantity(Unit.SHARES, position.size.floor().micros)
            sell = intent(number * 10 + 1, of, Side.SELL, part, price)
            for made in self.order(sell, position):
                yield made.transaction
                position = made.position
        if settle:
            yield self.settlement(of, position)
            yield from self.redemption(of)

    def redemption(self, of: Market) -> Iterator[Transaction]:
        """Turn what was won into cash on the chain; now and then the process ends before it is."""
        phases = [ChainPhase.PLANNED, ChainPhase.SUBMITTED, ChainPhase.DONE]
        step = ChainStep(
            action=f"redeem-{of.slug}", kind="redeem", phase=ChainPhase.PLANNED,
            subjects=(of.up,), nonce=self.rng.randint(0, 99),
        )  # fmt: skip
        for phase in phases[: self.rng.randint(0, 3)]:
            taken = entries.ChainStepTaken(replace(step, phase=phase, detail=str(phase)))
            yield [taken], self.stamp()

    def incidents(self, of: Market) -> Iterator[Transaction]:
        """Record what is counted."""
        if self.rng.random() < 0.5:
            for count in (1, self.rng.randint(1, 30)):
                denied = entries.IntentDenied(
                    intent_id=IntentId(f"{self.frame:012d}-00"),
                    strategy=STRATEGY,
                    market_id=of.market_id,
                    limit="spread_max",
                    value=f"0.0{count % 9 + 1} USD",
                    bound="0.02 USD",
                    count=count,
                )
                yield [denied], self.stamp()
        if self.rng.random() < 0.3:
            yield [entries.AnomalyCounted("price_off_grid", of.slug, 2)], self.stamp()
        if self.rng.random() < 0.1:
            drift = entries.DriftFound("fill during a crash", of.slug, "0", "12.5", "adopted")
            yield [drift, entries.FrameReached(), ALERT, *self.breach(of)], self.stamp()

    def breach(self, of: Market) -> Sequence[Entry]:
        """Lose too much, be accepted, and want out."""
        mark = entries.Mark(of.market_id, Outcome.UP, Shares(1), Usd(0), "bids")
        marked = entries.EquityMarked(
            cause="breach",
            equity=self.cash,
            peak=STARTING_CASH,
            day="2026-09-28",
            day_start=STARTING_CASH,
            losses_in_a_row=3,
            results=(("btc-15m", Usd(-9)),),
            broken=(BREACH,),
            marks=(mark,),
        )
        return [
            entries.LimitBroken(BREACH, entries.TradingState.HALTED),
            marked,
            entries.LossesAccepted("latch", "operator", "looked at it"),
            entries.FlattenBegun(of.market_id, ((Outcome.UP, Price(CENT)),), "operator", "out"),
        ]

    def order(self, wanted: Intent, position: Position) -> Iterator["Made"]:
        """Record an intent, its order, its fills and its end."""
        order_hash = OrderHash(hexed(wanted.intent_id))
        body = f'{{"order":"{order_hash}","salt":{self.rng.randint(1, 10**12)}}}'
        recorded = entries.IntentRecorded(wanted, order_hash, body)
        yield Made(([recorded], self.stamp()), position)
        left = wanted.terms.size.floor()
        filled = Shares(0)
        changed = entries.OrderChanged(
            order_hash, wanted.intent_id, wanted.terms.market_id, OrderState.OPEN, "", filled
        )
        if self.rng.random() < 0.2:
            yield Made(([replace(changed, state=OrderState.UNKNOWN)], self.stamp()), position)
        yield Made(([changed], self.stamp()), position)
        for leg in range(self.rng.randint(0, 3)):
            size = Shares(left.micros // 2).floor() if leg < 2 else left
            if not size.micros:
                break
            left, filled = left - size, filled + size
            fill = self.fill(wanted, order_hash, leg, size)
            before = position
            position = position.after(fill)
            self.cash += fill.cash
            state = OrderState.OPEN if left.micros else OrderState.FILLED
            yield Made(
                (
                    [
                        self.filled(fill, wanted, filled, position),
                        replace(changed, state=state, filled=filled),
                    ],
                    self.stamp(),
                ),
                position,
            )
            if fill.provisional:
                failed = wanted.terms.side is Side.BUY and self.rng.random() < 0.4
                if failed:
                    position, filled = before, filled - size
                    self.cash -= fill.cash
                yield Made(
                    ([self.outcome(fill, wanted, filled, position, failed=failed)], self.stamp()),
                    position,
                )
        if left.micros:
            end = replace(changed, state=OrderState.CANCELLED, reason="killed", filled=filled)
            yield Made(([end], self.stamp()), position)

    def outcome(
        self, fill: Fill, of: Intent, filled: Shares, position: Position, *, failed: bool
    ) -> Entry:
        """Return how a provisional execution ended on the chain."""
        if not failed:
            return entries.FillProved(fill.fill_id, fill.order_hash, fill.market_id)
        return entries.FillReversed(
            fill=fill,
            intent_id=of.intent_id,
            strategy=STRATEGY,
            reason="failed on the chain",
            filled=filled,
            position=position,
            cash=self.cash,
            equity=self.cash + position.cost,
        )

    def fill(self, of: Intent, order_hash: OrderHash, leg: int, size: Shares) -> Fill:
        """Return one execution at the intent's price."""
        notional = of.terms.price.notional(size, Rounding.UP)
        return Fill(
            fill_id=FillId(f"{order_hash}-{leg}"),
            order_hash=order_hash,
            market_id=of.terms.market_id,
            token=of.terms.token,
            outcome=of.terms.outcome,
            side=of.terms.side,
            price=of.terms.price,
            size=size,
            notional=notional,
            fee=Usd(1_750),
            liquidity=Liquidity.TAKER,
            filled_us=self.at_us,
            provisional=self.rng.random() < 0.5,
        )

    def filled(self, fill: Fill, of: Intent, filled: Shares, position: Position) -> Entry:
        """Return the entry of an execution."""
        return entries.FillRecorded(
            fill=fill,
            intent_id=of.intent_id,
            strategy=STRATEGY,
            strategy_hash=STRATEGY_HASH,
            components=of.components,
            filled=filled,
            position=position,
            cash=self.cash,
            equity=self.cash + position.cost,
        )

    def settlement(self, of: Market, position: Position) -> Transaction:
        """Pay out and let go of the market."""
        winner = self.rng.choice((Outcome.UP, Outcome.DOWN))
        over = entries.MarketSettled(of.market_id, winner)
        if not position.size.micros:
            return [over], self.stamp()
        flat, payout = position.settled(winner)
        self.cash += payout
        settled = entries.PositionSettled(
            position=flat,
            winner=winner,
            size=position.size,
            cost=position.cost,
            payout=payout,
            profit=payout - position.cost,
            cash=self.cash,
            equity=self.cash,
        )
        return [settled, over], self.stamp()


@dataclass(frozen=True, slots=True)
class Made:
    """A transaction and the position after it."""

    transaction: Transaction
    position: Position


def day(seed: int, *, windows: int = 3, unsettled: int = 1) -> list[Transaction]:
    """Return a whole session: `windows` windows, of which the last `unsettled` are still open."""
    story = Story(seed)
    made = list(story.opening())
    for number in range(windows):
        made += story.window(number, settle=number < windows - unsettled)
    made.append(([entries.FrameReached()], story.stamp()))
    made.append(([entries.SessionStopped("SIGTERM")], story.stamp()))
    return made
