"""Actions of one wallet on the chain, through the relayer or, for an EOA, the node: one at a time.

Two at once would sign the same nonce. Every step is durable before the next; a submit without an
answer is resolved by nonce and by its proof before anything else is sent.
Source: polymarket-wire.md 1.4 and 1.6.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from polymarket import (
    EoaTransactionHandle,
    GaslessTransactionHandle,
    PolymarketError,
    TransactionFailedError,
)
from polymarket._internal.actions.relayer.calls import (
    decode_erc1155_balance_of_result,
    erc1155_balance_of_call,
)
from polymarket._internal.actions.relayer.nonce import fetch_execute_params, fetch_relay_payload
from polymarket._internal.eoa.rpc import JsonRpcCallError
from polymarket._internal.protocol import is_v2_position_id
from polymarket.calls import TransactionCall
from polymarket.errors import RateLimitError, RequestRejectedError, UserInputError
from polymarket.models.clob.relayer import RelayerTransactionType
from polymarket.types import EvmAddress

from bot.adapters.polymarket.boot import KINDS
from bot.adapters.polymarket.chain.step import Journal
from bot.adapters.polymarket.connection import Connection, brief
from bot.domain.fill import ChainPhase, ChainStep
from bot.domain.market import TokenId
from bot.ports import Permanent, Temporary

Proof = Callable[[], Awaitable[bool]]
"""Says whether the chain shows that an action has happened."""
CALLS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for one submit with the SDK's own retries, for the proof, between two looks."""

    submit_s: float = 45.0
    prove_s: float = 240.0
    look_s: float = 2.0


class ChainWallet:
    """Acts for the connection's wallet."""

    def __init__(
        self, connection: Connection, journal: Journal, patience: Patience | None = None
    ) -> None:
        """Keep every step in `journal`."""
        self._connection = connection
        self._journal = journal
        self._patience = patience or Patience()
        self._turn = asyncio.Lock()

    async def nonce(self) -> int:
        """Return the nonce that the wallet's next action carries; raises as `Connection.ask`."""
        sdk = self._connection.context
        kind = KINDS.get(sdk.wallet_type)
        address = sdk.signer.address
        if kind is None:
            return await self._connection.ask(
                "nonce", lambda: sdk.rpc.eth_get_transaction_count(address)
            )
        fetch = (
            fetch_relay_payload if kind is RelayerTransactionType.PROXY else fetch_execute_params
        )
        said = await self._connection.ask(
            "nonce", lambda: fetch(sdk.relayer, address=address, type=kind)
        )
        if not said.nonce.isdecimal():
            raise Temporary(f"nonce: the relayer said {said.nonce[:20]!r}")
        return int(said.nonce)

    async def balances(self, tokens: Sequence[TokenId]) -> dict[TokenId, int]:
        """Return what the chain says is held, in millionths; raises as `Connection.ask`."""
        sdk, config = self._connection.context, self._connection.config
        held: dict[TokenId, int] = {}
        for token in tokens:
            contract = (
                config.position_manager if is_v2_position_id(token) else config.conditional_tokens
            )
            call = erc1155_balance_of_call(
                token_address=EvmAddress(contract), owner=sdk.wallet, token_id=token
            )
            said = await self._connection.ask(
                "balance", partial(sdk.rpc.eth_call, to=str(call.to), data=call.data)
            )
            held[token] = decode_erc1155_balance_of_result(said)
        return held

    async def act(
        self, planned: ChainStep, calls: Sequence[TransactionCall], proof: Proof
    ) -> ChainStep:
        """Carry calls out as one action and return its last step.

        Raises:
            Temporary: before anything was sent, or it is not known yet what became of it; the
                journal has how far it came, and `resume` goes on from there.

        """
        if not 0 < len(calls) <= CALLS_MAX:
            raise AssertionError(f"an action has 1 to {CALLS_MAX} calls, not {len(calls)}")
        async with self._turn:
            planned = replace(planned, nonce=await self.nonce())
            await self._journal(planned)
            return await self._submit(planned, calls, proof)

    async def resume(self, step: ChainStep, proof: Proof) -> ChainStep:
        """Find out what became of an action of an earlier process; raises as `act`."""
        async with self._turn:
            if step.phase is ChainPhase.SUBMITTED:
                return await self._settle(step, self._handle(step.reference), proof)
            return await self._resolve(step, proof)

    async def _submit(
        self, planned: ChainStep, calls: Sequence[TransactionCall], proof: Proof
    ) -> ChainStep:
        client = self._connection.client
        try:
            async with asyncio.timeout(self._patience.submit_s):
                handle = await client.execute_transaction(calls=calls, metadata=planned.kind)
        except (UserInputError, TransactionFailedError, RateLimitError) as error:
            return await self._note(planned, ChainPhase.FAILED, detail=brief(error))
        except JsonRpcCallError as error:
            step = await self._note(planned, ChainPhase.UNANSWERED, detail=brief(error))
            return await self._resolve(step, proof)
        except RequestRejectedError as error:
            if error.status < 500:  # noqa: PLR2004 - refused: nothing was taken
                return await self._note(planned, ChainPhase.FAILED, detail=brief(error))
            step = await self._note(planned, ChainPhase.UNANSWERED, detail=brief(error))
            return await self._resolve(step, proof)
        except (PolymarketError, TimeoutError) as error:
            step = await self._note(planned, ChainPhase.UNANSWERED, detail=brief(error))
            return await self._resolve(step, proof)
        reference = handle.transaction_id or handle.transaction_hash or ""
        step = await self._note(planned, ChainPhase.SUBMITTED, reference=reference)
        return await self._settle(step, handle, proof)

    async def _settle(
        self, step: ChainStep, handle: GaslessTransactionHandle | EoaTransactionHandle, proof: Proof
    ) -> ChainStep:
        """Wait for the transaction, then for its proof; one bad poll ends no wait."""
        until_s = self._now_s() + self._patience.prove_s
        while self._now_s() < until_s:
            try:
                async with asyncio.timeout(max(0.1, until_s - self._now_s())):
                    await handle.wait()
                break
            except TransactionFailedError as error:
                return await self._note(step, ChainPhase.FAILED, detail=brief(error))
            except (PolymarketError, TimeoutError):
                await asyncio.sleep(self._patience.look_s)
        return await self._prove(step, proof, until_s)

    async def _resolve(self, step: ChainStep, proof: Proof) -> ChainStep:
        """Find out, by proof and nonce, whether a submit without an answer was taken."""
        until_s = self._now_s() + self._patience.prove_s
        nonce = step.nonce
        while True:
            if await self._proved(proof):
                return await self._note(step, ChainPhase.DONE, detail="proved by the chain")
            try:
                nonce = await self.nonce()
            except (Temporary, Permanent):
                nonce = step.nonce if nonce == step.nonce else nonce
            if self._now_s() > until_s:
                break
            await asyncio.sleep(self._patience.look_s)
        if nonce == step.nonce:
            # Whatever is signed next carries the same nonce: only one of the two can happen.
            return await self._note(
                step, ChainPhase.FAILED, detail=f"not taken: nonce still {nonce}"
            )
        raise Temporary(
            f"{step.kind}: taken at nonce {step.nonce}, but the chain shows nothing yet"
        )

    async def _prove(self, step: ChainStep, proof: Proof, until_s: float) -> ChainStep:
        while True:
            if await self._proved(proof):
                return await self._note(step, ChainPhase.DONE)
            if self._now_s() > until_s:
                raise Temporary(f"{step.kind} {step.reference}: not proved by the chain yet")
            await asyncio.sleep(self._patience.look_s)

    async def _proved(self, proof: Proof) -> bool:
        try:
            return await proof()
        except (Temporary, Permanent):
            return False

    async def _note(
        self, step: ChainStep, phase: ChainPhase, *, reference: str = "", detail: str = ""
    ) -> ChainStep:
        noted = replace(step, phase=phase, reference=reference or step.reference, detail=detail)
        await self._journal(noted)
        return noted

    def _handle(self, reference: str) -> GaslessTransactionHandle | EoaTransactionHandle:
        sdk, config = self._connection.context, self._connection.config
        pause_s = config.relayer_poll_frequency_ms / 1000
        if sdk.wallet_type == "EOA":
            return EoaTransactionHandle(reference, sdk.rpc, config.relayer_max_polls, pause_s)
        return GaslessTransactionHandle(
            reference, None, sdk.relayer, config.relayer_max_polls, pause_s
        )

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()
