"""What is changed behind Pulumi's back is found by a look and repaired by an `up`."""

import json

from infra.railway.calls import deployments, variables
from ops.estate.drift import changes, parse
from ops.rehearsal.standin import StandIn
from ops.rehearsal.workbench import Workbench
from tests.e2e.pulumi.dashboard import edit
from tests.e2e.pulumi.stacks import Made, keys, up


def test_a_setting_changed_by_hand_is_found_and_repaired_by_one_deployment(
    railway: StandIn, bench: Workbench
) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    by_hand = {"services": {made.service: {"deploy": {"drainingSeconds": 0}}}}
    edit(made.client, made.environment, by_hand)

    plain = bench.must("preview", "--expect-no-changes", "--stack", "dev")
    assert plain.ok, "a plain preview does not look"
    looked = bench.pulumi("preview", "--refresh", "--json", "--stack", "dev")
    document = parse(looked.stdout)
    assert document is not None, looked.text
    found = {one.resource: one.properties for one in changes(document)}
    assert found["poly-service"] == ("drainingSeconds",)
    assert bench.pulumi("preview", "--refresh", "--expect-no-changes", "--stack", "dev").code != 0

    before = len(made.deployments())
    up(bench, "dev", "--refresh")
    assert made.deploy_settings()["drainingSeconds"] == 45
    assert len(made.deployments()) == before + 1
    bench.must("preview", "--refresh", "--expect-no-changes", "--stack", "dev")


def test_refresh_writes_the_drift_into_the_state_and_up_repairs_it(
    railway: StandIn, bench: Workbench
) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    ids = {
        "projectId": made.project,
        "environmentId": made.environment,
        "serviceId": made.service,
    }
    variables.upsert(made.client, ids, {"POLY_LOCK_WAIT_S": "0"})
    assert bench.pulumi("refresh", "--yes", "--expect-no-changes", "--stack", "dev").code != 0
    bench.must("refresh", "--yes", "--stack", "dev")
    up(bench, "dev")
    assert made.variables()["POLY_LOCK_WAIT_S"] == "60"
    bench.must("refresh", "--yes", "--expect-no-changes", "--stack", "dev")


def test_what_the_kill_switch_does_is_no_drift(railway: StandIn, bench: Workbench) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    ids = {
        "projectId": made.project,
        "environmentId": made.environment,
        "serviceId": made.service,
    }
    variables.upsert(made.client, ids, {"POLY_HALT": "halt-1"})
    deployments.stop(made.client, made.deployments()[0].id)
    bench.must("preview", "--refresh", "--expect-no-changes", "--stack", "dev")
    up(bench, "dev", "--refresh", "--expect-no-changes")
    assert made.variables()["POLY_HALT"] == "halt-1"
    assert len(made.deployments()) == 1


def test_a_newer_deployment_of_the_same_configuration_is_no_drift(
    railway: StandIn, bench: Workbench
) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    deployments.deploy(made.client, environment_id=made.environment, service_id=made.service)
    bench.must("preview", "--refresh", "--expect-no-changes", "--stack", "dev")


def test_preview_in_json_names_the_properties_that_drifted(
    railway: StandIn, bench: Workbench
) -> None:
    bench.init("dev", keys())
    up(bench, "dev")
    made = Made.of(bench, "dev", railway.client())
    by_hand = {"services": {made.service: {"deploy": {"startCommand": "sleep 1800"}}}}
    edit(made.client, made.environment, by_hand)
    done = bench.pulumi("preview", "--refresh", "--json", "--stack", "dev")
    steps = json.loads(done.stdout)["steps"]
    changed = {step["urn"].rpartition("::")[2] for step in steps if step["op"] == "update"}
    assert "poly-service" in changed
    assert not changed & {"poly-volume", "poly-project"}
