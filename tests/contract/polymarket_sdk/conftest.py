"""A stand-in process and the vendor's client, pointed at it and at nothing else."""

from collections.abc import AsyncIterator, Iterator

import pytest
from polymarket import AsyncSecureClient

from tests.contract.polymarket_sdk.standin import StandIn


@pytest.fixture(scope="module")
def process() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(process: StandIn) -> StandIn:
    process.disarm()
    return process


@pytest.fixture
async def client(stand_in: StandIn) -> AsyncIterator[AsyncSecureClient]:
    """A client of the funded deposit wallet."""
    made = await AsyncSecureClient.create(
        private_key=stand_in.account["private_key"],
        wallet=stand_in.account["wallet"],
        environment=stand_in.environment(),
        api_key=stand_in.relayer_key(),
    )
    yield made
    await made.close()
