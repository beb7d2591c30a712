"""What others have staged is never committed; what another one of this run left is waited for."""

from itertools import count

import httpx
import pytest

from infra.railway import staging
from infra.railway.errors import StagedByOthers
from infra.railway.pace import Pace
from infra.railway.patch import Json
from tests.unit.infra.railway.test_client import Wire, client

OURS: Json = {"services": {"s1": {"deploy": {"drainingSeconds": 45}}}}
FOREIGN: Json = {"buckets": {"b1": {"region": "sjc"}}}


def environment(config: Json, staged: Json) -> httpx.Response:
    read = {
        "environment": {"id": "e1", "projectId": "p1", "config": config},
        "environmentStagedChanges": {"id": "x", "status": "STAGED", "patch": staged},
    }
    return httpx.Response(200, json={"data": read})


def pace() -> Pace:
    """Return patience that is over after a few looks, whatever the clock on the wall says."""
    ticks = count()
    return Pace(look_s_first=0.0, look_s_max=0.0, backoff_s=0.0, now=lambda: next(ticks) / 10)


def test_what_another_resource_of_the_run_commits_meanwhile_is_no_refusal() -> None:
    """After an interrupted run, which of two resources comes first is chance."""
    wire = Wire(environment({}, FOREIGN), environment({**OURS, **FOREIGN}, {}))
    staging.write(client(wire, pace=pace()), "e1", lambda _: OURS, why="test")
    assert wire.operations == ["EnvironmentStateRead"] * 2


def test_what_stays_staged_is_refused_by_its_path_and_nothing_is_written() -> None:
    wire = Wire(environment({}, FOREIGN))
    with pytest.raises(StagedByOthers, match=r"buckets\.b1\.region"):
        staging.write(client(wire, pace=pace()), "e1", lambda _: OURS, why="test")
    assert set(wire.operations) == {"EnvironmentStateRead"}
