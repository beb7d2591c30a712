"""A stand-in for all tests of this folder in one process, a provider and a stack for each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from infra.provider.server import Provider
from infra.railway.pace import Pace
from tests.contract.provider.engine import Stack, configured, serving
from tests.contract.provider.estate import Estate
from tests.contract.provider.stand_in import StandIn, started, stopped


def quick() -> Pace:
    """Return a pace at which nothing is waited for longer than a stand-in in a hurry takes."""
    return Pace(
        per_second=1_000_000,
        timeout_s=5.0,
        read_attempts=3,
        backoff_s=0.01,
        look_s_first=0.02,
        look_s_max=0.2,
        appear_s_max=0.8,
        retry_s_max=0.5,
    )


@pytest.fixture(scope="session")
def railway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    options = ("--plan", "pro", "--delay-scale", "0.001", "--no-mounts", "--budget", "1000000")
    process, stand_in = started(Path(tmp_path_factory.mktemp("railway")), *options)
    yield stand_in
    stopped(process)


class Reconfigure(Protocol):
    """Configure the provider again with more in its environment."""

    def __call__(self, **environ: str) -> None: ...


@pytest.fixture
def environ(railway: StandIn) -> dict[str, str]:
    return {"RAILWAY_API_TOKEN": railway.account_token, "RAILWAY_API_URL": railway.url}


@pytest.fixture
def reconfigure(stub: ResourceProviderStub, environ: dict[str, str]) -> Reconfigure:
    def again(**more: str) -> None:
        environ.update(more)
        configured(stub)

    return again


@pytest.fixture
def stub(environ: dict[str, str]) -> Iterator[ResourceProviderStub]:
    with serving(Provider(environ=environ, pace=quick())) as stub:
        configured(stub)
        yield stub


@pytest.fixture
def stack(stub: ResourceProviderStub, railway: StandIn) -> Iterator[Stack]:
    railway.calm()
    yield Stack(stub)
    railway.calm()


@pytest.fixture
def estate(railway: StandIn, request: pytest.FixtureRequest) -> Callable[..., Estate]:
    """Declare an estate under a project name of the test's own."""

    def declared(**given: object) -> Estate:
        name = f"poly-{abs(hash(request.node.nodeid)) % 10**10}"
        return Estate(workspace_id=railway.workspace_id, name=name, **given)  # type: ignore[arg-type]

    return declared
