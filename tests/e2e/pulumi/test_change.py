"""Renaming, rotating, failing half-way, and living side by side."""

import pytest

from infra.railway.calls import projects, services
from ops.rehearsal.standin import StandIn
from ops.rehearsal.workbench import Workbench
from tests.e2e.pulumi.stacks import OTHER_IMAGE, Made, keys, state, up

SECRET = "s3cr3t-0f-the-wallet"
ROTATED = "a-n3w-s3cr3t-0f-it"


def test_a_rename_keeps_every_id(railway: StandIn, bench: Workbench) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    before = Made.of(bench, "dev", railway.client())
    volumes = before.volumes()
    bench.write("dev", {"service": "trader", "project": "poly-two", "bucket": "second-copy"})
    up(bench, "dev")
    after = Made.of(bench, "dev", before.client)
    assert (after.project, after.environment, after.service) == (
        before.project,
        before.environment,
        before.service,
    )
    assert after.volumes() == volumes
    assert services.lookup(after.client, after.service).name == "trader"
    assert projects.read(after.client, after.project).name == "poly-two"
    assert after.variables()["POLY_BACKUP_BUCKET"] == "${{second-copy.BUCKET}}"
    bench.must("preview", "--refresh", "--expect-no-changes", "--stack", "dev")


def test_a_new_image_deploys_once(railway: StandIn, bench: Workbench) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    bench.write("dev", {"image": OTHER_IMAGE, "cpu": "0.5", "variables": {"POLY_SEED": "9"}})
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    newest, *older = made.deployments()
    assert newest.image == OTHER_IMAGE
    assert len(older) == 1


@pytest.mark.parametrize("sealed", ["true", "false"])
def test_a_rotated_secret_is_in_clear_nowhere(
    railway: StandIn, bench: Workbench, sealed: str
) -> None:
    bench.init("dev", keys(secrets=["POLYMARKET_API_SECRET"], sealSecrets=sealed))
    said = bench.must(*set_secret(SECRET)).text
    said += up(bench, "dev").text
    made = Made.of(bench, "dev", railway.client())
    said += bench.must(*set_secret(ROTATED)).text
    looked = bench.must("preview", "--diff", "--stack", "dev")
    assert "poly-variables" in looked.text
    said += looked.text
    said += up(bench, "dev", "--diff").text
    assert len(made.deployments()) == 2
    said += bench.must("preview", "--json", "--refresh", "--stack", "dev").text
    bench.must("preview", "--expect-no-changes", "--refresh", "--stack", "dev")
    said += state(bench, "dev") + bench.config_file("dev").read_text()
    for secret in (SECRET, ROTATED):
        assert secret not in said
    expected = None if sealed == "true" else ROTATED
    assert made.variables()["POLYMARKET_API_SECRET"] == expected


def set_secret(value: str) -> tuple[str, ...]:
    """Return the command that sets the secret."""
    return ("config", "set", "--secret", "poly:POLYMARKET_API_SECRET", value, "--stack", "dev")


def test_two_stacks_side_by_side_do_not_see_each_other(railway: StandIn, bench: Workbench) -> None:
    railway.control("delays", {"scale": 0})  # Railway makes one project in 30 s
    bench.init("one", keys(project="poly-one"))
    bench.init("two", keys(project="poly-two"))
    both = [bench.start("up", "--yes", "--stack", stack) for stack in ("one", "two")]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], "".join(said)
    one = Made.of(bench, "one", railway.client())
    two = Made.of(bench, "two", railway.client())
    assert not {one.project, one.service, *one.volumes()} & {
        two.project,
        two.service,
        *two.volumes(),
    }
    for stack in ("one", "two"):
        bench.must("preview", "--refresh", "--expect-no-changes", "--stack", stack)


@pytest.mark.parametrize(
    ("fault", "operation"),
    [
        ("not-authorized", "VolumeCreate"),
        ("dropped-after", "ServiceCreate"),
        ("problem-processing", "EnvironmentPatchCommitStaged"),
        ("bad-gateway-after", "BucketCreate"),
        ("too-quickly", "ProjectCreate"),
        ("dropped-after", "ServiceInstanceDeploy"),
    ],
)
def test_an_up_that_failed_half_way_converges_when_repeated(
    railway: StandIn, bench: Workbench, fault: str, operation: str
) -> None:
    bench.init("dev", keys())
    railway.control("faults", {"name": fault, "operation": operation, "times": 1})
    first = bench.pulumi("up", "--yes", "--stack", "dev")
    assert "Traceback" not in first.text
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    truth = railway.control("truth")
    assert isinstance(truth, dict)
    assert truth["faults_struck"] == {fault: 1}
    assert len([one for one in truth["projects"] if not one["deleted"]]) == 1
    assert len([one for one in truth["services"] if not one["deleted"]]) == 1
    assert len([one for one in truth["volumes"] if not one["deleted"]]) == 1
    assert made.deployments()[0].healthy
    assert len(made.deployments()) == 1
    bench.must("preview", "--refresh", "--expect-no-changes", "--stack", "dev")


def test_an_up_without_rights_half_way_says_so_and_keeps_what_it_made(
    railway: StandIn, bench: Workbench
) -> None:
    bench.init("dev", keys())
    railway.control("faults", {"name": "not-authorized", "operation": "VolumeCreate", "rate": 1.0})
    first = bench.pulumi("up", "--yes", "--stack", "dev")
    assert not first.ok
    assert "VolumeCreate" in first.text
    made = state(bench, "dev")
    assert "railway:index:Service" in made
    assert "railway:index:Deployment" not in made
