"""The operator's commands against what `pulumi up` made."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.railway.calls import deployments, environments, services
from ops.rehearsal.standin import StandIn
from ops.rehearsal.workbench import Workbench
from tests.e2e.pulumi.dashboard import click, edit
from tests.e2e.pulumi.stacks import IMAGE, Made, keys, up

TINY = Path(__file__).with_name("tiny_bot.py")


def poly(bench: Workbench, *arguments: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    """Run `poly … --json` in the bench's project: exit code, object, stderr."""
    return run(bench.folder / "project", {**bench.environment, **environment}, *arguments)


def poly_at(
    folder: Path, environment: Mapping[str, str], names: Mapping[str, str]
) -> tuple[int, dict[str, Any], str]:
    """Run `poly verify persistence --json` for a service without a stack."""
    return run(folder, {**environment, **names}, "verify", "persistence")


def run(
    folder: Path, environment: Mapping[str, str], *arguments: str
) -> tuple[int, dict[str, Any], str]:
    """Run `poly … --json` and return its exit code, its object and its stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "ops", *arguments, "--json"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    (line,) = done.stdout.splitlines() or ["{}"]
    return done.returncode, json.loads(line), done.stderr


def ids(made: Made) -> dict[str, str]:
    """Return the variables that name a service."""
    return {
        "RAILWAY_PROJECT_ID": made.project,
        "RAILWAY_ENVIRONMENT_ID": made.environment,
        "RAILWAY_SERVICE_ID": made.service,
    }


@pytest.fixture
def tiny(bench: Workbench, railway: StandIn) -> Callable[[str], Made]:
    """Return `deploy(where)`: an estate that runs the tiny bot."""

    def deploy(where: str) -> Made:
        bench.init("dev", keys(startCommand=f"{sys.executable} {TINY} {where}"))
        up(bench, "dev")
        return Made.of(bench, "dev", railway.client())

    return deploy


def test_a_redeploy_that_keeps_the_ledger_is_proved_or_says_what_it_could_not(
    bench: Workbench, tiny: Callable[[str], Made], tmp_path: Path
) -> None:
    made = tiny("volume")
    file = tmp_path / "evidence.json"
    code, said, stderr = poly(bench, "verify", "persistence", "--evidence", str(file), **ids(made))
    verdicts = {check["name"]: check["verdict"] for check in said["checks"]}
    mounted = verdicts.pop("mounted")
    assert set(verdicts.values()) == {"proved"}, (said["checks"], stderr)
    assert (mounted, code) in {("proved", 0), ("unproved", 1)}
    assert said["deployments"] == [one.id for one in reversed(made.deployments()[:2])]
    assert json.loads(file.read_text())["checks"] == said["checks"]


def test_where_nothing_can_be_mounted_the_answer_is_unproved_with_the_reason(
    start_standin: Callable[..., StandIn], tmp_path: Path
) -> None:
    railway = start_standin("--plan", "pro", "--no-mounts")
    made = click(railway, image=IMAGE, command=f"{sys.executable} {TINY} volume", secrets={})
    code, said, stderr = poly_at(tmp_path, {**os.environ, **railway.environment()}, made.names())
    assert (code, said["ok"], said.get("error")) == (1, False, None), stderr
    (open_question,) = (one for one in said["checks"] if one["verdict"] != "proved")
    assert (open_question["name"], open_question["verdict"]) == ("mounted", "unproved")
    assert "cannot mount" in open_question["seen"]


def test_a_service_without_a_volume_fails_before_anything_is_redeployed(
    railway: StandIn, tmp_path: Path
) -> None:
    made = click(railway, image=IMAGE, command="sleep 3600", secrets={})
    bare = services.create(
        made.client, project_id=made.project, environment_id=made.environment, name="bare"
    )
    names = {**made.names(), "RAILWAY_SERVICE_ID": bare.id}
    code, said, _ = poly_at(tmp_path, {**os.environ, **railway.environment()}, names)
    assert code == 1
    assert "the service has no volume" in said["error"]
    ids = {"environmentId": made.environment, "serviceId": bare.id, "projectId": made.project}
    assert deployments.of_service(made.client, ids) == ()


def test_a_redeploy_that_loses_the_ledger_is_found_out(
    bench: Workbench, tiny: Callable[[str], Made]
) -> None:
    made = tiny("container")
    code, said, _ = poly(bench, "verify", "persistence", **ids(made))
    failed = {check["name"] for check in said["checks"] if check["verdict"] == "failed"}
    assert code == 1
    assert {"marker", "boots", "content", "mounted"} & failed >= {"marker", "boots"}


def test_a_new_deployment_that_dies_is_told_with_its_last_words(
    bench: Workbench, tiny: Callable[[str], Made]
) -> None:
    made = tiny("volume")
    dying = "sh -c 'echo no such luck >&2; exit 3'"
    by_hand = {"services": {made.service: {"deploy": {"startCommand": dying}}}}
    edit(made.client, made.environment, by_hand)
    code, said, _ = poly(bench, "verify", "persistence", **ids(made))
    assert code == 1
    assert "ended as CRASHED before it opened the ledger" in said["error"]
    assert "no such luck" in said["error"]


def test_a_bot_that_says_nothing_cannot_be_proved_and_is_not_redeployed(
    bench: Workbench, railway: StandIn
) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    code, said, _ = poly(bench, "verify", "persistence", **ids(made))
    assert code == 1
    assert "has printed no ledger.boot line" in said["error"]
    assert len(made.deployments()) == 1


def test_status_is_quiet_until_something_drifts(bench: Workbench, railway: StandIn) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    code, said, _ = poly(bench, "infra", "status", "--stack", "dev")
    assert (code, said["ok"], said["drift"]) == (0, True, [])
    assert said["volume"]["size_mb"] > 0
    by_hand = {"services": {made.service: {"deploy": {"overlapSeconds": 20}}}}
    edit(made.client, made.environment, by_hand)
    code, said, _ = poly(bench, "infra", "status", "--stack", "dev")
    assert code == 1
    assert ["overlapSeconds"] in [one["properties"] for one in said["drift"]]
    deployments.stop(made.client, made.deployments()[0].id)
    _, said, _ = poly(bench, "infra", "status", "--stack", "dev")
    assert "stopped" in said["deployments"][0]["status"]


def test_the_doctor_finds_staged_changes_a_public_name_and_a_token(
    bench: Workbench, railway: StandIn
) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    code, said, _ = poly(bench, "infra", "doctor", "--stack", "dev")
    assert (code, bad(said)) == (0, {}), said
    staged = {"services": {made.service: {"deploy": {"cronSchedule": "0 * * * *"}}}}
    environments.stage(made.client, made.environment, staged)
    code, said, _ = poly(bench, "infra", "doctor", "--stack", "dev")
    assert code == 1
    assert "cronSchedule" in bad(said)["staged changes"]


def test_the_doctor_tells_a_project_token_from_a_workspace_token(
    bench: Workbench, railway: StandIn
) -> None:
    bench.init("dev", keys())
    up(bench, "dev")  # the token is for the first project there is
    token = railway.said["project_token"]
    code, said, _ = poly(bench, "infra", "doctor", RAILWAY_API_TOKEN="", RAILWAY_TOKEN=token)
    assert code == 0
    (found,) = (one for one in said["findings"] if one["about"] == "token")
    assert "project token" in found["seen"]
    assert token not in json.dumps(said)


def test_the_cost_is_estimated_from_what_is_declared_and_from_what_is_used(
    bench: Workbench, tiny: Callable[[str], Made]
) -> None:
    tiny("volume")
    code, said, stderr = poly(bench, "cost", "--stack", "dev", "--measured")
    assert code == 0, stderr
    cases = {one["case"] for one in said["estimates"]}
    assert {"expected", "at the limits"} <= cases
    assert "measured" in cases or "no metrics" in stderr


def bad(said: dict[str, Any]) -> dict[str, str]:
    """Return what a doctor's visit found wrong."""
    return {one["about"]: one["seen"] for one in said["findings"] if one["health"] == "bad"}
