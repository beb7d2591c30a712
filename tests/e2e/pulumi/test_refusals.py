"""What is refused changes nothing at Railway, and is told in one line that names the remedy."""

import pytest

from infra.railway.calls import environments, projects
from ops.rehearsal.standin import StandIn
from ops.rehearsal.workbench import POLICY_PACK, Done, Workbench
from tests.e2e.pulumi.stacks import Made, keys, up


def refused(done: Done, *words: str) -> str:
    """Return what a refused command said; it has to hold these words and no traceback."""
    assert not done.ok, done.text
    said = " ".join(done.text.split())
    for word in words:
        assert word in said, done.text
    assert "Traceback" not in said
    return said


def test_destroy_is_refused_and_deletes_nothing(railway: StandIn, bench: Workbench) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    before = (made.config(), made.volumes(), made.variables())
    refused(bench.pulumi("destroy", "--yes", "--stack", "dev"), "protected")
    assert (made.config(), made.volumes(), made.variables()) == before
    assert projects.read(made.client, made.project).deleted_at is None
    assert made.deployments()[0].healthy
    bench.must("preview", "--refresh", "--expect-no-changes", "--stack", "dev")


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"variables": {"POLY_NOTE": "0x" + "ab" * 32}}, "no-plain-secret"),
        ({"variables": {"ALERT_TOKEN": "x"}}, "no-plain-secret"),
        ({"mode": "LIVE", "bucket": None, "backupSchedule": None}, "live-is-backed-up"),
    ],
)
def test_a_policy_violation_stops_preview_and_up_before_anything_is_made(
    railway: StandIn, bench: Workbench, changed: dict[str, object], rule: str
) -> None:
    bench.init("dev", keys(**changed))
    for command in (("preview",), ("up", "--yes")):
        done = bench.pulumi(*command, "--stack", "dev", "--policy-pack", str(POLICY_PACK))
        refused(done, rule, "mandatory")
    workspace = railway.said["workspace_id"]
    assert not projects.of_name(railway.client(), workspace, "poly")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"region": None}, ("poly:region is missing",)),
        ({"region": "eu-west-1"}, ("poly:region", "eu-west-1", "europe-west4-drams3a")),
        ({"mountPath": "/data"}, ("poly:mountPath", "/data", "/app/data")),
        ({"image": "ghcr.io/acme/poly:latest"}, ("poly:image", "latest", "pin the digest")),
        ({"storage": "turso"}, ("poly:storage", "turso")),
        ({"regoin": "us-west2"}, ("poly:regoin", "did you mean poly:region?")),
    ],
)
def test_a_bad_key_is_one_line_and_nothing_is_made(
    railway: StandIn, bench: Workbench, changed: dict[str, object], words: tuple[str, ...]
) -> None:
    bench.init("dev", keys(**changed))
    refused(bench.pulumi("up", "--yes", "--stack", "dev"), *words)
    assert not projects.of_name(railway.client(), railway.said["workspace_id"], "poly")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"RAILWAY_API_TOKEN": ""}, ("RAILWAY_API_TOKEN",)),
        ({"RAILWAY_API_TOKEN": "not-a-token"}, ("refused", "RAILWAY_API_TOKEN")),
        ({"RAILWAY_API_URL": "http://127.0.0.1:9/"}, ("cannot reach",)),
    ],
)
def test_no_token_a_wrong_one_and_no_network_are_told_apart(
    bench: Workbench, environment: dict[str, str], words: tuple[str, ...]
) -> None:
    bench.init("dev", keys())
    done = bench.pulumi("up", "--yes", "--stack", "dev", also=environment)
    refused(done, *words)


def test_a_project_token_in_the_wrong_variable_is_named(railway: StandIn, bench: Workbench) -> None:
    bench.init("dev", keys())
    up(bench, "dev")  # the token is for the first project there is
    token = railway.said["project_token"]
    done = bench.pulumi("up", "--yes", "--stack", "dev", also={"RAILWAY_API_TOKEN": token})
    said = refused(done, "project token", "RAILWAY_TOKEN")
    assert token not in said


def test_two_projects_of_one_name_are_refused_with_both_ids(
    railway: StandIn, bench: Workbench
) -> None:
    client, workspace = railway.client(), railway.said["workspace_id"]
    ids = []
    for _ in range(2):
        made = projects.create(
            client, workspace_id=workspace, name="poly", description="", environment="production"
        )
        ids.append(made.id)
        railway.control("clock", {"advance_s": 31})  # Railway makes one project in 30 s
    bench.init("dev", keys())
    refused(bench.pulumi("up", "--yes", "--stack", "dev"), *ids)


def test_a_volume_is_never_shrunk(railway: StandIn, bench: Workbench) -> None:
    bench.init("dev", keys(volumeMb="60000"))
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    before = made.config()
    bench.write("dev", {"volumeMb": "1000"})
    refused(bench.pulumi("up", "--yes", "--stack", "dev"), "60000", "1000")
    assert made.config() == before


def test_a_stack_whose_project_was_deleted_says_so(railway: StandIn, bench: Workbench) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    projects.schedule_delete(made.client, made.project)
    done = bench.pulumi("up", "--yes", "--refresh", "--stack", "dev")
    refused(done, made.project)


def test_what_somebody_staged_is_not_carried_along(railway: StandIn, bench: Workbench) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    staged = {"services": {made.service: {"deploy": {"cronSchedule": "0 * * * *"}}}}
    environments.stage(made.client, made.environment, staged)
    bench.write("dev", {"cpu": "2"})
    refused(bench.pulumi("up", "--yes", "--stack", "dev"), "cronSchedule", "staged")
    assert made.deploy_settings().get("cronSchedule") is None
