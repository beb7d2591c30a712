"""What is written reads back, and a kill costs only what was not flushed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.replay.feed import ReplayFeed
from bot.adapters.replay.source import Tail, lines
from bot.adapters.replay.writer import RecordingWriter
from bot.domain.event import FrameRefused, StopAsked
from tests.unit.bot.adapters.replay.recordings import events_of
from tests.unit.bot.adapters.wire.frames import AT_US, book, gamma

NAMES = ("day.jsonl", "day.jsonl.zst")


def read(path: Path) -> list[bytes]:
    return [line for group in lines(path, Tail()) for line in group]


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_written_reads_back(tmp_path: Path, name: str) -> None:
    with RecordingWriter(tmp_path / name) as writer:
        assert writer.write(AT_US, "gamma", json.dumps(gamma(), indent=2).encode()) == 1
        assert writer.write(AT_US + 1, "market", json.dumps(book()).encode()) == 2
        assert writer.write_ours(StopAsked(2, AT_US + 2, "SIGTERM")) == 3
    feed = ReplayFeed.open(tmp_path / name, ours=True)
    events = await events_of(feed)
    assert [event.frame for event in events] == [1, 2, 2]
    assert events[-1] == StopAsked(2, AT_US + 2, "SIGTERM")


@pytest.mark.parametrize("name", NAMES)
def test_a_payload_goes_in_verbatim(tmp_path: Path, name: str) -> None:
    payload = b'{"event_type" : "book",  "price": ".480" }'
    with RecordingWriter(tmp_path / name) as writer:
        writer.write(5, "market", payload)
    assert read(tmp_path / name) == [
        b'{"at_us":5,"stream":"market","frame":%s}' % payload,
    ]


async def test_a_payload_that_is_no_json_stays_a_bad_frame_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "day.jsonl"
    with RecordingWriter(path) as writer:
        writer.write(AT_US, "gamma", json.dumps(gamma()).encode())
        writer.write(AT_US, "market", b'half a {"frame"\n and a line')
        writer.write(AT_US, "market", json.dumps(book()).encode())
    events = await events_of(ReplayFeed.open(path))
    assert [event.frame for event in events] == [1, 2, 3]
    assert isinstance(events[1], FrameRefused)


@pytest.mark.parametrize("name", NAMES)
async def test_what_was_flushed_survives_what_was_not(tmp_path: Path, name: str) -> None:
    writer = RecordingWriter(tmp_path / name)
    writer.write(AT_US, "gamma", json.dumps(gamma()).encode())
    writer.flush()
    writer.write(AT_US, "market", json.dumps(book()).encode())
    assert len(await events_of(ReplayFeed.open(tmp_path / name))) == 1
    writer.close()
    writer.close()
    assert len(await events_of(ReplayFeed.open(tmp_path / name))) == 2


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    RecordingWriter(tmp_path / "day.jsonl").close()
    with pytest.raises(FileExistsError):
        RecordingWriter(tmp_path / "day.jsonl")


def test_a_stream_that_is_none_is_a_bug(tmp_path: Path) -> None:
    with (
        RecordingWriter(tmp_path / "day.jsonl") as writer,
        pytest.raises(AssertionError, match="rtds"),
    ):
        writer.write(1, "rtds", b"{}")


@given(st.lists(st.binary(max_size=30), max_size=6))
def test_any_payload_is_one_line(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("any") / "day.jsonl.zst"
    with RecordingWriter(path) as writer:
        for payload in payloads:
            writer.write(1, "market", payload)
    written = read(path)
    assert len(written) == len(payloads)
    for text in written:
        assert text.startswith(b'{"at_us":1,"stream":"market","frame":')
        assert text.endswith(b"}")
