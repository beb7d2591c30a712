"""One stand-in and one live venue a module; each test starts with no order and no fault."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.contract.venue.ground import Ground
from tests.contract.venue.live import LiveStage


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = Ground(tmp_path_factory.mktemp("ground"), ("v1", "v2"))
    yield made
    made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one(ground: Ground) -> AsyncIterator[LiveStage]:
    """A venue with own deadlines of one second and 100,000 USD."""
    made = await LiveStage.open(ground, timeout_s=1.0, cash="100000")
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def stage(one: LiveStage) -> AsyncIterator[LiveStage]:
    """The module's venue, cleared: no fault, no order, 100 shares a side, all matches settled."""
    one.ground.stand_in.disarm()
    one.ground.stand_in.post("clock", skew_s=0)
    await one.venue.cancel_all()
    await one.show((("0.50", "100"),), (("0.52", "100"),))
    await one.settle_down()
    await one.afresh()
    yield one
    one.ground.stand_in.disarm()
