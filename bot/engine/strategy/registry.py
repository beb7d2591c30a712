"""Every component there is, in every version there ever was.

A version is never changed or removed once it has traded: strategies that use it keep its meaning,
and move to a newer one only by `poly strategy upgrade`.
"""

import difflib

from bot.domain.refusal import Refused
from bot.engine.strategy.entry.late_favourite import LateFavourite1, LateFavourite2
from bot.engine.strategy.exit.hold_to_resolution import HoldToResolution1
from bot.engine.strategy.exit.take_profit import TakeProfit1
from bot.engine.strategy.filters.spread import Spread1
from bot.engine.strategy.parameter import refuse
from bot.engine.strategy.probability.market_mid import MarketMid1
from bot.engine.strategy.sizing.depth_capped import DepthCapped1
from bot.engine.strategy.sizing.fixed import Fixed1
from bot.engine.strategy.view import Component

KINDS = ("probability", "entry", "sizing", "exit", "filters")
COMPONENTS: tuple[type[Component], ...] = (
    MarketMid1,
    LateFavourite1,
    LateFavourite2,
    Fixed1,
    DepthCapped1,
    HoldToResolution1,
    TakeProfit1,
    Spread1,
)


def names(kind: str) -> list[str]:
    """Return the names of all components of a kind."""
    return sorted({one.NAME for one in COMPONENTS if kind == one.KIND})


def versions(kind: str, name: str) -> list[int]:
    """Return all versions of a component, oldest first; empty if there is no such component."""
    return sorted(one.VERSION for one in COMPONENTS if (kind, name) == (one.KIND, one.NAME))


def find(kind: str, name: str, version: int, where: str) -> type[Component]:
    """Return the class of one version of a component.

    Raises:
        Refused: no such component (with the nearest name) or version (with those there are).

    """
    for one in COMPONENTS:
        if (kind, name, version) == (one.KIND, one.NAME, one.VERSION):
            return one
    raise _unknown(kind, name, version, where)


def _unknown(kind: str, name: str, version: int, where: str) -> Refused:
    there = versions(kind, name)
    if there:
        listed = ", ".join(map(str, there))
        return refuse(where, "version", f"{version} of {name!r} does not exist; there is {listed}")
    near = difflib.get_close_matches(name, names(kind), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names(kind))}"
    return refuse(where, "component", f"{name!r} is not a known {kind} component; {hint}")
