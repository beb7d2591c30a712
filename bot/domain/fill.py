"""Executions and what they leave: fills, positions, settlements, and steps of getting paid."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NewType

from bot.domain.book import Side
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import ZERO_SHARES, ZERO_USD, Price, Rounding, Shares, Usd, divide
from bot.domain.order import OrderHash, StrategyId

FillId = NewType("FillId", str)
"""The venue's trade id and our leg of it; the key a fill is deduplicated by."""


class Liquidity(StrEnum):
    """Who came to whom: a taker pays the fee."""

    TAKER = "taker"
    MAKER = "maker"


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of part of an order, at one price, at the venue's time."""

    fill_id: FillId
    order_hash: OrderHash
    market_id: MarketId
    token: TokenId
    outcome: Outcome
    side: Side
    price: Price
    size: Shares
    notional: Usd
    """What the venue moved for the shares; its amount is the truth, not price times size."""
    fee: Usd
    liquidity: Liquidity
    filled_us: int
    provisional: bool = False
    """It may still fail on the chain and be voided."""

    @property
    def cash(self) -> Usd:
        """Return what the fill does to cash: buys pay notional and fee, sells get it less fee."""
        return -self.notional - self.fee if self.side is Side.BUY else self.notional - self.fee


@dataclass(frozen=True, slots=True)
class Position:
    """Net shares of one outcome held by one strategy, with their cost including buying fees."""

    strategy: StrategyId
    market_id: MarketId
    outcome: Outcome
    size: Shares = ZERO_SHARES
    cost: Usd = ZERO_USD
    realized: Usd = ZERO_USD
    fees: Usd = ZERO_USD

    def after(self, fill: Fill) -> "Position":
        """Return the position after one more fill.

        A sale takes its share of the cost, rounded down, and the last share takes the rest.

        Raises:
            ValueError: a sale of more than is held.

        """
        if fill.side is Side.BUY:
            return replace(
                self,
                size=self.size + fill.size,
                cost=self.cost - fill.cash,
                fees=self.fees + fill.fee,
            )
        left = self.size - fill.size
        sold_cost = Usd(
            divide(self.cost.micros * fill.size.micros, self.size.micros, Rounding.DOWN)
            if left.micros
            else self.cost.micros
        )
        return replace(
            self,
            size=left,
            cost=self.cost - sold_cost,
            realized=self.realized + fill.cash - sold_cost,
            fees=self.fees + fill.fee,
        )

    def settled(self, winner: Outcome) -> tuple["Position", Usd]:
        """Return the flat position and the payout: 1 USD a share of the winner, else nothing."""
        payout = Usd(self.size.micros if winner is self.outcome else 0)
        flat = replace(
            self,
            size=ZERO_SHARES,
            cost=ZERO_USD,
            realized=self.realized + payout - self.cost,
        )
        return flat, payout


class ChainPhase(StrEnum):
    """How far an action is; the last two are final."""

    PLANNED = "planned"
    """On disk, not sent: after a crash it may or may not have been."""
    UNANSWERED = "unanswered"
    """Sent, without an answer that says what became of it."""
    SUBMITTED = "submitted"
    """Taken, under a reference; not proved yet."""
    DONE = "done"
    """Balances or approvals on the chain prove it."""
    FAILED = "failed"
    """It did not happen, and will not under this nonce."""

    @property
    def final(self) -> bool:
        """Say whether nothing more is to be found out."""
        return self in {ChainPhase.DONE, ChainPhase.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStep:
    """One step of one action. `nonce` is the wallet's before it was sent."""

    action: str
    kind: str
    phase: ChainPhase
    subjects: tuple[str, ...]
    """What it is about: token ids to redeem, or spenders to approve."""
    nonce: int
    reference: str = ""
    """The relayer's transaction id, or a transaction hash."""
    detail: str = ""
