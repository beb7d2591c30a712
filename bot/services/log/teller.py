"""Says what has just become durable, and how long each step of an order took.

Keeps what an order expected until its fills are there, bounded. Where there is a clock, the time
an intent was durable and sent is measured; without one, in a replay, only what events say counts.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from bot.domain.entry import (
    Entry,
    FillRecorded,
    FillReversed,
    IntentRecorded,
    OrderChanged,
    SessionStarted,
    Stamp,
)
from bot.domain.order import Intent, OrderHash, OrderState
from bot.services.log.form import utc
from bot.services.log.line import Expected, Fields, describe, level_of, orders_line

ORDERS_MAX: Final = 10_000
"""Orders whose expectation is kept: more than can have fills outstanding."""
WAITING: Final = frozenset({OrderState.IN_FLIGHT, OrderState.UNKNOWN})

Measure = Callable[[str, int], None]
"""Hears of a stage of an order (durable, sent, acked, filled) and its microseconds since signal."""


def unmeasured(stage: str, took_us: int) -> None:
    """Measure nothing."""


@dataclass(slots=True)
class _Followed:
    """An order: what was wanted, and how long after the signal each step was, -1 if unknown."""

    intent: Intent
    durable_us: int = -1
    sent_us: int = -1
    acked_us: int = -1


class Teller:
    """Speaks of entries; changes nothing."""

    def __init__(
        self,
        now_us: Callable[[], int] | None = None,
        measure: Measure = unmeasured,
    ) -> None:
        """Speak, and measure with a clock if there is one: the one the feed stamps events by."""
        self.now_us = now_us
        self._measure = measure
        self._session = ""
        self._orders: OrderedDict[OrderHash, _Followed] = OrderedDict()

    def __call__(self, entries: Sequence[Entry], stamp: Stamp) -> None:
        """Say what has just become durable; what no person reads line by line is left out."""
        for entry in entries:
            if isinstance(entry, SessionStarted):
                self._session = entry.session
            self._follow(entry, stamp)
            said = describe(entry)
            if said is not None:
                event, fields = said
                self._say(event, stamp, level_of(entry), {**fields, **self._known(entry, stamp)})

    def recall(self, entries: Iterable[Entry]) -> None:
        """Take in what earlier sessions recorded of orders that are not done, silently."""
        for entry in entries:
            if isinstance(entry, IntentRecorded):
                self._keep(entry.order_hash, _Followed(entry.intent))

    def sent(self, order_hash: OrderHash) -> None:
        """Take note that an order is being handed to the wire now."""
        order = self._orders.get(order_hash)
        if order is not None and self.now_us is not None and order.sent_us < 0:
            order.sent_us = self.now_us() - order.intent.made_us
            self._measure("sent", order.sent_us)
            at = Stamp(0, order.intent.made_us + order.sent_us, "")
            fields = orders_line(order_hash, order.intent) | _times(order)
            self._say("order.sent", at, "info", fields)

    def _follow(self, entry: Entry, stamp: Stamp) -> None:
        match entry:
            case IntentRecorded():
                order = _Followed(entry.intent)
                if self.now_us is not None:
                    order.durable_us = self.now_us() - entry.intent.made_us
                    self._measure("durable", order.durable_us)
                self._keep(entry.order_hash, order)
            case OrderChanged() if entry.state not in WAITING:
                known = self._orders.get(entry.order_hash)
                if known is not None and known.acked_us < 0:
                    known.acked_us = stamp.at_us - known.intent.made_us
                    self._measure("acked", known.acked_us)
            case FillRecorded(fill=fill):
                known = self._orders.get(fill.order_hash)
                if known is not None:
                    self._measure("filled", stamp.at_us - known.intent.made_us)
            case _:
                pass

    def _keep(self, order_hash: OrderHash, order: _Followed) -> None:
        self._orders[order_hash] = order
        while len(self._orders) > ORDERS_MAX:
            self._orders.popitem(last=False)

    def _known(self, entry: Entry, stamp: Stamp) -> Fields:
        """Return what the order expected and how long it took, for the lines that tell of it."""
        match entry:
            case IntentRecorded(order_hash=order_hash) | OrderChanged(order_hash=order_hash):
                order = self._orders.get(order_hash)
                return {} if order is None else _times(order)
            case FillRecorded(fill=fill) | FillReversed(fill=fill):
                order = self._orders.get(fill.order_hash)
                if order is None:
                    return {}
                filled_us = stamp.at_us - order.intent.made_us
                expected = Expected(order.intent, fill)
                return {**expected.fields(), **_times(order), "filled_us": filled_us}
            case _:
                return {}

    def _say(self, event: str, stamp: Stamp, level: str, fields: Fields) -> None:
        log = structlog.get_logger()
        say = {"info": log.info, "warning": log.warning, "error": log.error}[level]
        frame: Fields = {"frame": stamp.frame} if stamp.frame else {}
        who: Fields = {"session": self._session} if self._session else {}
        say(event, at=utc(stamp.at_us), **frame, **who, **fields)


def _times(order: _Followed) -> Fields:
    named = {
        "durable_us": order.durable_us, "sent_us": order.sent_us, "acked_us": order.acked_us,
    }  # fmt: skip
    return {
        "signal_at": utc(order.intent.made_us),
        **{name: value for name, value in named.items() if value >= 0},
    }
