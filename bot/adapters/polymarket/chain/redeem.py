"""From won windows back to cash: several windows in one transaction, until the chain shows it.

The calls are made here rather than by the SDK's `redeem_positions`: that needs Gamma to list the
market as closed, does not find v2 markets, and sends one window at a time.
Source: polymarket-wire.md 1.1, 1.2 and 1.6.
"""

from collections.abc import Sequence
from typing import Final

from polymarket._internal.protocol import decode_v2_outcome_position_id, is_v2_position_id
from polymarket.calls import TransactionCall, ctf_redeem_positions_call, router_redeem_call
from polymarket.types import EvmAddress

from bot.adapters.polymarket.account.holding import Holding
from bot.adapters.polymarket.chain.wallet import CALLS_MAX, ChainWallet, Proof
from bot.adapters.polymarket.connection import Connection
from bot.adapters.polymarket.order.catalog import Catalog
from bot.domain.fill import ChainPhase, ChainStep
from bot.domain.market import MarketId, TokenId

KIND: Final = "redeem"
Won = tuple[TokenId, MarketId]


class Redeemer:
    """Redeems what has been won."""

    def __init__(self, connection: Connection, catalog: Catalog, wallet: ChainWallet) -> None:
        """Act through `wallet`, one action at a time."""
        self._connection = connection
        self._catalog = catalog
        self._wallet = wallet

    async def redeem(self, holding: Holding, *, action: str) -> ChainStep | None:
        """Redeem what a holding has won, at most `CALLS_MAX` windows; None if there is nothing.

        Args:
            holding: what is held; a window with a match that is not mined yet waits.
            action: a new name for the journal.

        Raises:
            Temporary: as `ChainWallet.act`.

        """
        tokens = [token for token, _, _ in holding.redeemable]
        held = await self._wallet.balances(tokens)
        # What a match has sold and the chain still shows must not be redeemed: it would fail.
        won = [(t, m) for t, m, size in holding.redeemable if held[t] == size][:CALLS_MAX]
        if not won:
            return None
        calls = [await self._call(token, market_id, held[token]) for token, market_id in won]
        planned = ChainStep(
            action=action, kind=KIND, phase=ChainPhase.PLANNED,
            subjects=tuple(token for token, _ in won), nonce=0,
        )  # fmt: skip
        return await self._wallet.act(planned, calls, self.proof(planned.subjects))

    async def resume(self, step: ChainStep) -> ChainStep:
        """Find out what became of a redemption of an earlier process; raises as `redeem`."""
        return await self._wallet.resume(step, self.proof(step.subjects))

    def proof(self, tokens: Sequence[str]) -> Proof:
        """Return the proof of a redemption: none of its tokens is held any more."""

        async def gone() -> bool:
            held = await self._wallet.balances([TokenId(token) for token in tokens])
            return not any(held.values())

        return gone

    async def _call(self, token: TokenId, market_id: MarketId, amount: int) -> TransactionCall:
        config = self._connection.config
        if is_v2_position_id(token):
            decoded = decode_v2_outcome_position_id(token)
            return router_redeem_call(
                router=EvmAddress(config.protocol_v2_router),
                condition_id=str(decoded.condition_id),
                outcome_index=decoded.outcome_index,
                amount=amount,
            )
        facts = await self._catalog.learn(market_id)
        adapter = (
            config.neg_risk_collateral_adapter if facts.neg_risk else config.collateral_adapter
        )
        return ctf_redeem_positions_call(
            ctf=EvmAddress(adapter),
            collateral=EvmAddress(config.collateral_token),
            condition_id=str(market_id),
        )
