"""What a person may ask of a session that lives: to get out of markets, to accept losses.

Runs in the engine's loop, one event at a time; whether a sale is made is risk's to say. Nothing
here resumes: an acceptance lets a later start or the next change of state trade again.
"""

from collections.abc import Callable, Mapping
from typing import Final

from bot.domain.entry import TradingState
from bot.domain.event import FlattenAsked, LossesTaken
from bot.domain.market import MarketId, Outcome
from bot.domain.money import Price, Shares, Usd
from bot.domain.refusal import Refused
from bot.engine.engine import Engine
from bot.engine.guard.worth import stakes
from bot.services.live.floor import Floor

SLIPPAGE: Final = "0.02"
TEXT_MAX: Final = 500
Row = Mapping[str, object]


class Asked:
    """Answers for one session."""

    def __init__(self, engine: Engine, floor: Floor, new_id: Callable[[], str]) -> None:
        """Ask through this floor; `new_id` names an acceptance that no latch names."""
        self._engine = engine
        self._floor = floor
        self._new_id = new_id

    async def flatten(self, row: Row) -> Row:
        """Begin to sell what is held in a market, or in all, at a floor or better.

        Raises:
            Refused: nothing is held there, trading is halted, or the request cannot be read.

        """
        reason, slippage = _reason(row), _slippage(row)
        market_id = self._market(str(row.get("market") or ""))
        holding = self.holding(market_id)
        if not holding:
            raise Refused("nothing is held " + ("there" if market_id else "anywhere"))
        if self._engine.portfolio.state is TradingState.HALTED:
            best = sum((Usd(size) for _, size in self._sizes(market_id)), Usd(0))
            raise Refused(
                "trading is halted, so nothing is sold: held to resolution it pays from 0.00 to"
                f" {best} USD; resume first, or wait"
            )
        floor = self._floor
        who = str(row.get("who", ""))[:TEXT_MAX]
        await floor.carry(FlattenAsked(floor.frame, floor.at_us, market_id, slippage, who, reason))
        return {"flatten": self.holding(market_id), "max_slippage_usd": str(slippage)}

    async def accept(self, row: Row) -> Row:
        """Take the losses by which limits were reached; a latch stays until `poly resume`.

        Raises:
            Refused: no limit is reached, or no reason is given.

        """
        reason, broken = _reason(row), self._engine.guard.losses.broken
        if not broken:
            raise Refused("no loss limit is reached: there is nothing to accept")
        taken = [f"{one.limit} {one.subject}".strip() for one in broken]
        floor, acceptance = self._floor, self._new_id()
        who = str(row.get("who", ""))[:TEXT_MAX]
        await floor.carry(LossesTaken(floor.frame, floor.at_us, acceptance, who, reason))
        state = self._engine.portfolio.state.value
        return {"accepted": taken, "acceptance": acceptance, "trading_state": state}

    def holding(self, market_id: MarketId) -> list[dict[str, str]]:
        """Return what is held, what it is worth, and what holding it to resolution can pay."""
        portfolio, desks = self._engine.portfolio, self._engine.desks
        rows = []
        for (market, outcome), (size, cost) in stakes(portfolio).items():
            desk = desks.get(market)
            if desk is None or market_id not in {"", market}:
                continue
            stake = desk.held[outcome]
            floor = desk.floors.get(outcome)
            rows.append(
                {
                    "market": desk.market.slug,
                    "outcome": outcome.value,
                    "shares": str(Shares(size)),
                    "cost_usd": str(Usd(cost)),
                    "worth_usd": str(Usd(stake.worth)),
                    "worth_by": stake.source,
                    "floor_usd": "" if floor is None else str(floor),
                    "resolution_worst_usd": "0.00",
                    "resolution_best_usd": str(Usd(size)),
                }
            )
        return rows

    def _sizes(self, market_id: MarketId) -> list[tuple[Outcome, int]]:
        return [
            (outcome, size)
            for (market, outcome), (size, _) in stakes(self._engine.portfolio).items()
            if market_id in {"", market}
        ]

    def _market(self, named: str) -> MarketId:
        if not named:
            return MarketId("")
        markets = self._engine.portfolio.markets.values()
        for market in markets:
            if named in {market.market_id, market.slug}:
                return market.market_id
        raise Refused(f"market {named[:80]!r} is not open here; poly positions names them")


def _reason(row: Row) -> str:
    reason = str(row.get("reason", "")).strip()[:TEXT_MAX]
    if not reason:
        raise Refused("reason is missing: one line for whoever reads it later")
    return reason


def _slippage(row: Row) -> Price:
    given = str(row.get("max_slippage") or SLIPPAGE)
    try:
        return Price.parse(given)
    except ValueError:
        raise Refused(
            f"max_slippage must be a price in (0, 1) USD a share, was {given[:40]!r}"
        ) from None
