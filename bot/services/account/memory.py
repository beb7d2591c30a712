"""What the engine holds in memory beside the fold of the ledger's entries, read back from disk."""

import asyncio
from dataclasses import replace

from bot.domain.entry import DriftFound
from bot.engine.accounting import Portfolio
from bot.engine.reconcile import compare
from bot.ports import Ledger
from bot.services.account.part import Views


async def memory_drifts(views: Views) -> tuple[DriftFound, ...]:
    """Return where memory and ledger differ at one instant; reading is done in a thread."""
    async with views.floor.lock:
        memory, seq = copied(views.engine.portfolio), views.ledger.head.seq
    fold = await asyncio.to_thread(folded, views.ledger, seq)
    return compare(memory, fold)


def copied(portfolio: Portfolio) -> Portfolio:
    """Return what `compare` looks at, as it is now."""
    return Portfolio(
        cash=portfolio.cash,
        markets=dict(portfolio.markets),
        orders={key: replace(order) for key, order in portfolio.orders.items()},
        positions=dict(portfolio.positions),
    )


def folded(ledger: Ledger, seq: int) -> Portfolio:
    """Return what the entries up to a sequence say."""
    portfolio = Portfolio()
    for recorded in ledger.unsettled(upto_seq=seq):
        portfolio.apply(recorded.entry)
    portfolio.cash = ledger.cash(upto_seq=seq)
    return portfolio
