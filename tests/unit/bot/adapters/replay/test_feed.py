"""A recording is handed out in order, by its own clock, from any frame, as fast as asked for."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from bot.adapters.replay.feed import BATCH_LINES, ReplayFeed
from bot.adapters.replay.source import LINE_BYTES_MAX
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    Together,
)
from bot.domain.refusal import ExitCode, Refused
from tests.unit.bot.adapters.replay.recordings import SECOND_US, day, events_of, write
from tests.unit.bot.adapters.wire.frames import AT_US, DOWN, UP, change, line, price_change

SUFFIXES = ("day.jsonl", "day.jsonl.zst")


@pytest.mark.parametrize("name", SUFFIXES)
async def test_a_day_is_handed_out_in_order_with_its_line_numbers(
    tmp_path: Path, name: str
) -> None:
    feed = ReplayFeed.open(write(tmp_path / name, day()))
    events = await events_of(feed)
    assert [type(event) for event in events] == [
        MarketSeen,
        BookReplaced,
        BookReplaced,
        *[BookChanged] * 6,
        MarketResolved,
    ]
    assert [event.frame for event in events] == [1, 2, 2, 3, 4, 5, 6, 7, 8, 9]
    assert feed.frames_total == 9


async def test_compressing_does_not_change_what_a_recording_is(tmp_path: Path) -> None:
    """A ledger would refuse to resume on it otherwise."""
    plain, packed = (ReplayFeed.open(write(tmp_path / name, day())) for name in SUFFIXES)
    assert plain.recording_hash == packed.recording_hash
    content = b"".join(each + b"\n" for each in day())
    assert plain.recording_hash == hashlib.sha256(content).hexdigest()
    other = ReplayFeed.open(write(tmp_path / "other.jsonl", day(7)))
    assert other.recording_hash != plain.recording_hash
    assert await events_of(plain) == await events_of(packed)


@pytest.mark.parametrize("name", SUFFIXES)
async def test_any_frame_can_be_the_first(tmp_path: Path, name: str) -> None:
    lines = day()
    lines.insert(4, b"broken")
    feed = ReplayFeed.open(write(tmp_path / name, lines))
    whole = await events_of(feed)
    for first in range(1, len(lines) + 3):
        assert await events_of(feed, first) == [each for each in whole if each.frame >= first]


async def test_bad_lines_are_counted_in_their_place(tmp_path: Path) -> None:
    lines = day()
    lines[3:3] = [b"not json", b"", line(price_change(change(size="-5")), at_us=AT_US + 2)]
    events = await events_of(ReplayFeed.open(write(tmp_path / "day.jsonl", lines)))
    refusals = [event for event in events if isinstance(event, FrameRefused)]
    assert [(each.frame, each.kind) for each in refusals] == [
        (4, "not_json"),
        (6, "time_backwards"),
    ]
    assert events[-1].frame == len(lines)


async def test_the_clock_is_that_of_the_event_last_handed_out(tmp_path: Path) -> None:
    feed = ReplayFeed.open(write(tmp_path / "day.jsonl", day()))
    assert feed.now_us() == AT_US
    async for batch in feed.batches(1):
        for event in batch:
            assert feed.now_us() == event.at_us
    async for batch in feed.batches(5):
        assert feed.now_us() == AT_US + 2 * SECOND_US
        list(batch)


async def test_a_batch_is_lazy(tmp_path: Path) -> None:
    """A paper venue's answer to one event finds its place before the next is made."""
    feed = ReplayFeed.open(write(tmp_path / "day.jsonl", day()))
    async for batch in feed.batches(1):
        next(iter(batch))
        assert feed.now_us() == AT_US
        break


async def test_a_long_day_comes_in_bounded_batches(tmp_path: Path) -> None:
    feed = ReplayFeed.open(write(tmp_path / "day.jsonl", day(2 * BATCH_LINES + 10)[:-1]))
    sizes = [len(list(batch)) async for batch in feed.batches(1)]
    assert max(sizes) <= BATCH_LINES
    assert sum(sizes) == 2 * BATCH_LINES + 12


async def test_a_frame_that_says_several_things_is_one_event(tmp_path: Path) -> None:
    """It is handled and committed whole or not at all: its number is what a resume goes by."""
    feed = ReplayFeed.open(write(tmp_path / "day.jsonl", day()))
    events = [event async for batch in feed.batches(1) for event in batch]
    assert [event.frame for event in events] == list(range(1, 10))
    assert isinstance(events[1], Together)
    assert [type(part) for part in events[1].parts] == [BookReplaced, BookReplaced]


async def test_a_paced_replay_takes_the_recorded_time_over_its_speed(tmp_path: Path) -> None:
    feed = ReplayFeed.open(write(tmp_path / "day.jsonl", day()), speed=10)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    paced = {}
    async for batch in feed.batches(1):
        for event in batch:
            paced[event.frame] = loop.time() - begun
    assert paced[1] == pytest.approx(0)
    assert paced[5] == pytest.approx(0.3)
    assert paced[9] == pytest.approx(90)


async def test_a_resumed_paced_replay_starts_at_once(tmp_path: Path) -> None:
    feed = ReplayFeed.open(write(tmp_path / "day.jsonl", day()), speed=1)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async for batch in feed.batches(8):
        assert list(batch)
        break
    assert loop.time() == begun


@pytest.mark.parametrize("speed", [-1.0, float("nan"), float("inf")])
def test_a_speed_that_is_none_is_refused(tmp_path: Path, speed: float) -> None:
    with pytest.raises(Refused, match="speed") as raised:
        ReplayFeed.open(write(tmp_path / "day.jsonl", day()), speed=speed)
    assert raised.value.code is ExitCode.USAGE


@pytest.mark.parametrize("cut", [1, 40, 100])
async def test_a_torn_last_line_is_a_warning(tmp_path: Path, cut: int) -> None:
    """It taints no book: nothing comes after it."""
    path = write(tmp_path / "day.jsonl", day())
    path.write_bytes(path.read_bytes()[:-cut])
    events = await events_of(ReplayFeed.open(path))
    if cut == 1:
        assert isinstance(events[-1], MarketResolved)
        return
    last = events[-1]
    assert isinstance(last, FrameRefused)
    assert (last.kind, last.frame, last.tokens) == ("torn_tail", 9, ())
    assert sum(isinstance(event, FrameRefused) for event in events) == 1


async def test_a_zstd_file_cut_anywhere_gives_what_is_before(tmp_path: Path) -> None:
    path = write(tmp_path / "day.jsonl.zst", day())
    content = path.read_bytes()
    whole = await events_of(ReplayFeed.open(path))
    for length in range(len(content) - 1, len(content) // 3, -7):
        path.write_bytes(content[:length])
        events = await events_of(ReplayFeed.open(path))
        good = [each for each in events if not isinstance(each, FrameRefused)]
        assert good == whole[: len(good)]
        torn = events[len(good) :]
        assert [type(each) for each in torn] in ([FrameRefused], [])


async def test_damage_in_a_zstd_file_ends_the_day_with_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path / "day.jsonl.zst", day())
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + bytes(500))
    events = await events_of(ReplayFeed.open(path))
    last = events[-1]
    assert isinstance(last, FrameRefused)
    assert last.kind == "torn_tail"


async def test_a_file_that_grows_is_read_as_far_as_it_was_hashed(tmp_path: Path) -> None:
    path = write(tmp_path / "day.jsonl", day())
    feed = ReplayFeed.open(path)
    with path.open("ab") as file:
        file.write(line(price_change(change()), at_us=AT_US + 901 * SECOND_US) + b"\n")
    assert (await events_of(feed))[-1].frame == 9


async def test_a_line_without_an_end_is_bounded(tmp_path: Path) -> None:
    lines = day()
    lines.insert(3, b'{"at_us": 1, "x": "' + b"x" * (LINE_BYTES_MAX + (1 << 20)) + b'"}')
    events = await events_of(ReplayFeed.open(write(tmp_path / "day.jsonl", lines)))
    refusals = [event for event in events if isinstance(event, FrameRefused)]
    assert [(each.frame, each.kind) for each in refusals] == [(4, "not_json")]
    assert set(refusals[0].tokens) == {UP, DOWN}
    assert events[-1].frame == len(lines)


async def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "day.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"".join(each + b"\r\n" for each in day()))
    assert len(await events_of(ReplayFeed.open(path))) == 10


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "is no recording"),
        (bytes(range(256)) * 40, "is no recording"),
        (b"PK\x03\x04" + b"\x00" * 100, "is no recording"),
        (b"\x1f\x8b\x08\x00" + b"\n" * 5_000, "is no recording"),
        (b"\x28\xb5\x2f\xfd" + b"\x00" * 40, "is no recording"),
        (b"time,bid,ask\n1,2,3\n", "is no recording"),
        (b'{"a": 1}\n', "is no recording"),
    ],
    ids=["empty", "blank", "binary", "zip", "gzip", "broken zstd", "csv", "json"],
)
def test_what_is_no_recording_is_refused_in_one_line(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "day.jsonl"
    path.write_bytes(content)
    with pytest.raises(Refused, match=says) as raised:
        ReplayFeed.open(path)
    assert raised.value.code is ExitCode.REFUSED
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (line({}, "rtds", AT_US), "line 4: stream is 'rtds', known are gamma, market"),
        (line([{"version": "v9", "conditionId": "0x1", "outcomes": []}], "gamma"), "line 4: "),
    ],
)
def test_what_this_program_cannot_trade_is_refused_before_anything_is_handed_out(
    tmp_path: Path, bad: bytes, says: str
) -> None:
    lines = day()
    lines.insert(3, bad)
    with pytest.raises(Refused, match=says) as raised:
        ReplayFeed.open(write(tmp_path / "day.jsonl.zst", lines))
    assert raised.value.code is ExitCode.REFUSED
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(Refused, match="cannot be read") as raised:
            ReplayFeed.open(path)
        assert raised.value.code is ExitCode.USAGE
