"""Which Pulumi is taken, and what is said about one that cannot be."""

from pathlib import Path

import pytest

from ops.estate.cli import Cli, Unusable, examine, parse


def program(folder: Path, answer: str, *, host: bool = True, code: int = 0) -> Path:
    """Write a pulumi that answers `version` with one line."""
    path = folder / "pulumi"
    path.write_text(f"#!/bin/sh\necho '{answer}'\nexit {code}\n")
    path.chmod(0o755)
    if host:
        (folder / "pulumi-language-python").touch(mode=0o755)
    return path


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("v3.259.0\n", (3, 259, 0)),
        ("3.300.1-dev.5", (3, 300, 1)),
        ("", None),
        ("pulumi", None),
    ],
)
def test_a_version_is_read_with_and_without_its_letter(
    answer: str, version: tuple[int, int, int] | None
) -> None:
    assert parse(answer) == version


def test_a_new_enough_cli_with_its_host_is_taken(tmp_path: Path) -> None:
    path = program(tmp_path, "v3.260.0")
    assert examine(path) == Cli(path, "3.260.0")


@pytest.mark.parametrize(
    ("answer", "code", "reason"),
    [
        ("v3.258.9", 0, "is 3.258.9, older than 3.259.0"),
        ("hello", 0, "does not say its version"),
        ("v3.260.0", 1, "does not say its version"),
    ],
)
def test_an_old_or_mute_cli_is_not_used_and_named(
    tmp_path: Path, answer: str, code: int, reason: str
) -> None:
    path = program(tmp_path, answer, code=code)
    assert examine(path) == Unusable(path, reason)


def test_a_cli_without_its_python_host_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program(tmp_path, "v3.260.0", host=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    found = examine(path)
    assert isinstance(found, Unusable)
    assert "pulumi-language-python" in found.reason


def test_our_python_and_the_cli_stand_first_on_path() -> None:
    path = Cli(Path("/opt/pulumi/pulumi"), "3.259.0").environment({"PATH": "/usr/bin"})["PATH"]
    first, second, last = path.split(":")
    assert (second, last) == ("/opt/pulumi", "/usr/bin")
    assert (Path(first) / "python3").exists()
