"""What is recorded for ever: the closed union of the ledger's entries.

The entries are the truth; every other table of the ledger and all that the engine knows of money
is their projection. Entries that change orders, positions or cash carry the values *after* the
change, so that applying one twice changes nothing.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.fill import ChainStep, Fill, FillId, Position
from bot.domain.market import Market, MarketId, Outcome
from bot.domain.money import Price, Shares, Usd
from bot.domain.order import Intent, IntentId, OrderHash, OrderState, StrategyId


class TradingState(StrEnum):
    """ACTIVE trades; REDUCE_ONLY only closes; HALTED does neither."""

    ACTIVE = "active"
    REDUCE_ONLY = "reduce_only"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """One boot: who runs, on what, with which configuration.

    `device` is the volume's st_dev, `started_us` wall time: neither belongs to the trading day.
    """

    boot: int
    session: str
    mode: str
    deployment_id: str
    versions: tuple[tuple[str, str], ...]
    config_hash: str
    recording_hash: str
    strategy_hash: str
    seed: int
    starting_cash: Usd
    device: int
    started_us: int
    previous_deployment_id: str
    previous_seq: int
    previous_hash: str
    account: str = ""
    """The wallet that is traded for, empty where no venue is."""


@dataclass(frozen=True, slots=True)
class StrategyComposed:
    """A composition of components that trades from here on; `config` is its canonical JSON."""

    strategy: StrategyId
    strategy_hash: str
    parent: str
    components: tuple[tuple[str, str], ...]
    """(kind, "name@version")."""
    component_hashes: tuple[tuple[str, str], ...]
    config: str


@dataclass(frozen=True, slots=True)
class CapitalDeposited:
    """Money that came from outside, or went there if negative.

    `announcement` is the id of what a person said of it, where one did.
    """

    amount: Usd
    cash: Usd
    reason: str = ""
    announcement: str = ""


@dataclass(frozen=True, slots=True)
class MarketListed:
    """A market as first seen, or as last changed."""

    market: Market


@dataclass(frozen=True, slots=True)
class MarketSettled:
    """A market is over for us: resolved, and nothing of ours is left in it."""

    market_id: MarketId
    winner: Outcome


@dataclass(frozen=True, slots=True)
class IntentRecorded:
    """The order that is about to be sent: on disk before it leaves."""

    intent: Intent
    order_hash: OrderHash
    body: str


@dataclass(frozen=True, slots=True)
class IntentDenied:
    """Risk refused. Repetitions for the same market, strategy and limit are counted, not repeated.

    `count` is how many refusals this entry stands for: 1 at the first, and when the series ends
    one more entry with the number of its repetitions.
    """

    intent_id: IntentId
    strategy: StrategyId
    market_id: MarketId
    limit: str
    value: str
    bound: str
    count: int


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An order has a new state; `filled` is how much of it has been executed by then."""

    order_hash: OrderHash
    intent_id: IntentId
    market_id: MarketId
    state: OrderState
    reason: str
    filled: Shares


@dataclass(frozen=True, slots=True)
class FillRecorded:
    """A fill with its order, its position and cash after it, in one transaction.

    `equity` is cash plus all positions marked at the bid, or at cost where there is no bid.
    """

    fill: Fill
    intent_id: IntentId
    strategy: StrategyId
    strategy_hash: str
    components: tuple[tuple[str, str], ...]
    filled: Shares
    position: Position
    cash: Usd
    equity: Usd


@dataclass(frozen=True, slots=True)
class FillProved:
    """A provisional fill has become final."""

    fill_id: FillId
    order_hash: OrderHash
    market_id: MarketId


@dataclass(frozen=True, slots=True)
class FillReversed:
    """A provisional fill failed: order, position and cash as they are without it."""

    fill: Fill
    intent_id: IntentId
    strategy: StrategyId
    reason: str
    filled: Shares
    position: Position
    cash: Usd
    equity: Usd


@dataclass(frozen=True, slots=True)
class PositionSettled:
    """A position was paid out (1 or 0 a share): what it paid, and the books after it."""

    position: Position
    winner: Outcome
    size: Shares
    cost: Usd
    payout: Usd
    profit: Usd
    cash: Usd
    equity: Usd


@dataclass(frozen=True, slots=True)
class TradingStateSet:
    """Trading was started, restricted or halted, and why."""

    state: TradingState
    cause: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What the shares of one outcome are worth to us, and by what: bids, last, or cost."""

    market_id: MarketId
    outcome: Outcome
    size: Shares
    worth: Usd
    source: str


@dataclass(frozen=True, slots=True)
class Breach:
    """A loss limit that was reached; stands until a person accepts it.

    `subject` is the series where the limit is one of a series, else empty; `value` and `bound`
    are texts with their unit.
    """

    limit: str
    subject: str
    value: str
    bound: str
    at_us: int


@dataclass(frozen=True, slots=True)
class EquityMarked:
    """All that the loss limits are measured by, after something changed it: the last one counts.

    `day` is the UTC day, `day_start` the equity it began with; `results` are what was realised in
    each series on that day; `peak` is the highest equity marked since losses were last accepted,
    by the `acceptance` named here.
    """

    cause: str
    equity: Usd
    peak: Usd
    day: str
    day_start: Usd
    losses_in_a_row: int
    results: tuple[tuple[str, Usd], ...]
    broken: tuple[Breach, ...]
    marks: tuple[Mark, ...]
    acceptance: str = ""


@dataclass(frozen=True, slots=True)
class LimitBroken:
    """A loss limit was reached, and what is still traded from here on."""

    breach: Breach
    state: TradingState


@dataclass(frozen=True, slots=True)
class LossesAccepted:
    """A person took the losses: peak, day and series are counted anew from here on.

    `acceptance` is the id of the latch that was cleared with it, so that it counts only once.
    """

    acceptance: str
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class FlattenBegun:
    """A person wants out of a market: sell what is held there at the floor or better.

    `floors` is the least price by outcome; nothing is opened in this market any more.
    """

    market_id: MarketId
    floors: tuple[tuple[Outcome, Price], ...]
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class AnomalyCounted:
    """Something received could not be believed; repetitions are counted like refusals."""

    kind: str
    detail: str
    count: int


@dataclass(frozen=True, slots=True)
class DriftFound:
    """A difference between memory, ledger and venue, its cause, and what was done about it."""

    cause: str
    subject: str
    ours: str
    theirs: str
    action: str


class Severity(StrEnum):
    """INFO is good to know; WARNING wants a look today; CRITICAL wants a person now."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


QUIET_S = 3_600


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """A person is to be told; what an alert of another entry says, said for its own sake.

    `key` names what is the same thing happening again: within `quiet_s` it is counted, not told
    again. `runbook` is a page of runbooks/.
    """

    kind: str
    severity: Severity
    key: str
    title: str
    detail: str
    runbook: str
    quiet_s: int = QUIET_S


@dataclass(frozen=True, slots=True)
class ChainStepTaken:
    """An action of the wallet on the chain came one step further; it moves no cash of the books."""

    step: ChainStep


@dataclass(frozen=True, slots=True)
class FrameReached:
    """Nothing else happened for a while; frames up to this entry's have been handled."""


@dataclass(frozen=True, slots=True)
class SessionStopped:
    """An orderly stop."""

    reason: str


Entry = (
    SessionStarted | StrategyComposed | CapitalDeposited | MarketListed | MarketSettled
    | IntentRecorded | IntentDenied | OrderChanged | FillRecorded | FillProved | FillReversed
    | PositionSettled | EquityMarked | LimitBroken | LossesAccepted | FlattenBegun
    | TradingStateSet | AnomalyCounted | DriftFound | AlertRaised | ChainStepTaken
    | FrameReached | SessionStopped
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where in the day an entry belongs: the event it came from, and all decisions up to it.

    `decisions` is the running SHA-256 over all effects in handling order (docs/ledger.md).
    """

    frame: int
    at_us: int
    decisions: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry where it stands in the ledger.

    `seq` counts from 1 without gaps. `hash` is SHA-256 over the previous hash and the canonical
    content of stamp and entry (docs/ledger.md).
    """

    seq: int
    stamp: Stamp
    hash: str
    entry: Entry
