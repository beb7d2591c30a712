"""Real processes on a real recording: the package's windows, imported once for all."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from bot.adapters.replay.importer import imported_resolvedkit
from bot.adapters.replay.source import Tail, lines

ROOT = Path(__file__).resolve().parents[3]
Poly = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the imported recording, made by whichever worker asks first."""
    folder = tmp_path_factory.getbasetemp().parent / "recording"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        return imported_resolvedkit(folder)


@pytest.fixture(scope="session")
def first_hour(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the beginning of the recording, enough for some trades and settlements."""
    short = tmp_path_factory.mktemp("short") / "first.jsonl"
    every = (line for group in lines(recording, Tail()) for line in group)
    short.write_bytes(b"".join(line + b"\n" for line in islice(every, 5_000)))
    return short


@pytest.fixture
def environment() -> dict[str, str]:
    """Return an environment without settings of ours."""
    dropped = ("POLY_", "RAILWAY_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}


@pytest.fixture
def poly(environment: dict[str, str]) -> Poly:
    """Return `poly(...)`: run a command to its end."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ops", *arguments],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def answer(poly: Poly) -> Callable[..., dict[str, object]]:
    """Return `answer(...)`: the one object that a command prints with --json."""

    def ask(*arguments: str) -> dict[str, object]:
        ran = poly(*arguments, "--json")
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.count("\n") == 1
        document: dict[str, object] = json.loads(ran.stdout)
        return document

    return ask
