"""Groups keep their order, an error of COMMIT ends everything, and nobody waits for ever."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.ledger.ledger import SqliteLedger
from bot.domain.entry import Entry, FrameReached, Stamp
from bot.ports import CommitUnknown, Head, Permanent
from tests.contract.ledger.story import started

AT = Stamp(frame=1, at_us=1_767_225_600_000_000, decisions="a" * 64)
ONE: list[Entry] = [FrameReached()]


class Crash(BaseException):
    """The process ends here."""


def failing(boundary: str, error: BaseException, *, after: int = 0) -> Callable[[str], None]:
    """Return a fault that raises at a boundary, once some have passed."""
    passed = [after]

    def fault(at: str) -> None:
        if at == boundary:
            if not passed[0]:
                raise error
            passed[0] -= 1

    return fault


@pytest.mark.real_time
@pytest.mark.parametrize("threaded", [False, True])
async def test_an_error_of_commit_is_an_unknown_outcome(tmp_path: Path, *, threaded: bool) -> None:
    """The row is there, although COMMIT raised: so nobody may say that it is not."""
    fault = failing("after commit", OSError("I/O error"), after=1)
    ledger = SqliteLedger.open(tmp_path, threaded=threaded, fault=fault)
    first = await ledger.append([started(1)], AT)

    with pytest.raises(CommitUnknown, match="COMMIT raised OSError: I/O error"):
        await ledger.append(ONE, AT)
    with pytest.raises(CommitUnknown, match="an earlier commit failed"):
        await ledger.append(ONE, AT)

    assert ledger.head == first
    await ledger.close()
    again = SqliteLedger.open(tmp_path, threaded=False)
    assert again.head.seq == 2
    await again.close()


@pytest.mark.real_time
@pytest.mark.parametrize("threaded", [False, True])
async def test_an_error_before_commit_leaves_nothing(tmp_path: Path, *, threaded: bool) -> None:
    fault = failing("before commit", OSError("no"), after=1)
    ledger = SqliteLedger.open(tmp_path, threaded=threaded, fault=fault)
    first = await ledger.append([started(1)], AT)

    with pytest.raises(Permanent, match="nothing was written: no"):
        await ledger.append(ONE, AT)

    await ledger.close()
    again = SqliteLedger.open(tmp_path, threaded=False)
    assert again.head == first
    await again.close()


@pytest.mark.parametrize(("boundary", "kept"), [("before commit", 1), ("after commit", 2)])
async def test_a_simulated_crash_passes_through(tmp_path: Path, boundary: str, kept: int) -> None:
    """In virtual time: everything in memory is dropped, the files stay, the next one opens."""
    ledger = SqliteLedger.open(tmp_path, threaded=False, fault=failing(boundary, Crash(), after=1))
    await ledger.append([started(1)], AT)

    with pytest.raises(Crash):
        await ledger.append(ONE, AT)
    ledger.drop()

    again = SqliteLedger.open(tmp_path, threaded=False)
    assert again.head.seq == kept
    again.drop()


@pytest.mark.real_time
async def test_what_waits_is_committed_together(tmp_path: Path) -> None:
    """Many appends at once need far fewer commits, and each still has its own head."""
    commits: list[str] = []
    ledger = SqliteLedger.open(tmp_path, fault=commits.append)

    heads = await asyncio.gather(*(ledger.append(ONE, AT) for _ in range(200)))
    await ledger.close()

    assert [head.seq for head in heads] == list(range(1, 201))
    assert commits.count("after commit") < 100


@pytest.mark.real_time
async def test_an_append_that_nobody_awaits_any_more_is_still_written(tmp_path: Path) -> None:
    ledger = SqliteLedger.open(tmp_path)
    given_up = asyncio.create_task(ledger.append(ONE, AT))
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up

    head = await ledger.append(ONE, AT)

    assert head.seq == 2
    await ledger.close()


@pytest.mark.real_time
async def test_closing_commits_what_is_queued(tmp_path: Path) -> None:
    ledger = SqliteLedger.open(tmp_path)
    waiting = [asyncio.create_task(ledger.append(ONE, AT)) for _ in range(50)]
    await asyncio.sleep(0)

    await ledger.close()

    heads = await asyncio.gather(*waiting)
    assert [head.seq for head in heads] == list(range(1, 51))


@pytest.mark.real_time
async def test_a_commit_that_hangs_is_an_unknown_outcome(tmp_path: Path) -> None:
    """Bounded by the caller's limit; a thread in the kernel cannot be ended."""
    hang = asyncio.Event()
    loop = asyncio.get_running_loop()

    def fault(at: str) -> None:
        if at == "before commit":
            asyncio.run_coroutine_threadsafe(hang.wait(), loop).result()

    ledger = SqliteLedger.open(tmp_path, fault=fault, commit_s_max=1)
    with pytest.raises(CommitUnknown, match="took longer than 1 s"):
        await ledger.append(ONE, AT)
    with pytest.raises(CommitUnknown, match="hangs"):
        await ledger.append(ONE, AT)

    hang.set()
    await ledger.close()


async def test_many_appends_in_virtual_time(tmp_path: Path) -> None:
    ledger = SqliteLedger.open(tmp_path, threaded=False)
    before = asyncio.get_running_loop().time()

    heads = [await ledger.append(ONE, AT) for _ in range(100)]

    assert all(isinstance(head, Head) for head in heads)
    assert asyncio.get_running_loop().time() == before
    ledger.drop()
