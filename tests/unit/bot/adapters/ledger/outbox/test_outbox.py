"""An alert is on disk with its event or not at all, and its delivery is no part of the truth."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.ledger import driver
from bot.adapters.ledger.ledger import FILE_NAME, SqliteLedger
from bot.adapters.ledger.outbox import store
from bot.adapters.ledger.outbox.listing import listed
from bot.adapters.ledger.proof.content import content_hash
from bot.adapters.ledger.proof.verify import verify
from bot.domain.entry import Entry, FrameReached, Stamp, TradingState, TradingStateSet
from bot.ports import CommitUnknown, Permanent, Posting
from tests.contract.ledger.story import ALERT, day, started

SECOND = 1_000_000
AT = Stamp(frame=1, at_us=1_767_225_600_000_000, decisions="a" * 64)
HALT = TradingStateSet(TradingState.HALTED, "latch 1: hung: no beat")
ACTIVE = TradingStateSet(TradingState.ACTIVE, "agreed")


def later(seconds: int) -> Stamp:
    return replace(AT, at_us=AT.at_us + seconds * SECOND)


def opened(place: Path, **given: object) -> SqliteLedger:
    return SqliteLedger.open(place, threaded=False, **given)  # type: ignore[arg-type]


async def test_an_alert_waits_where_its_event_is(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    await ledger.append([started(1), HALT], AT)
    [one] = ledger.waiting()
    assert (one.seq, one.at_us, one.kind, one.repeats) == (2, AT.at_us, "trading.halted", 0)
    assert one.runbook == "runbooks/resume.md"
    await ledger.close()
    assert [row.title for row in listed(tmp_path, every=False, limit=9)] == ["trading is halted"]


@pytest.mark.parametrize("boundary", ["before commit", "after commit"])
async def test_a_crash_leaves_both_or_neither(tmp_path: Path, boundary: str) -> None:
    class Crash(BaseException):
        pass

    def fault(at: str) -> None:
        if at == boundary and armed:
            raise Crash

    armed = False
    ledger = opened(tmp_path, fault=fault)
    await ledger.append([started(1)], AT)
    armed = True
    with pytest.raises(Crash):
        await ledger.append([HALT], AT)
    ledger.drop()
    again = opened(tmp_path)
    assert len(again.waiting()) == again.head.seq - 1 == (boundary == "after commit")
    again.drop()


async def test_the_same_again_is_counted_until_it_was_quiet_long_enough(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    for seconds in (0, 10, 3_599, 3_600, 3_700):
        await ledger.append([ALERT], later(seconds))
    first, second = ledger.waiting()
    assert (first.repeats, first.last_us) == (2, later(3_599).at_us)
    assert (second.repeats, second.at_us) == (1, later(3_600).at_us)
    await ledger.close()


async def test_a_pause_that_comes_back_is_told_again_and_so_is_its_end(tmp_path: Path) -> None:
    pause = TradingStateSet(TradingState.HALTED, "feed: frozen")
    ledger = opened(tmp_path)
    for seconds, entry in enumerate((ACTIVE, pause, ACTIVE, pause)):
        await ledger.append([entry], later(seconds))
    await ledger.close()
    again = opened(tmp_path)  # the state before is read back from disk
    await again.append([ACTIVE], later(9))
    kinds = [one.kind.removeprefix("trading.") for one in again.waiting()]
    assert kinds == ["halted", "active", "halted", "active"]
    await again.close()


@pytest.mark.real_time
@pytest.mark.parametrize("threaded", [False, True])
async def test_what_was_taken_is_marked_and_what_is_done_waits_no_more(
    tmp_path: Path, *, threaded: bool
) -> None:
    ledger = SqliteLedger.open(tmp_path, threaded=threaded)
    head = await ledger.append([started(1), HALT, replace(ALERT, key="b")], AT)
    one, two = (alert.number for alert in ledger.waiting())
    await asyncio.to_thread(ledger.note, [Posting(one, "c", 5), Posting(one, "c", 6)])
    assert ledger.taken("c") == {one}
    assert ledger.taken("d") == frozenset()
    await asyncio.to_thread(ledger.note, [Posting(one, state="sent")])
    assert [alert.number for alert in ledger.waiting()] == [two]
    assert ledger.head == head
    assert (await ledger.append([FrameReached()], AT)).seq == head.seq + 1
    await ledger.close()
    rows = listed(tmp_path, every=True, limit=9)
    assert [(row.alert, row.state, row.channels) for row in rows] == [
        (two, "open", ""), (one, "sent", "c"),
    ]  # fmt: skip


async def test_marks_in_an_empty_ledger_make_no_event(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    with pytest.raises(Permanent, match="FOREIGN KEY"):
        ledger.note([Posting(7, "c", 1)])
    assert (await ledger.append([started(1)], AT)).seq == 1, "a mark that fails closes nothing"
    await ledger.close()
    assert opened(tmp_path).head.seq == 1


async def test_delivery_changes_neither_hash_and_verify_does_not_judge_it(tmp_path: Path) -> None:
    """Two copies of one day, one with everything sent: the same truth."""
    hashes = []
    for name in ("silent", "sent"):
        (tmp_path / name).mkdir()
        ledger = opened(tmp_path / name)
        for entries, stamp in day(4, windows=3):
            await ledger.append(entries, stamp)
        waiting = ledger.waiting()
        assert waiting
        if name == "sent":
            ledger.note([Posting(one.number, "c", 9) for one in waiting])
            ledger.note([Posting(one.number, state="sent") for one in waiting])
        head = ledger.head
        await ledger.close()
        file = tmp_path / name / FILE_NAME
        with closing(driver.open_reader(file)) as reader:
            hashes.append((content_hash(reader), head.hash, head.stamp.decisions))
        assert verify(file).ok
    assert hashes[0] == hashes[1]


async def test_what_is_done_is_forgotten_beyond_a_bound(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    many: list[Entry] = [replace(ALERT, key=str(n)) for n in range(30)]
    await ledger.append(many, AT)
    await ledger.close()
    connection = driver.open_writer(tmp_path / FILE_NAME)
    store.note(connection, [Posting(n, "c", 1) for n in range(1, 31)])
    store.note(connection, [Posting(n, state="sent") for n in range(1, 31) if n != 2])
    connection.execute(
        "INSERT INTO alerts SELECT 10031, seq, at_us, kind, severity, dedup_key, title, detail,"
        " runbook, 0, last_us, 'open' FROM alerts LIMIT 1"
    )
    store.note(connection, [])
    kept = [row[0] for row in connection.execute("SELECT alert FROM alerts ORDER BY alert")]
    taken = connection.execute("SELECT count(*) FROM deliveries WHERE alert = 1").fetchone()
    connection.close()
    assert kept == [2, 10031], "what waits is never forgotten"
    assert taken == (0,)


@pytest.mark.real_time
async def test_a_closed_ledger_takes_no_marks(tmp_path: Path) -> None:
    ledger = SqliteLedger.open(tmp_path)
    await ledger.append([started(1), HALT], AT)
    await ledger.close()
    with pytest.raises((Permanent, CommitUnknown)):
        await asyncio.to_thread(ledger.note, [Posting(1, "c", 1)])


@pytest.mark.real_time
async def test_each_commit_is_measured(tmp_path: Path) -> None:
    took: list[float] = []
    measured: Callable[[float], object] = took.append
    ledger = SqliteLedger.open(tmp_path)
    ledger.measure(measured)
    await ledger.append([started(1)], AT)
    await ledger.append([FrameReached()], AT)
    await ledger.close()
    assert len(took) == 2
    assert all(0 < one < 60 for one in took)
