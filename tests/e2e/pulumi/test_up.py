"""`pulumi up` makes the whole estate, once, and leaves it alone afterwards."""

import json
import os
import resource
from collections.abc import Callable
from pathlib import Path

from infra.railway.calls import backups, volumes
from ops.estate.cli import Cli
from ops.rehearsal.standin import StandIn
from ops.rehearsal.workbench import POLICY_PACK, Workbench
from tests.e2e.pulumi.stacks import IMAGE, Made, keys, outputs, state, up

# Processor time, because the suite shares the machine; `make bench` measures what a person waits.
UP_S_MAX = 30.0
UNCHANGED_S_MAX = 6.0
UNCHANGED_REQUESTS_MAX = 12


def test_up_makes_everything_and_a_second_one_nothing(railway: StandIn, bench: Workbench) -> None:
    bench.init("dev", keys())
    began = processor_s()
    up(bench, "dev", "--policy-pack", str(POLICY_PACK))
    assert processor_s() - began <= UP_S_MAX
    with_client = Made.of(bench, "dev", railway.client())
    settings = with_client.deploy_settings()
    assert settings["restartPolicyType"] == "ON_FAILURE"
    assert settings["drainingSeconds"] == 45
    assert settings["requiredMountPath"] == "/app/data"
    (volume,) = volumes.in_environment(with_client.client, with_client.environment)
    assert (volume.mount_path, volume.service_id) == ("/app/data", with_client.service)
    assert [one.kind for one in backups.schedules(with_client.client, volume.id)] == ["DAILY"]
    written = with_client.variables()
    assert written["POLY_LOCK_WAIT_S"] == "60"
    assert written["POLY_BACKUP_SECRET_ACCESS_KEY"] == "${{poly-backups.SECRET_ACCESS_KEY}}"
    (deployment,) = with_client.deployments()
    assert deployment.healthy
    assert deployment.image == IMAGE

    before, began = requests(railway), processor_s()
    up(bench, "dev", "--expect-no-changes")
    used = requests(railway) - before
    assert processor_s() - began <= UNCHANGED_S_MAX
    assert used <= UNCHANGED_REQUESTS_MAX
    assert len(with_client.deployments()) == 1


def test_a_preview_of_everything_touches_nothing(railway: StandIn, bench: Workbench) -> None:
    bench.init("dev", keys())
    before = mutations(railway)
    done = bench.must("preview", "--diff", "--stack", "dev", "--policy-pack", str(POLICY_PACK))
    assert mutations(railway) == before
    assert "poly-volume" in done.text


def test_the_state_holds_no_token_no_bucket_key_and_no_code(
    railway: StandIn, bench: Workbench
) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    text = state(bench, "dev")
    assert railway.said["workspace_token"] not in text
    assert "__provider" not in text
    kept = bench.must("stack", "export", "--stack", "dev").stdout
    resources = json.loads(kept)["deployment"]["resources"]
    ours = {one["type"]: one for one in resources if one["type"].startswith("railway:index:")}
    assert all(one.get("protect") for one in ours.values())
    assert {kind.rpartition(":")[2] for kind, one in ours.items() if one.get("retainOnDelete")} == {
        "Project",
        "Environment",
        "Service",
        "Volume",
        "Bucket",
    }


def test_exports_are_few_and_text(bench: Workbench) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    said = outputs(bench, "dev")
    assert set(said) == {
        "projectId",
        "environmentId",
        "serviceId",
        "volumeId",
        "deploymentId",
        "region",
        "mode",
    }
    assert (said["mode"], said["region"]) == ("PAPER", "europe-west4-drams3a")


def test_on_hobby_there_is_no_schedule_and_it_says_so(
    start_standin: Callable[..., StandIn], cli: Cli, tmp_path: Path
) -> None:
    railway = start_standin("--plan", "hobby")
    bench = Workbench.make(tmp_path / "bench", cli, {**os.environ, **railway.environment()})
    bench.init("dev", keys(plan="hobby", backupSchedule=None))
    said = up(bench, "dev", "--policy-pack", str(POLICY_PACK))
    assert "the Hobby plan has no volume backups" in said.text
    bench.must("preview", "--refresh", "--expect-no-changes", "--stack", "dev")


def processor_s() -> float:
    """Return the processor time of every child that has ended, with its children."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def requests(railway: StandIn) -> int:
    """Return how many requests the stand-in has answered."""
    return len(calls(railway))


def mutations(railway: StandIn) -> list[str]:
    """Return the mutations the stand-in was asked for."""
    return [str(call["operation"]) for call in calls(railway) if call["kind"] == "mutation"]


def calls(railway: StandIn) -> list[dict[str, object]]:
    """Return every call that came, oldest first."""
    found = railway.control("journal")
    assert isinstance(found, dict)
    return list(found["calls"])
