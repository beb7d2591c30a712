"""The recorder numbers lines, keeps them, stays within its bounds, and never stands in the way."""

import json
import threading
from pathlib import Path

import pytest
from typing_extensions import override

from bot.adapters.replay.recorder import SUFFIX, Bounds, Recorder, parts
from bot.adapters.replay.recording import open_recording
from bot.adapters.replay.source import Tail, lines
from bot.adapters.wire.decoder import Decoder
from bot.domain.entry import TradingState
from bot.domain.event import FrameRefused, TimerFired, TradingAsked
from bot.domain.refusal import Refused

AT_US = 1_790_586_000_000_000
FRAME = b'{"event_type":"best_bid_ask","asset_id":"1"}'


class Told:
    """Keeps what a person would be told."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def __call__(self, event: str, _: str) -> None:
        self.events.append(event)


def written(folder: Path) -> list[bytes]:
    return [line for part in parts(folder) for group in lines(part, Tail()) for line in group]


def test_a_number_is_the_line_and_lines_are_verbatim(tmp_path: Path) -> None:
    tape = Recorder(tmp_path, Told())
    assert [tape.write(AT_US + n, "market", FRAME) for n in range(3)] == [1, 2, 3]
    assert tape.write(AT_US + 3, "market", FRAME, conflated=True) == 4
    assert tape.write_ours(TimerFired(3, AT_US + 4)) == 5
    assert tape.write(AT_US + 5, "market", b"{cut") == 6
    tape.close()
    read = [json.loads(line) for line in written(tmp_path)]
    assert read[0] == {"at_us": AT_US, "stream": "market", "frame": json.loads(FRAME)}
    assert read[3]["conflated"] is True
    assert read[4]["frame"] == {"event": "timer_fired", "after": 3}
    assert read[5]["frame"] == "{cut"


def test_it_goes_on_after_what_is_there_or_after_the_ledger(tmp_path: Path) -> None:
    for after, first in ((0, 1), (0, 3), (40, 41)):
        tape = Recorder(tmp_path, Told(), after=after)
        assert tape.write(AT_US, "market", FRAME) == first
        tape.write(AT_US, "market", FRAME)
        tape.close()
    assert [part.name for part in parts(tmp_path)] == [
        f"{first:012d}{SUFFIX}" for first in (1, 3, 41)
    ]


def test_parts_one_behind_the_other_are_one_recording(tmp_path: Path) -> None:
    tape = Recorder(tmp_path, Told(), bounds=Bounds(part_bytes=1_000))
    for n in range(100):
        tape.write(AT_US + n, "market", FRAME)
        assert tape.settle()
    tape.close()
    found = parts(tmp_path)
    assert len(found) > 5
    day = tmp_path / "day.jsonl.zst"
    day.write_bytes(b"".join(part.read_bytes() for part in found))
    assert open_recording(day).frames == 100
    assert not open_recording(day).torn


def test_the_oldest_parts_make_room(tmp_path: Path) -> None:
    told = Told()
    tape = Recorder(tmp_path, told, bounds=Bounds(part_bytes=1, total_bytes=1_000))
    for n in range(60):
        tape.write(AT_US + n, "market", FRAME)
        tape.settle()
    tape.close()
    assert "recording.removed" in told.events
    assert sum(part.stat().st_size for part in parts(tmp_path)) < 1_200
    assert parts(tmp_path)[-1].name == f"{60:012d}{SUFFIX}"


class Hanging(Told):
    """Holds the recorder's thread up in the middle of its work, as a slow disk does."""

    def __init__(self) -> None:
        super().__init__()
        self.held, self.free = threading.Event(), threading.Event()

    @override
    def __call__(self, event: str, detail: str) -> None:
        super().__call__(event, detail)
        if event == "recording.removed":
            self.held.set()
            assert self.free.wait(10)


def test_what_finds_no_room_is_a_marked_hole_and_moves_no_number(tmp_path: Path) -> None:
    first = Recorder(tmp_path, Told())
    first.write(AT_US, "market", FRAME)
    first.close()
    told = Hanging()
    tape = Recorder(tmp_path, told, bounds=Bounds(waiting_bytes=300, total_bytes=0))
    assert tape.write(AT_US, "market", FRAME) == 2
    assert told.held.wait(10)
    assert [tape.write(AT_US, "market", FRAME) for _ in range(50)] == list(range(3, 53))
    lost = tape.lost
    assert 0 < lost < 50
    told.free.set()
    assert tape.settle()
    assert tape.write(AT_US, "market", FRAME) == 53
    tape.close()
    read = written(tmp_path)
    assert (len(read), read.count(b"")) == (52, lost - 1)
    [mark] = Decoder(ours=True).line(read[-2], 52)
    assert isinstance(mark, FrameRefused)
    assert (mark.kind, mark.frame) == ("not_recorded", 52 - 1)
    assert told.events == ["recording.removed", "recording.losing", "recording.resumed"]


def test_a_failing_disk_stops_nothing_and_is_told(tmp_path: Path) -> None:
    told = Told()
    folder = tmp_path / "gone"
    tape = Recorder(folder, told)
    (folder / f"{1:012d}{SUFFIX}").mkdir()
    assert [tape.write(AT_US, "market", FRAME) for _ in range(3)] == [1, 2, 3]
    tape.settle()
    tape.close()
    assert told.events == ["recording.stopped"]


def test_the_shells_first_wish_has_no_time_and_takes_the_lines(tmp_path: Path) -> None:
    tape = Recorder(tmp_path, Told())
    tape.write(AT_US, "market", FRAME)
    tape.write_ours(TradingAsked(0, 0, TradingState.ACTIVE, "agreed"))
    with pytest.raises(AssertionError):
        tape.write(AT_US - 1, "market", FRAME)
    tape.close()
    assert json.loads(written(tmp_path)[1])["at_us"] == AT_US


def test_two_recorders_in_one_folder_are_refused(tmp_path: Path) -> None:
    tape = Recorder(tmp_path, Told())
    with pytest.raises(Refused, match="another process records there"):
        Recorder(tmp_path, Told())
    tape.close()
    Recorder(tmp_path, Told()).close()


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="recording folder"):
        Recorder(tmp_path / "file", Told())
