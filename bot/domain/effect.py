"""What the engine wants done: the closed union of its outputs, in the order in which they count.

The shell commits every `Record` of one answer before it performs anything else of it.
"""

from dataclasses import dataclass

from bot.domain.entry import Entry
from bot.domain.order import ApprovedOrder, OrderHash, Prepared


@dataclass(frozen=True, slots=True)
class Record:
    """Make this durable, before anything else of the same answer is done."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Prepare:
    """Hash and sign this order and come back with `OrderPrepared`; send nothing yet."""

    order: ApprovedOrder


@dataclass(frozen=True, slots=True)
class Submit:
    """Send the prepared order, once."""

    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Cancel:
    """Ask the venue to cancel one order; safe to repeat."""

    order_hash: OrderHash
    reason: str


@dataclass(frozen=True, slots=True)
class Trip:
    """Ask for the kill switch; asked again at every start as long as its cause stands."""

    cause: str
    detail: str


Effect = Record | Prepare | Submit | Cancel | Trip
