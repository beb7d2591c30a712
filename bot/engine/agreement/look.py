"""What one complete view of the venue is judged by, and what can follow from it.

Only values. A deed is done by the shell, in order; its event carries no place in the day: whoever
carries it gives it the present one.
"""

from dataclasses import dataclass

from bot.domain.entry import DriftFound
from bot.domain.event import Event
from bot.domain.fill import FillId
from bot.domain.money import Usd
from bot.domain.order import Answer, OrderHash, Prepared
from bot.engine.accounting import Portfolio
from bot.ports import VenueView

PLACE = 0
"""Frame and time of an event that gets them when it is carried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """Money that a person says was put in, or taken out if negative."""

    announcement: str
    amount: Usd
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One complete view, and what is needed to judge it."""

    view: VenueView
    still: bool
    """Nothing of ours changed while it was taken."""
    now_us: int
    """Market time."""
    wall_ms: int
    """Time that only grows, of the wall."""
    known: frozenset[FillId] = frozenset()
    """Fills of the view that are recorded, of settled markets too."""
    announced: tuple[Announced, ...] = ()
    start: bool = False
    """Before trading: what is missing here is not on its way any more."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Take this to the engine."""

    event: Event


@dataclass(frozen=True, slots=True)
class Follow:
    """Find out what becomes of this order."""

    prepared: Prepared
    answer: Answer


@dataclass(frozen=True, slots=True)
class Release:
    """Follow this order no more."""

    order_hash: OrderHash


@dataclass(frozen=True, slots=True)
class Remove:
    """Cancel this order at the venue."""

    order_hash: OrderHash


Deed = Tell | Follow | Release | Remove


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference, its cause, and what is done about it."""

    drift: DriftFound
    deeds: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look has shown."""

    findings: tuple[Finding, ...] = ()
    """Explained, and to be repaired now."""
    unexplained: tuple[DriftFound, ...] = ()
    """Seen again in a second view with nothing in between: trading must halt."""
    doubted: tuple[DriftFound, ...] = ()
    """Seen once, without an explanation yet: the next view decides."""
    waiting: int = 0
    """Differences that may still explain themselves."""

    @property
    def agreed(self) -> bool:
        """Say whether nothing stands against trading."""
        return not (self.findings or self.unexplained or self.doubted)


def fingerprint(portfolio: Portfolio) -> int:
    """Return a number that changes when orders, fills, positions or cash do."""
    orders = tuple((o.order_hash, o.state, o.filled) for o in portfolio.orders.values())
    fills = tuple((key, one.provisional) for key, one in portfolio.fills.items())
    positions = tuple(portfolio.positions.values())
    return hash((portfolio.cash, orders, fills, positions, tuple(portfolio.markets)))
