"""The latch: what is a halt, what clears it, and that only that does."""

from pathlib import Path

import pytest

from bot.watchdog.kill import latch as latches
from bot.watchdog.kill.latch import Cleared, Latch

HALT = Latch(id="a-1", cause="person", reason="why", who="me", at_us=7)
CLEARED = Cleared(id="a-1", who="me", reason="gone", at_us=8)


def boot(folder: Path, **given: str) -> Latch | None:
    return latches.at_boot(folder, {f"POLY_{name.upper()}": v for name, v in given.items()}, "x")


def test_an_empty_folder_is_no_halt_and_an_armed_one_neither(tmp_path: Path) -> None:
    assert latches.read(tmp_path) is None
    latches.arm(tmp_path, "a-1")
    assert latches.read(tmp_path) is None
    assert (tmp_path / "halt.armed").stat().st_size == 4096


@pytest.mark.parametrize("armed", [True, False])
def test_what_is_pulled_is_read_back(tmp_path: Path, *, armed: bool) -> None:
    if armed:
        latches.arm(tmp_path, "other")
    latches.pull(tmp_path, HALT)
    assert latches.read(tmp_path) == HALT
    assert not (tmp_path / "halt.armed").exists()


def test_the_first_halt_stays(tmp_path: Path) -> None:
    latches.pull(tmp_path, HALT)
    latches.pull(tmp_path, Latch(id="a-2", cause="hung", reason="", who="", at_us=9))
    assert latches.read(tmp_path) == HALT


def test_a_long_reason_is_cut_and_still_read(tmp_path: Path) -> None:
    latches.arm(tmp_path, "a-1")
    latches.pull(tmp_path, Latch(id="a-1", cause="c", reason="\u20ac" * 5000, who="w", at_us=1))
    found = latches.read(tmp_path)
    assert found is not None
    assert (found.readable, len(found.reason)) == (True, 500)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"format": 2, "id": "x", "cause": "", "reason": "", "who": "", "at_us": 1}',
        b'{"format": 1, "id": "", "cause": "", "reason": "", "who": "", "at_us": 1}',
        b'{"format": 1, "id": "x", "cause": "", "reason": "", "who": "", "at_us": "1"}',
        b"\x00\xff",
    ],
)
def test_what_cannot_be_read_is_a_halt_with_an_id_of_its_own(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "halt.latch").write_bytes(content)
    found = latches.read(tmp_path)
    assert found is not None
    assert not found.readable
    assert boot(tmp_path, resume=found.id) is None


def test_a_folder_in_its_place_is_a_halt(tmp_path: Path) -> None:
    (tmp_path / "halt.latch").mkdir()
    assert latches.read(tmp_path) is not None


def test_clearing_needs_the_very_id(tmp_path: Path) -> None:
    latches.pull(tmp_path, HALT)
    latches.clear(tmp_path, Cleared(id="a-2", who="me", reason="", at_us=1))
    assert latches.read(tmp_path) == HALT
    latches.clear(tmp_path, CLEARED)
    assert latches.read(tmp_path) is None
    assert latches.history(tmp_path)[-1] == CLEARED


def test_a_variable_clears_once(tmp_path: Path) -> None:
    latches.pull(tmp_path, HALT)
    assert boot(tmp_path, resume="a-1") is None
    latches.pull(tmp_path, HALT)
    assert boot(tmp_path, resume="a-1") == HALT


def test_an_outside_halt_is_kept_on_disk_until_its_id_is_resumed(tmp_path: Path) -> None:
    found = boot(tmp_path, halt="o-1")
    assert found is not None
    assert (found.id, found.cause) == ("o-1", "outside")
    assert boot(tmp_path) == found
    assert boot(tmp_path, halt="o-1", resume="o-1") is None
    assert boot(tmp_path, halt="o-1") is None
    again = boot(tmp_path, halt="o-2", resume="o-1")
    assert again is not None
    assert again.id == "o-2"


def test_a_latch_is_not_cleared_by_resuming_the_outside_halt(tmp_path: Path) -> None:
    latches.pull(tmp_path, HALT)
    assert boot(tmp_path, halt="o-1", resume="o-1") == HALT


def test_a_drawdown_has_to_be_accepted(tmp_path: Path) -> None:
    fall = Latch(id="d-1", cause="drawdown", reason="", who="engine", at_us=1)
    latches.pull(tmp_path, fall)
    assert boot(tmp_path, resume="d-1") == fall
    assert boot(tmp_path, resume="d-1,accept-drawdown") is None


def test_a_damaged_list_of_cleared_ids_clears_nothing(tmp_path: Path) -> None:
    assert boot(tmp_path, halt="o-1") is not None
    assert boot(tmp_path, halt="o-1", resume="o-1") is None
    (tmp_path / "halt.cleared").write_text("{")
    assert boot(tmp_path, halt="o-1") is not None


def test_the_list_of_cleared_ids_is_bounded(tmp_path: Path) -> None:
    for number in range(205):
        latches.clear(tmp_path, Cleared(id=f"n-{number}", who="", reason="", at_us=number))
    assert len(latches.history(tmp_path)) == 200


def test_ids_differ() -> None:
    assert len({latches.new_id() for _ in range(100)}) == 100
