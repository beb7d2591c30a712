"""Settings are read once, and what cannot be is one line that names it."""

from pathlib import Path

import pytest

from bot.domain.refusal import ExitCode, Refused
from bot.settings import VARIABLES, Mode, data_directory, read_settings, read_strategy

STRATEGY = Path(__file__).parents[3] / "strategies" / "late_favourite.toml"
GIVEN = {"POLY_RECORDING": "day.jsonl", "POLY_STRATEGY": str(STRATEGY)}


def test_defaults_are_a_replay_as_fast_as_it_can() -> None:
    settings = read_settings(GIVEN)
    assert (settings.mode, settings.seed, settings.speed) == (Mode.REPLAY, 0, 0.0)
    assert (settings.lock_wait_s, settings.order_life_us) == (0, 5_000_000)
    assert settings.directory == Path("data")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"POLY_RECORDIN": "x"}, "POLY_RECORDIN: is not known; did you mean POLY_RECORDING?"),
        ({"POLY_JQXZJQXZJQXZ": "x"}, "POLY_JQXZJQXZJQXZ: is not known; remove it"),
        ({"POLY_RECORDING": ""}, "POLY_RECORDING: is not set; it is recording to replay"),
        ({"POLY_MODE": "dream"}, "POLY_MODE: must be replay (default), paper or live, was 'dream'"),
        ({"POLY_SEED": "-1"}, "POLY_SEED: must be a whole number from 0 on, was '-1'"),
        ({"POLY_SEED": "1e3"}, "POLY_SEED: must be a whole number"),
        ({"POLY_SPEED": "fast"}, "POLY_SPEED: must be a number from 0 on, was 'fast'"),
        ({"POLY_SPEED": "inf"}, "POLY_SPEED: must be a number"),
        ({"POLY_AS_RECORDED": "yes"}, "POLY_AS_RECORDED: must be 1 or 0, was 'yes'"),
        ({"POLY_STRATEGY": "none.toml"}, "none.toml: cannot be read: No such file"),
    ],
)
def test_a_bad_variable_is_refused_by_its_name(change: dict[str, str], line: str) -> None:
    with pytest.raises(Refused) as refused:
        read_settings({**GIVEN, **change})
    assert str(refused.value).startswith(line)
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe\x00"])
def test_a_strategy_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "s.toml"
    file.write_bytes(content)
    with pytest.raises(Refused, match="is not a strategy file"):
        read_strategy(file)


def test_the_data_directory_is_found_in_this_order() -> None:
    everything = {"POLY_DATA_DIR": "/a", "RAILWAY_VOLUME_MOUNT_PATH": "/b"}
    assert data_directory(everything, "/c") == Path("/c")
    assert data_directory(everything) == Path("/a")
    assert data_directory({"RAILWAY_VOLUME_MOUNT_PATH": "/b"}) == Path("/b")
    assert data_directory({}) == Path("data")


def test_what_decides_changes_the_configuration_hash() -> None:
    base = read_settings(GIVEN)
    assert base.config_hash == read_settings({**GIVEN, "POLY_SPEED": "9"}).config_hash
    assert base.config_hash != read_settings({**GIVEN, "POLY_SEED": "9"}).config_hash


def test_every_variable_is_documented() -> None:
    """docs/configuration.md is held to this table by its own test."""
    text = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [name for name in VARIABLES if f"`{name}`" not in text] == []
