"""What the engine's day redeems: everything won, by the account as the venue shows it now."""

from collections.abc import Callable

from bot.adapters.polymarket.account.holding import Account
from bot.adapters.polymarket.chain.redeem import Redeemer
from bot.adapters.polymarket.chain.step import Journal
from bot.adapters.polymarket.chain.wallet import ChainWallet, Patience
from bot.adapters.polymarket.connection import Connection
from bot.adapters.polymarket.order.catalog import Catalog
from bot.domain.fill import ChainStep


class Winnings:
    """One wallet's winnings, through its connection; the steps go to `journal`."""

    def __init__(
        self,
        connection: Connection,
        catalog: Catalog,
        account: Account,
        journal: Journal,
        patience: Patience | None = None,
    ) -> None:
        """Send nothing yet."""
        self._connection = connection
        self._account = account
        self._now_us: Callable[[], int] = connection.settings.clock.now_us
        self._redeemer = Redeemer(connection, catalog, ChainWallet(connection, journal, patience))

    @property
    def obstacle(self) -> str:
        """Return what keeps this wallet from redeeming at all, empty if nothing does."""
        if self._connection.context.wallet_type == "EOA":
            return ""
        missing = self._connection.settings.relayer is None
        return "POLYMARKET_RELAYER_API_KEY is not set" if missing else ""

    async def redeem(self, action: str) -> ChainStep | None:
        """Redeem what is won, several windows in one transaction; None if there is nothing.

        Raises:
            Temporary: nothing was sent, or it is not known yet what became of it.

        """
        holding = await self._account.holding(self._now_us())
        return await self._redeemer.redeem(holding, action=action) if holding.redeemable else None

    async def resume(self, step: ChainStep) -> ChainStep:
        """Find out what became of an unfinished action; raises as `redeem`."""
        return await self._redeemer.resume(step)
