"""Redeem everything that has been won, going on where an earlier run was cut short."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.adapters.polymarket.account.holding import Account, Holding
from bot.adapters.polymarket.account.reading import Reads
from bot.adapters.polymarket.account.trade import Ours
from bot.adapters.polymarket.chain.redeem import KIND, Redeemer
from bot.adapters.polymarket.chain.wallet import ChainWallet
from bot.adapters.polymarket.connection import Connection
from bot.adapters.polymarket.order.budget import Budget
from bot.adapters.polymarket.order.catalog import Catalog
from bot.domain.fill import ChainPhase, ChainStep
from bot.domain.money import Usd
from bot.domain.refusal import ExitCode, Refused
from ops import report
from ops.account.journal import Journal
from ops.account.reach import action_name

ROUNDS_MAX = 50
"""Transactions of 20 windows in one run."""


@dataclass(slots=True)
class Redeemed:
    """What could be redeemed at the start, and what was done about it."""

    holding: Holding
    steps: list[ChainStep] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Say whether the last transaction did not happen."""
        return bool(self.steps) and self.steps[-1].phase is ChainPhase.FAILED

    def document(self) -> dict[str, object]:
        """Return it for a script."""
        return {
            "ok": not self.failed,
            "redeemable": [
                {"token": token, "market": market_id, "usd": str(Usd(size))}
                for token, market_id, size in self.holding.redeemable
            ],
            "transactions": [
                {
                    "reference": step.reference,
                    "phase": step.phase.value,
                    "windows": len(step.subjects),
                    "detail": step.detail,
                }
                for step in self.steps
            ],
        }


def redeeming(journal: Journal | None) -> Callable[[Connection, Budget], Awaitable[Redeemed]]:
    """Return the work for `reach`; without a journal it only looks."""

    async def work(connection: Connection, _: Budget) -> Redeemed:
        catalog = Catalog(connection)
        sdk = connection.context
        ours = Ours(str(sdk.wallet), sdk.credentials.key)
        account = Account(Reads(connection), catalog, ours)
        now_us = connection.settings.clock.now_us
        done = Redeemed(await account.holding(now_us()))
        if journal is not None:
            check_way(connection)
            redeemer = Redeemer(connection, catalog, ChainWallet(connection, journal))
            done.steps += await _resumed(redeemer, journal)
            done.steps += await _rounds(redeemer, lambda: account.holding(now_us()))
        return done

    return work


def check_way(connection: Connection) -> None:
    """Refuse a wallet that needs the relayer without the relayer's key, before anything is sent."""
    if connection.context.wallet_type != "EOA" and connection.settings.relayer is None:
        raise Refused(
            "POLYMARKET_RELAYER_API_KEY: is not set; transactions of this wallet go through the "
            "relayer, which needs it",
            ExitCode.USAGE,
        )


async def _resumed(redeemer: Redeemer, journal: Journal) -> list[ChainStep]:
    found = list[ChainStep]()
    for step in await journal.unfinished():
        if step.kind == KIND:
            report.note(f"going on with {step.action}, which is {step.phase}")
            found.append(await redeemer.resume(step))
    return found


async def _rounds(redeemer: Redeemer, held: Callable[[], Awaitable[Holding]]) -> list[ChainStep]:

    done = list[ChainStep]()
    for _ in range(ROUNDS_MAX):
        step = await redeemer.redeem(await held(), action=action_name())
        if step is None:
            break
        done.append(step)
        if step.phase is ChainPhase.FAILED:
            break
    return done
