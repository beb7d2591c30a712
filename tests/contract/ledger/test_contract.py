"""What every ledger promises: see the port. Nothing here knows how one keeps its word."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.domain import entry as entries
from bot.domain.entry import Entry, Recorded, Stamp
from bot.domain.market import MarketId
from bot.domain.money import Shares, Usd
from bot.domain.order import IntentId, OrderHash, OrderState
from bot.ports import GENESIS, Head, Ledger, Permanent
from tests.contract.ledger.conftest import Open
from tests.contract.ledger.story import Transaction, day, market, started

AT = Stamp(frame=1, at_us=1_767_225_600_000_000, decisions="a" * 64)
ORPHAN = entries.OrderChanged(
    OrderHash("0xnone"), IntentId("none"), MarketId("none"), OrderState.OPEN, "", Shares(0)
)


@asynccontextmanager
async def opened(open_ledger: Open) -> AsyncIterator[Ledger]:
    ledger = open_ledger()
    try:
        yield ledger
    finally:
        await ledger.close()


async def tell(ledger: Ledger, story: Sequence[Transaction]) -> list[Head]:
    return [await ledger.append(said, stamp) for said, stamp in story]


def flat(story: Sequence[Transaction]) -> list[tuple[Entry, Stamp]]:
    return [(entry, stamp) for said, stamp in story for entry in said]


def market_of(entry: Entry) -> MarketId | None:
    """Say whose an entry is, by the model."""
    match entry:
        case entries.MarketListed():
            return entry.market.market_id
        case entries.IntentRecorded():
            return entry.intent.terms.market_id
        case entries.FillRecorded() | entries.FillReversed():
            return entry.fill.market_id
        case entries.PositionSettled():
            return entry.position.market_id
        case (
            entries.MarketSettled()
            | entries.IntentDenied()
            | entries.FlattenBegun()
            | entries.OrderChanged()
            | entries.FillProved()
        ):
            return entry.market_id
        case _:
            return None


def unsettled_of(said: Sequence[Recorded]) -> list[Recorded]:
    """Return the entries of markets listed and not settled, by the model."""
    listed = {market_of(r.entry) for r in said if isinstance(r.entry, entries.MarketListed)}
    settled = {market_of(r.entry) for r in said if isinstance(r.entry, entries.MarketSettled)}
    return [r for r in said if market_of(r.entry) in listed - settled]


def cash_of(said: Sequence[Recorded]) -> Usd:
    """Return cash after the last entry that says it, by the model."""
    spoken = [
        r.entry.cash
        for r in said
        if isinstance(
            r.entry,
            entries.CapitalDeposited
            | entries.FillRecorded
            | entries.FillReversed
            | entries.PositionSettled,
        )
    ]
    return spoken[-1] if spoken else Usd(0)


async def test_an_empty_ledger_starts_at_genesis(open_ledger: Open) -> None:
    async with opened(open_ledger) as ledger:
        assert ledger.head == Head(seq=0, stamp=Stamp(0, 0, GENESIS), hash=GENESIS)
        assert not ledger.entries()
        assert not ledger.unsettled()
        assert not ledger.recent(10)
        assert ledger.cash() == Usd(0)
        assert ledger.started() is None
        assert ledger.trading_state() is None


async def test_what_is_told_is_read_back(open_ledger: Open) -> None:
    story = day(1, windows=24)
    async with opened(open_ledger) as ledger:
        heads = await tell(ledger, story)
        read = ledger.entries()

    assert [(r.entry, r.stamp) for r in read] == flat(story)
    assert [r.seq for r in read] == list(range(1, len(read) + 1))
    assert heads[-1] == Head(seq=read[-1].seq, stamp=read[-1].stamp, hash=read[-1].hash)
    kinds = {type(r.entry) for r in read}
    assert kinds == set(entries.Entry.__args__), "the story must have every kind of entry"


async def test_it_is_still_there_when_opened_again(open_ledger: Open) -> None:
    async with opened(open_ledger) as ledger:
        await tell(ledger, day(2))
        head, read, open_then = ledger.head, ledger.entries(), ledger.unsettled()

    async with opened(open_ledger) as again:
        assert again.head == head
        assert again.entries() == read
        assert again.unsettled() == open_then
        await again.append([started(2, previous_seq=head.seq, previous_hash=head.hash)], AT)
        assert again.head.seq == head.seq + 1


async def test_a_transaction_is_one_step(open_ledger: Open) -> None:
    """Its head counts all of its entries, and all carry its stamp."""
    async with opened(open_ledger) as ledger:
        head = await ledger.append([entries.FrameReached()] * 3, AT)
        stamps = {r.stamp for r in ledger.entries()}

    assert head.seq == 3
    assert stamps == {AT}


async def test_concurrent_appends_keep_the_order_of_the_calls(open_ledger: Open) -> None:
    story = day(3, windows=10)
    async with opened(open_ledger) as ledger:
        heads = await asyncio.gather(*(ledger.append(said, stamp) for said, stamp in story))
        read = ledger.entries()

    assert [(r.entry, r.stamp) for r in read] == flat(story)
    assert [head.seq for head in heads] == sorted(head.seq for head in heads)


async def test_a_returned_head_can_be_read_at_once(open_ledger: Open) -> None:
    async with opened(open_ledger) as ledger:
        for _ in range(20):
            head = await ledger.append([entries.FrameReached()], AT)
            assert ledger.head == head
            assert ledger.recent(1)[0].seq == head.seq


async def test_a_range_is_open_below_and_closed_above(open_ledger: Open) -> None:
    async with opened(open_ledger) as ledger:
        await tell(ledger, day(4))
        every = ledger.entries()

        assert ledger.entries(after_seq=3, upto_seq=7) == every[3:7]
        assert ledger.entries(after_seq=len(every)) == []
        assert ledger.recent(5) == every[-5:]
        assert ledger.recent(10_000) == every


@pytest.mark.parametrize("seed", range(5))
async def test_unsettled_and_cash_are_what_the_entries_say(open_ledger: Open, seed: int) -> None:
    """At every sequence, also one long past: a resume asks for the books of then."""
    async with opened(open_ledger) as ledger:
        await tell(ledger, day(seed, windows=4, unsettled=2))
        every = list(ledger.entries())
        for upto in range(len(every) + 1):
            assert ledger.unsettled(upto_seq=upto) == unsettled_of(every[:upto])
            assert ledger.cash(upto_seq=upto) == cash_of(every[:upto])
        assert ledger.unsettled() == unsettled_of(every)
        assert ledger.cash() == cash_of(every)


async def test_the_last_boot_and_trading_state_are_known(open_ledger: Open) -> None:
    halted = entries.TradingStateSet(entries.TradingState.HALTED, "a drill")
    async with opened(open_ledger) as ledger:
        await tell(ledger, day(6))
        first = ledger.trading_state()
        head = await ledger.append([started(2), halted], AT)
        last, boot = ledger.trading_state(), ledger.started()

        assert first is not None
        assert ledger.trading_state(upto_seq=head.seq - 1) == first
        assert last is not None
        assert last.entry == halted
        assert boot is not None
        assert boot.entry == started(2)
        assert ledger.started(upto_seq=head.seq - 2) == ledger.entries(upto_seq=1)[0]


async def test_the_sequence_before_a_frame_is_found(open_ledger: Open) -> None:
    async with opened(open_ledger) as ledger:
        await tell(ledger, day(10))
        every = ledger.entries()
        for frame in range(every[-1].stamp.frame + 2):
            before = [r.seq for r in every if r.stamp.frame < frame]
            assert ledger.seq_before(frame) == max(before, default=0)


async def test_a_market_that_changes_after_its_end_stays_settled(open_ledger: Open) -> None:
    async with opened(open_ledger) as ledger:
        await tell(ledger, day(7, windows=2, unsettled=0))
        await ledger.append([entries.MarketListed(replace(market(0), accepting_orders=False))], AT)

        assert ledger.unsettled() == []


async def test_every_event_has_a_hash_of_its_own(open_ledger: Open) -> None:
    """The same entry said twice has two hashes, because each holds the one before it."""
    async with opened(open_ledger) as ledger:
        heads = [await ledger.append([entries.FrameReached()], AT) for _ in range(50)]

    assert len({head.hash for head in heads} | {GENESIS}) == 51


async def test_an_entry_about_nothing_is_refused_and_ends_it(open_ledger: Open) -> None:
    """An order nobody recorded is a bug: nothing of the transaction stays, nothing follows it."""
    async with opened(open_ledger) as ledger:
        before = await ledger.append([started(1)], AT)
        with pytest.raises(Permanent, match="not in the ledger"):
            await ledger.append([entries.FrameReached(), ORPHAN], AT)
        with pytest.raises(Permanent, match="closed"):
            await ledger.append([entries.FrameReached()], AT)
        assert ledger.head == before

    async with opened(open_ledger) as again:
        assert again.head == before


async def test_what_was_said_before_a_refused_entry_is_kept(open_ledger: Open) -> None:
    """Also where a group commit would have taken them together; what comes after is not."""
    async with opened(open_ledger) as ledger:
        outcomes = await asyncio.gather(
            ledger.append([started(1)], AT),
            ledger.append([entries.FrameReached()], AT),
            ledger.append([ORPHAN], AT),
            ledger.append([entries.FrameReached()], AT),
            return_exceptions=True,
        )

        assert [isinstance(outcome, Head) for outcome in outcomes] == [True, True, False, False]
        assert [type(r.entry) for r in ledger.entries()] == [
            entries.SessionStarted,
            entries.FrameReached,
        ]


async def test_a_closed_ledger_takes_nothing(open_ledger: Open) -> None:
    ledger = open_ledger()
    await ledger.close()
    await ledger.close()

    with pytest.raises(Permanent):
        await ledger.append([entries.FrameReached()], AT)
