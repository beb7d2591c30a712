"""Whether the events are the ones that were written: numbers without a gap, hashes that link.

A hash says that a row was changed but not which of its columns; where a second copy of a value
exists (the next event's previous hash, the head), the column is named, else all it may be.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from bot.adapters.ledger.codec import EVENT_TYPES, Event, Undecodable, decode, link, subject
from bot.adapters.ledger.proof.finding import Finding, brief

MOVES_CASH: Final = ("capital_deposited", "fill_recorded", "fill_reversed", "position_settled")
HASHED: Final = "frame, at_us, event_type, content or decisions"


class Chain:
    """Follows the events one by one; give each with the one after it, None at the end."""

    def __init__(self, *, seq: int, prev: str) -> None:
        """Start after the event `seq` whose hash is `prev`."""
        self.seq = seq
        self.prev = prev

    def follow(self, event: Event, witness: str | None) -> Iterator[Finding]:
        """Yield what is wrong with one event; `witness` is another copy of its hash, if any."""
        place = f"seq={event.seq}"
        if event.seq != self.seq + 1:
            missing = f"seq={self.seq + 1}"
            yield Finding("trade_events", missing, "", f"no row before {place}", "a row")
            self.prev = event.prev_hash
        if event.prev_hash != self.prev:
            yield Finding("trade_events", place, "prev_hash", brief(event.prev_hash), self.prev)
        expected = link(self.prev, event)
        true = event.hash
        if expected != event.hash:
            if witness == expected:
                yield Finding("trade_events", place, "hash", brief(event.hash), expected)
                true = expected
            else:
                yield changed(event, self.prev)
        yield from derived(event)
        self.seq, self.prev = event.seq, true


def changed(event: Event, prev: str) -> Finding:
    """Name the changed column of an event whose hash holds, as far as it can be known."""
    place, stored = f"seq={event.seq}", f"a row of hash {link(prev, event)}"
    for name in EVENT_TYPES:
        if link(prev, event._replace(event_type=name)) == event.hash:
            return Finding("trade_events", place, "event_type", brief(event.event_type), name)
    return Finding("trade_events", place, HASHED, stored, f"a row of hash {event.hash}")


def derived(event: Event) -> Iterator[Finding]:
    """Yield the columns that do not follow from the content."""
    place = f"seq={event.seq}"
    try:
        about = subject(decode(event.event_type, event.content))
    except Undecodable as error:
        yield Finding("trade_events", place, error.column, brief(event.content), str(error))
        return
    for name, expected in about._asdict().items():
        stored = getattr(event, name)
        if stored != expected:
            yield Finding("trade_events", place, name, brief(stored), brief(expected))


def findings(
    events: Iterable[Event], *, first_prev: str, head: str | None = None
) -> Iterator[Finding]:
    """Yield what is wrong with consecutive events; `head` is the last one's hash, if known."""
    chain: Chain | None = None
    before: Event | None = None
    for event in events:
        if chain is None:
            chain = Chain(seq=event.seq - 1, prev=first_prev)
        if before is not None:
            yield from chain.follow(before, event.prev_hash)
        before = event
    if chain is not None and before is not None:
        yield from chain.follow(before, head)
