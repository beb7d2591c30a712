"""Wins become cash beside the trading: what was begun first, one at a time, and patiently."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from bot.domain.entry import AlertRaised, Entry
from bot.domain.fill import ChainPhase, ChainStep
from bot.ports import Temporary
from bot.services.account.redeemer import Books, Redeemer

DONE, FAILED = ChainPhase.DONE, ChainPhase.FAILED
STEP = ChainStep(action="a", kind="redeem", phase=DONE, subjects=("t",), nonce=1)


class Wallet:
    """A chain that does what it is told to do, in order."""

    def __init__(self, *outcomes: ChainPhase | None) -> None:
        self.obstacle = ""
        self.outcomes = deque(outcomes)
        self.did: list[str] = []
        self.at_s: list[float] = []
        self.busy = 0

    async def redeem(self, action: str) -> ChainStep | None:
        """Do the next."""
        self.at_s.append(asyncio.get_running_loop().time())
        self.busy += 1
        assert self.busy == 1, "two at once"
        await asyncio.sleep(1)
        self.busy -= 1
        if not self.outcomes:
            return None
        phase = self.outcomes.popleft()
        if phase is None:
            raise Temporary("no answer")
        self.did.append(action)
        return replace(STEP, action=action, phase=phase)

    async def resume(self, step: ChainStep) -> ChainStep:
        """End it."""
        self.did.append(f"resume {step.action}")
        return replace(step, phase=DONE)


class Day:
    """A redeemer with its books."""

    def __init__(self, wallet: Wallet, *unfinished: ChainStep) -> None:
        self.left = list(unfinished)
        self.recorded: list[Entry] = []
        self.said: list[str] = []
        names = iter(range(100))
        books = Books(self._unfinished, self._record, lambda: f"a{next(names)}")
        self.redeemer = Redeemer(wallet, books, self._tell)

    def _unfinished(self) -> list[ChainStep]:
        left, self.left = self.left, []
        return left

    async def _record(self, entry: Entry) -> None:
        self.recorded.append(entry)

    def _tell(self, event: str, fields: Mapping[str, str]) -> None:
        del fields
        self.said.append(event)

    async def live(self, seconds: float) -> None:
        """Let it work."""
        running = asyncio.ensure_future(self.redeemer.run())
        await asyncio.wait({running}, timeout=seconds)
        running.cancel()


async def test_what_an_earlier_process_began_is_ended_first() -> None:
    wallet = Wallet(DONE)
    await Day(wallet, replace(STEP, phase=ChainPhase.SUBMITTED)).live(30)
    assert wallet.did == ["resume a", "a0"]


async def test_an_approval_is_not_ours_to_end() -> None:
    wallet = Wallet()
    await Day(wallet, replace(STEP, kind="approve", phase=ChainPhase.SUBMITTED)).live(30)
    assert wallet.did == []


async def test_everything_won_is_redeemed_in_turns_of_many() -> None:
    wallet = Wallet(DONE, DONE, DONE)
    day = Day(wallet)
    await day.live(30)
    assert wallet.did == ["a0", "a1", "a2"]
    assert day.said == ["redeem.done"] * 3


async def test_what_fails_is_tried_less_and_less_often_and_becomes_an_alert_once() -> None:
    wallet = Wallet(FAILED, None, FAILED, FAILED)
    day = Day(wallet)
    await day.live(3_000)
    pauses = [round(b - a) for a, b in zip(wallet.at_s, wallet.at_s[1:], strict=False)]
    assert pauses[:4] == [121, 241, 481, 901]
    (alert,) = day.recorded
    assert isinstance(alert, AlertRaised)
    assert alert.runbook == "runbooks/redeem.md"


async def test_a_settlement_wakes_it() -> None:
    wallet = Wallet()
    day = Day(wallet)
    running = asyncio.ensure_future(day.redeemer.run())
    await asyncio.sleep(10)
    day.redeemer.ask()
    await asyncio.sleep(20)
    running.cancel()
    assert [round(at_s) for at_s in wallet.at_s] == [0, 16]


async def test_a_wallet_that_cannot_redeem_is_told_of_once() -> None:
    wallet = Wallet(DONE)
    wallet.obstacle = "no key"
    day = Day(wallet)
    await day.live(3_000)
    assert (wallet.did, day.said) == ([], ["redeem.impossible"])
