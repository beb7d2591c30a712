"""Show what Polymarket's contracts may move, and grant what trading needs."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from bot.adapters.polymarket.chain.approval import KIND, Approval, Approvals
from bot.adapters.polymarket.chain.wallet import ChainWallet
from bot.adapters.polymarket.connection import Connection
from bot.adapters.polymarket.order.budget import Budget
from bot.domain.fill import ChainStep
from ops import report
from ops.account.journal import Journal
from ops.account.reach import action_name
from ops.account.redeem import check_way


@dataclass(frozen=True, slots=True)
class Shown:
    """Every right there is, after what was granted."""

    approvals: tuple[Approval, ...]
    step: ChainStep | None

    @property
    def missing(self) -> tuple[Approval, ...]:
        """Return what trading needs and has not."""
        return tuple(one for one in self.approvals if one.needed_for and not one.granted)

    @property
    def extra(self) -> tuple[Approval, ...]:
        """Return what is granted and trading does not need."""
        return tuple(one for one in self.approvals if one.granted and not one.needed_for)

    def document(self) -> dict[str, object]:
        """Return it for a script."""
        step = self.step
        outcome = None if step is None else {"phase": step.phase.value, "detail": step.detail}
        return {
            "ok": not self.missing,
            "transaction": outcome,
            "approvals": [asdict(one) for one in self.approvals],
        }


def approving(
    journal: Journal | None,
) -> Callable[[Connection, Budget], Awaitable[Shown]]:
    """Return the work for `reach`; without a journal it only looks."""

    async def work(connection: Connection, _: Budget) -> Shown:
        if journal is None:
            return Shown(
                await Approvals(connection, ChainWallet(connection, _nothing)).show(), None
            )
        check_way(connection)
        approvals = Approvals(connection, ChainWallet(connection, journal))
        for step in await journal.unfinished():
            if step.kind == KIND:
                report.note(f"going on with {step.action}, which is {step.phase}")
                await approvals.resume(step)
        granted = await approvals.grant(action=action_name())
        return Shown(await approvals.show(), granted)

    return work


async def _nothing(_: ChainStep) -> None:
    raise AssertionError("showing approvals sends nothing")
