"""The real Pulumi CLI on a file backend, against a stand-in of Railway that is a real process."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from ops.estate.cli import REMEDY, Cli, find
from ops.rehearsal import standin
from ops.rehearsal.standin import StandIn
from ops.rehearsal.workbench import Workbench

STOP_S_MAX = 20.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here: it needs the CLI, and each test is a handful of `pulumi up`."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.pulumi)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def cli() -> Cli:
    """The CLI `make pulumi` names; CI fails without one, a person's machine skips."""
    found = find()
    if found is None:
        line = f"no usable pulumi: {REMEDY}"
        if os.environ.get("CI"):
            pytest.fail(line)
        pytest.skip(line)
    return found


def starter(
    started: list["subprocess.Popen[bytes]"],
) -> Callable[..., "subprocess.Popen[bytes]"]:
    """Return a way to start processes that remembers them."""

    def start(
        command: list[str],
        *,
        environment: Mapping[str, str] | None = None,
        output: int | None = None,
        errors: int | None = None,
    ) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=errors)
        started.append(process)
        return process

    return start


@pytest.fixture
def start_standin(tmp_path: Path) -> Iterator[Callable[..., StandIn]]:
    """Return `start(*options)`; every stand-in and what it deployed is gone afterwards."""
    started: list[subprocess.Popen[bytes]] = []
    there: list[StandIn] = []

    def start(*options: str) -> StandIn:
        folder = tmp_path / f"railway-{len(started)}"
        there.append(standin.start(folder, starter(started), options=options))
        return there[-1]

    yield start
    for one in there:
        one.close()
    for process in started:
        process.terminate()
        try:
            process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture
def railway(start_standin: Callable[..., StandIn]) -> StandIn:
    """A stand-in on the Pro plan, without faults."""
    return start_standin("--plan", "pro")


@pytest.fixture
def bench(tmp_path: Path, cli: Cli, railway: StandIn) -> Workbench:
    """A Pulumi project of its own whose Railway is the stand-in."""
    return Workbench.make(tmp_path / "bench", cli, {**os.environ, **railway.environment()})
