"""Which contracts may move our money: what trading needs, what is granted, and granting the rest.

The SDK's own set-up also gives the perps contract unlimited collateral and the auto-redeem
operator rights over all positions; neither is needed, and neither is ever granted here.
Source: polymarket-wire.md section 2.
"""

from dataclasses import dataclass
from typing import Final

from polymarket._internal.actions.relayer.approvals import _required_trading_approvals
from polymarket._internal.actions.relayer.calls import (
    decode_erc20_allowance_result,
    decode_erc1155_is_approved_for_all_result,
    erc20_allowance_call,
    erc1155_is_approved_for_all_call,
)
from polymarket._internal.environment import EnvironmentConfig
from polymarket.calls import (
    MAX_UINT256,
    TransactionCall,
    erc20_approval_call,
    erc1155_set_approval_for_all_call,
)
from polymarket.models.trading import Erc20TradingApproval, Erc1155TradingApproval
from polymarket.types import EvmAddress

from bot.adapters.polymarket.chain.wallet import ChainWallet, Proof
from bot.adapters.polymarket.connection import Connection
from bot.domain.fill import ChainPhase, ChainStep

KIND: Final = "approve"


@dataclass(frozen=True, slots=True)
class Approval:
    """One contract's right over one token of ours."""

    token: str
    """collateral, tokens (v1) or positions (v2)."""
    spender: str
    """The contract's name."""
    needed_for: str
    """Empty where trading does not need it."""
    granted: bool
    address: str


PURPOSES: Final = {
    ("collateral", "standard_exchange"): "buying (v1)",
    ("collateral", "exchange_v3"): "buying (v2)",
    ("tokens", "standard_exchange"): "selling (v1)",
    ("tokens", "collateral_adapter"): "redeeming (v1)",
    ("positions", "exchange_v3"): "selling (v2)",
    ("positions", "protocol_v2_router"): "redeeming (v2)",
}
"""What a bot of up/down windows needs; they are never neg-risk, and nothing is split or merged."""
SPENDERS: Final = (
    "standard_exchange", "neg_risk_exchange", "exchange_v3", "collateral_adapter",
    "neg_risk_collateral_adapter", "protocol_v2_router", "perps_deposit_contract",
    "auto_redeem_operator", "binary_module", "neg_risk_module",
)  # fmt: skip
Pair = Erc20TradingApproval | Erc1155TradingApproval


class Approvals:
    """Shows and grants approvals of the connection's wallet, by the chain itself."""

    def __init__(self, connection: Connection, wallet: ChainWallet) -> None:
        """Read through `connection`, grant through `wallet`."""
        self._connection = connection
        self._wallet = wallet

    async def show(self) -> tuple[Approval, ...]:
        """Return every right that the SDK knows of, granted or not.

        Raises:
            Temporary: the node did not answer.
            Permanent: the node refused the question.

        """
        sdk, config = self._connection.context, self._connection.config
        pairs = _pairs(config)
        calls = [_question(pair, sdk.wallet) for pair in pairs]
        said = await self._connection.ask(
            "approvals",
            lambda: sdk.rpc.eth_call_batch([(str(call.to), call.data) for call in calls]),
        )
        return tuple(
            _approval(pair, answer, config) for pair, answer in zip(pairs, said, strict=True)
        )

    async def grant(self, *, action: str) -> ChainStep | None:
        """Grant what trading needs and has not; None if there is nothing to grant.

        Raises:
            Temporary: as `ChainWallet.act`.
            Permanent: the node refused the question.

        """
        missing = [one for one in await self.show() if one.needed_for and not one.granted]
        if not missing:
            return None
        config = self._connection.config
        planned = ChainStep(
            action=action, kind=KIND, phase=ChainPhase.PLANNED,
            subjects=tuple(f"{one.token}/{one.spender}" for one in missing), nonce=0,
        )  # fmt: skip
        calls = [_grant(one, config) for one in missing]
        return await self._wallet.act(planned, calls, self.proof())

    async def resume(self, step: ChainStep) -> ChainStep:
        """Find out what became of a grant of an earlier process; raises as `grant`."""
        return await self._wallet.resume(step, self.proof())

    def proof(self) -> Proof:
        """Return the proof of a grant: nothing that trading needs is missing."""

        async def granted() -> bool:
            return all(one.granted for one in await self.show() if one.needed_for)

        return granted


def _pairs(config: EnvironmentConfig) -> tuple[Pair, ...]:
    erc20, erc1155 = _required_trading_approvals(config)
    return (*erc20, *erc1155)


def _question(pair: Pair, owner: EvmAddress) -> TransactionCall:
    if isinstance(pair, Erc20TradingApproval):
        return erc20_allowance_call(
            token_address=pair.token_address, owner=owner, spender=pair.spender
        )
    return erc1155_is_approved_for_all_call(
        token_address=pair.token_address, owner=owner, operator=pair.operator
    )


def _approval(pair: Pair, answer: str, config: EnvironmentConfig) -> Approval:
    if isinstance(pair, Erc20TradingApproval):
        token, address = "collateral", str(pair.spender)
        # Half of the infinite allowance is still more than there will ever be.
        granted = decode_erc20_allowance_result(answer) > MAX_UINT256 // 2
    else:
        v1 = str(pair.token_address).lower() == config.conditional_tokens.lower()
        token, address = "tokens" if v1 else "positions", str(pair.operator)
        granted = decode_erc1155_is_approved_for_all_result(answer)
    spender = next(
        (name for name in SPENDERS if str(getattr(config, name)).lower() == address.lower()),
        address,
    )
    return Approval(token, spender, PURPOSES.get((token, spender), ""), granted, address)


def _grant(one: Approval, config: EnvironmentConfig) -> TransactionCall:
    if one.token == "collateral":  # noqa: S105 - a kind of token, not a secret
        return erc20_approval_call(
            token_address=EvmAddress(config.collateral_token),
            spender=EvmAddress(one.address),
            amount=MAX_UINT256,
        )
    holder = config.conditional_tokens if one.token == "tokens" else config.position_manager  # noqa: S105
    return erc1155_set_approval_for_all_call(
        token_address=EvmAddress(holder), operator=EvmAddress(one.address), approved=True
    )
