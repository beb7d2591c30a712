"""An entry as text and back, what can be looked up of it, and the hash that chains it.

The canonical content is the JSON of the entry's fields, keys sorted, no spaces, UTF-8. What is
stored is hashed as stored and never encoded again, so a field that is added later leaves old
entries whole. Nothing here knows a table.
"""

import hashlib
from typing import Final, NamedTuple

import msgspec

from bot.domain import entry as entries
from bot.domain.entry import Entry, Recorded, Stamp
from bot.ports import GENESIS

EVENT_TYPES: Final[dict[str, type[Entry]]] = {
    "session_started": entries.SessionStarted,
    "strategy_composed": entries.StrategyComposed,
    "capital_deposited": entries.CapitalDeposited,
    "market_listed": entries.MarketListed,
    "market_settled": entries.MarketSettled,
    "intent_recorded": entries.IntentRecorded,
    "intent_denied": entries.IntentDenied,
    "order_changed": entries.OrderChanged,
    "fill_recorded": entries.FillRecorded,
    "fill_proved": entries.FillProved,
    "fill_reversed": entries.FillReversed,
    "position_settled": entries.PositionSettled,
    "trading_state_set": entries.TradingStateSet,
    "anomaly_counted": entries.AnomalyCounted,
    "drift_found": entries.DriftFound,
    "frame_reached": entries.FrameReached,
    "session_stopped": entries.SessionStopped,
    "alert_raised": entries.AlertRaised,
    "chain_step_taken": entries.ChainStepTaken,
    "equity_marked": entries.EquityMarked,
    "limit_broken": entries.LimitBroken,
    "losses_accepted": entries.LossesAccepted,
    "flatten_begun": entries.FlattenBegun,
}
"""The names on disk; a name never changes, whatever the class is called."""

_NAMES: Final = {kind: name for name, kind in EVENT_TYPES.items()}
_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODERS: Final = {name: msgspec.json.Decoder(kind) for name, kind in EVENT_TYPES.items()}


class Undecodable(ValueError):  # noqa: N818 - what the stored entry is
    """A stored event that is no entry of ours; `column` says where."""

    def __init__(self, column: str, line: str) -> None:
        """Keep the column and what is wrong with it."""
        super().__init__(line)
        self.column = column


class Subject(NamedTuple):
    """Whom an entry is about; NULL in the ledger where it is about none."""

    market_id: str | None = None
    strategy_id: str | None = None
    order_hash: str | None = None


class Event(NamedTuple):
    """One row of trade_events, columns in the order of the table."""

    seq: int
    frame: int
    at_us: int
    event_type: str
    market_id: str | None
    strategy_id: str | None
    order_hash: str | None
    content: str
    decisions: str
    prev_hash: str
    hash: str


def event_type(entry: Entry) -> str:
    """Return the entry's name on disk."""
    return _NAMES[type(entry)]


def encode(entry: Entry) -> str:
    """Return the canonical content."""
    return _ENCODER.encode(entry).decode()


def compact(value: object) -> str:
    """Return any tuple of texts as canonical JSON, for a column."""
    return _ENCODER.encode(value).decode()


def decode(name: str, content: str) -> Entry:
    """Return the entry of a stored event.

    Raises:
        Undecodable: an unknown event type, or content that is not of that type.

    """
    decoder = _DECODERS.get(name)
    if decoder is None:
        raise Undecodable("event_type", f"unknown event type {name!r:.60}")
    try:
        entry: Entry = decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeError, TypeError) as error:
        raise Undecodable("content", f"not a {name}: {error}") from error
    return entry


def subject(entry: Entry) -> Subject:  # noqa: C901, PLR0911 - one line a kind of entry
    """Return market, strategy and order hash an event is looked up by."""
    match entry:
        case entries.IntentRecorded(intent=intent):
            return Subject(intent.terms.market_id, intent.strategy, entry.order_hash)
        case entries.OrderChanged():
            return Subject(entry.market_id, None, entry.order_hash)
        case entries.FillProved():
            return Subject(entry.market_id, None, entry.order_hash)
        case entries.FillRecorded(fill=fill) | entries.FillReversed(fill=fill):
            return Subject(fill.market_id, entry.strategy, fill.order_hash)
        case entries.IntentDenied():
            return Subject(entry.market_id, entry.strategy)
        case entries.PositionSettled(position=position):
            return Subject(position.market_id, position.strategy)
        case entries.MarketListed(market=market):
            return Subject(market.market_id)
        case entries.MarketSettled() | entries.FlattenBegun():
            return Subject(entry.market_id)
        case entries.StrategyComposed():
            return Subject(None, entry.strategy)
        case _:
            return Subject()


def link(prev_hash: str, event: Event) -> str:
    """Return SHA-256, in hex, over the previous hash and all that an event says.

    The text is prev_hash, seq, frame, at_us, event_type, decisions and content, each followed by
    a line feed but the last. Market, strategy and order hash follow from the content.
    """
    text = (
        f"{prev_hash}\n{event.seq}\n{event.frame}\n{event.at_us}\n"
        f"{event.event_type}\n{event.decisions}\n{event.content}"
    )
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def event_of(entry: Entry, stamp: Stamp, *, seq: int, prev_hash: str) -> Event:
    """Return the row of a new entry."""
    about = subject(entry)
    event = Event(
        seq=seq,
        frame=stamp.frame,
        at_us=stamp.at_us,
        event_type=event_type(entry),
        market_id=about.market_id,
        strategy_id=about.strategy_id,
        order_hash=about.order_hash,
        content=encode(entry),
        decisions=stamp.decisions,
        prev_hash=prev_hash,
        hash="",
    )
    return event._replace(hash=link(prev_hash, event))


def recorded(event: Event) -> Recorded:
    """Return the entry of a row, where it stands; raises `Undecodable`."""
    stamp = Stamp(frame=event.frame, at_us=event.at_us, decisions=event.decisions)
    entry = decode(event.event_type, event.content)
    return Recorded(seq=event.seq, stamp=stamp, hash=event.hash, entry=entry)


EMPTY_STAMP: Final = Stamp(frame=0, at_us=0, decisions=GENESIS)
