"""Redeeming and approving: proved by the chain, each step on disk, nothing done twice."""

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from bot.adapters.polymarket.chain.approval import Approvals
from bot.adapters.polymarket.chain.redeem import Redeemer
from bot.adapters.polymarket.chain.step import FILE_NAME, left_over, take_over
from bot.adapters.polymarket.chain.wallet import ChainWallet, Patience
from bot.domain.fill import ChainPhase, ChainStep
from bot.domain.refusal import Refused
from bot.ports import Temporary
from tests.contract.venue.ground import Ground
from tests.contract.venue.live import LiveStage

pytestmark = pytest.mark.asyncio(loop_scope="module")
QUICK = Patience(submit_s=5.0, prove_s=3.0, look_s=0.05)
DOLLAR = 1_000_000


class Steps:
    """A journal in memory that can die at a phase, as a process does."""

    def __init__(self, *, dies_at: ChainPhase | None = None) -> None:
        self.taken: list[ChainStep] = []
        self.dies_at = dies_at

    async def __call__(self, step: ChainStep) -> None:
        self.taken.append(step)
        if step.phase is self.dies_at:
            raise Died

    @property
    def phases(self) -> list[ChainPhase]:
        return [step.phase for step in self.taken]


class Died(Exception):  # noqa: N818 - what became of the process
    """The process ended here."""


class Winner:
    """A wallet that holds 10 winning shares of a resolved window."""

    def __init__(self, stage: LiveStage, journal: Steps) -> None:
        self.stage = stage
        self.chain = ChainWallet(stage.connection, journal, QUICK)
        self.redeemer = Redeemer(stage.connection, stage.venue.catalog, self.chain)

    def win(self, stage: LiveStage | None = None) -> None:
        market = (stage or self.stage).market
        post = self.stage.ground.stand_in.post
        post("wallets", wallet=self.stage.connection.settings.wallet, tokens={market.up: "10"})
        post("markets", condition_id=market.market_id, winner="Up")

    async def redeem(self, name: str = "1") -> ChainStep | None:
        holding = await self.stage.venue.account.holding(self.stage.now_us())
        return await self.redeemer.redeem(holding, action=name)

    @property
    def cash(self) -> int:
        return int(self.stage.ground.stand_in.wallet(self.stage.connection.settings.wallet)["cash"])

    @property
    def nonce(self) -> int:
        return int(
            self.stage.ground.stand_in.wallet(self.stage.connection.settings.wallet)["nonce"]
        )


async def winner(
    ground: Ground, journal: Steps, kind: str = "deposit", version: str = "v1"
) -> Winner:
    stage = await LiveStage.open(ground, kind=kind, version=version, timeout_s=3.0)
    made = Winner(stage, journal)
    made.win()
    return made


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("kind", ["deposit", "eoa", "proxy", "safe"])
async def test_a_won_window_becomes_cash(ground: Ground, kind: str, version: str) -> None:
    journal = Steps()
    one = await winner(ground, journal, kind, version)
    before = one.cash
    step = await one.redeem()
    assert step is not None
    assert journal.phases == [ChainPhase.PLANNED, ChainPhase.SUBMITTED, ChainPhase.DONE]
    assert one.cash == before + 10 * DOLLAR
    assert await one.redeem("2") is None
    await one.stage.close()


async def test_several_windows_go_in_one_transaction(ground: Ground) -> None:
    one = await winner(ground, Steps())
    other = await LiveStage.open(ground, timeout_s=3.0)
    await one.stage.venue.warm([other.market])
    one.win(other)
    before, nonce = one.cash, one.nonce
    step = await one.redeem()
    assert step is not None
    assert len(step.subjects) == 2
    assert (one.cash, one.nonce) == (before + 20 * DOLLAR, nonce + 1)
    await other.close()
    await one.stage.close()


async def test_shares_that_a_match_has_sold_are_not_redeemed(ground: Ground) -> None:
    """The chain shows them until the match is mined; redeemed, the sale would fail."""
    one = await winner(ground, Steps())
    holding = await one.stage.venue.account.holding(one.stage.now_us())
    [(token, market_id, size)] = holding.redeemable
    sold = replace(holding, redeemable=((token, market_id, size - DOLLAR),))
    nonce = one.nonce
    assert await one.redeemer.redeem(sold, action="1") is None
    assert one.nonce == nonce
    assert await one.redeem() is not None
    await one.stage.close()


async def test_an_answer_that_was_lost_is_resolved_by_nonce_and_balance(ground: Ground) -> None:
    journal = Steps()
    one = await winner(ground, journal)
    before, nonce = one.cash, one.nonce
    ground.stand_in.strike("relayer-cut-after-submit")
    step = await one.redeem()
    assert step is not None
    assert journal.phases == [ChainPhase.PLANNED, ChainPhase.UNANSWERED, ChainPhase.DONE]
    assert (one.cash, one.nonce) == (before + 10 * DOLLAR, nonce + 1)
    await one.stage.close()


@pytest.mark.parametrize("fault", ["relayer-transaction-fails", "receipt-reverted"])
async def test_a_transaction_that_failed_is_said_to_have_failed(ground: Ground, fault: str) -> None:
    journal = Steps()
    one = await winner(ground, journal, "eoa" if fault.startswith("receipt") else "deposit")
    before = one.cash
    ground.stand_in.strike(fault)
    step = await one.redeem()
    assert step is not None
    assert step.phase is ChainPhase.FAILED
    assert one.cash == before
    again = await one.redeem("2")
    assert again is not None
    assert again.phase is ChainPhase.DONE
    await one.stage.close()


@pytest.mark.parametrize(
    "fault", ["relayer-busy", "relayer-429", "relayer-nonce", "relayer-poll-502"]
)
async def test_a_busy_relayer_is_waited_for(ground: Ground, fault: str) -> None:
    one = await winner(ground, Steps())
    before = one.cash
    ground.stand_in.strike(fault)
    step = await one.redeem()
    assert step is not None
    assert step.phase is ChainPhase.DONE
    assert one.cash == before + 10 * DOLLAR
    await one.stage.close()


@pytest.mark.parametrize("fault", ["rpc-error", "rpc-502"])
async def test_a_node_that_fails_stops_before_anything_is_sent(ground: Ground, fault: str) -> None:
    journal = Steps()
    one = await winner(ground, journal, "eoa")
    nonce = one.nonce
    ground.stand_in.strike(fault)
    with pytest.raises(Temporary):
        await one.redeem()
    assert (journal.taken, one.nonce) == ([], nonce)
    await one.stage.close()


@pytest.mark.parametrize("kind", ["deposit", "eoa"])
@pytest.mark.parametrize("phase", [ChainPhase.PLANNED, ChainPhase.SUBMITTED])
async def test_a_process_that_died_at_a_step_goes_on_from_it(
    ground: Ground, kind: str, phase: ChainPhase
) -> None:
    """Died before the submit: it is found not to have happened. Died after it: to have."""
    journal = Steps(dies_at=phase)
    one = await winner(ground, journal, kind)
    before, nonce = one.cash, one.nonce
    with pytest.raises(Died):
        await one.redeem()
    journal.dies_at = None
    reborn = Winner(one.stage, journal)
    reborn.chain = ChainWallet(one.stage.connection, journal, Patience(5.0, 0.5, 0.05))
    reborn.redeemer = Redeemer(one.stage.connection, one.stage.venue.catalog, reborn.chain)
    step = await reborn.redeemer.resume(journal.taken[-1])
    if phase is ChainPhase.PLANNED:
        assert step.phase is ChainPhase.FAILED
        assert (one.cash, one.nonce) == (before, nonce)
    else:
        assert step.phase is ChainPhase.DONE
        assert (one.cash, one.nonce) == (before + 10 * DOLLAR, nonce + 1)
    await one.stage.close()


async def test_two_actions_at_once_take_turns(ground: Ground) -> None:
    one = await winner(ground, Steps(), "eoa")
    other = await LiveStage.open(ground, timeout_s=3.0)
    await one.stage.venue.warm([other.market])
    first = asyncio.create_task(one.redeem("1"))
    approvals = Approvals(one.stage.connection, one.chain)
    ground.stand_in.post("wallets", wallet=one.stage.connection.settings.wallet, approved=False)
    second = asyncio.create_task(approvals.grant(action="2"))
    done = await asyncio.gather(first, second)
    assert all(step is not None and step.phase.final for step in done)
    await other.close()
    await one.stage.close()


@pytest.mark.parametrize("kind", ["deposit", "eoa"])
async def test_only_what_trading_needs_is_granted(ground: Ground, kind: str) -> None:
    stage = await LiveStage.open(ground, kind=kind, timeout_s=3.0)
    ground.stand_in.post("wallets", wallet=stage.connection.settings.wallet, approved=False)
    journal = Steps()
    approvals = Approvals(stage.connection, ChainWallet(stage.connection, journal, QUICK))
    assert not any(one.granted for one in await approvals.show())
    step = await approvals.grant(action="1")
    assert step is not None
    assert step.phase is ChainPhase.DONE
    shown = await approvals.show()
    assert {one.spender for one in shown if one.granted} == {
        "standard_exchange", "exchange_v3", "collateral_adapter", "protocol_v2_router",
    }  # fmt: skip
    assert all(bool(one.needed_for) == one.granted for one in shown)
    assert await approvals.grant(action="2") is None
    await stage.close()


async def test_what_an_older_program_left_is_taken_over_once(tmp_path: Path) -> None:
    """The file of an older program: a torn last line was never taken, any other is refused."""
    assert left_over(tmp_path) == ()
    planned = ChainStep(
        action="a", kind="redeem", phase=ChainPhase.PLANNED, subjects=("1",), nonce=3
    )
    file = tmp_path / FILE_NAME
    steps = [planned, replace(planned, action="b"), replace(planned, phase=ChainPhase.DONE)]
    file.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in steps) + b'{"torn')
    journal = Steps()
    await take_over(tmp_path, journal)
    await take_over(tmp_path, journal)
    assert [step.action for step in journal.taken] == ["b"]
    assert left_over(tmp_path) == ()
    file.write_bytes(b"{}\n")
    with pytest.raises(Refused, match="line 1"):
        left_over(tmp_path)
