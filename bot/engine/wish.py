"""What the strategies at one market want now: out if a person says so, else exits, then entries.

Lazy: the next wish is made only after the one before it was reviewed, so that it sees what that
one has changed. Nothing here is checked against a limit; risk does that.
"""

from collections.abc import Callable, Iterator

from bot.domain.market import Outcome
from bot.domain.order import Intent, IntentId
from bot.engine.accounting import Portfolio
from bot.engine.desk import Desk, Seat
from bot.engine.guard.way_out import way_out
from bot.engine.intent import closing_intent, opening_intent
from bot.engine.strategy.composition import Composition

NextId = Callable[[], IntentId]


class IntentIds:
    """Gives each intent its frame and its ordinal in that frame."""

    def __init__(self) -> None:
        """Start before the first frame."""
        self._frame = -1
        self._ordinal = 0

    def of(self, frame: int) -> NextId:
        """Return what gives the next id of a frame."""

        def following() -> IntentId:
            if frame != self._frame:
                self._frame, self._ordinal = frame, 0
            self._ordinal += 1
            return IntentId(f"{frame:012d}-{self._ordinal:03d}")

        return following


def wishes(desk: Desk, seat: Seat, portfolio: Portfolio, next_id: NextId) -> Iterator[Intent]:
    """Yield what one strategy wants to do at this desk, one after the other."""
    if desk.floors:
        yield from _ways_out(desk, seat, portfolio, next_id)
    elif seat.view.clips:
        yield from _exits(desk, seat, portfolio, next_id)
    if seat.strategy.entry.awake(seat.view.left_us):
        yield from _entry(seat, next_id)


def _entry(seat: Seat, next_id: NextId) -> Iterator[Intent]:
    strategy, view = seat.strategy, seat.view
    probability = strategy.probability.estimate(view)
    if probability is None:
        return
    view.probability = probability
    proposal = strategy.entry.propose(view)
    if proposal is None or not all(one.passes(view, proposal) for one in strategy.filters):
        return
    amount = strategy.sizing.amount(view, proposal)
    if amount.micros > 0:
        yield opening_intent(next_id(), strategy, view, proposal, amount)


def _exits(desk: Desk, seat: Seat, portfolio: Portfolio, next_id: NextId) -> Iterator[Intent]:
    strategy, view = seat.strategy, seat.view
    for outcome in Outcome:
        held = portfolio.position(strategy.name, desk.market.market_id, outcome)
        sale = strategy.exit.sell(view, held) if held.size.micros else None
        if sale is not None and not _selling(desk, strategy, outcome, portfolio):
            yield closing_intent(next_id(), strategy, view, held, sale)


def _ways_out(desk: Desk, seat: Seat, portfolio: Portfolio, next_id: NextId) -> Iterator[Intent]:
    strategy, view = seat.strategy, seat.view
    for outcome, floor in desk.floors.items():
        held = portfolio.position(strategy.name, desk.market.market_id, outcome)
        sale = way_out(view, held, floor, strategy.limits.price_band)
        if sale is not None and not _selling(desk, strategy, outcome, portfolio):
            yield closing_intent(next_id(), strategy, view, held, sale)


def _selling(desk: Desk, strategy: Composition, outcome: Outcome, portfolio: Portfolio) -> bool:
    return any(
        not order.state.final
        and order.intent.strategy == strategy.name
        and order.intent.terms.outcome is outcome
        for order in portfolio.of_market(desk.market.market_id)
    )
