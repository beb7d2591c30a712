"""An estate's life at a stand-in: made, changed, drifted, repaired, taken over, deleted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from infra.provider.server import Provider
from infra.provider.wire import decode, encode
from tests.contract.provider.conftest import Reconfigure, quick
from tests.contract.provider.engine import Stack, configured, serving
from tests.contract.provider.estate import OTHER_IMAGE, PLANTED, SEALED, Estate
from tests.contract.provider.stand_in import StandIn

Declare = Callable[..., Estate]
STAGE = """mutation($e: String!, $i: EnvironmentConfig!) {
  environmentStageChanges(environmentId: $e, input: $i, merge: true) { id } }"""
COMMIT = """mutation($e: String!, $p: EnvironmentConfig!) {
  environmentPatchCommit(environmentId: $e, patch: $p) }"""


def deployments(railway: StandIn, stack: Stack) -> list[dict[str, Any]]:
    service = stack.state["service"].output("serviceId")
    return [one for one in railway.truth()["deployments"] if one["service_id"] == service]


def settings(railway: StandIn, stack: Stack) -> dict[str, Any]:
    environment = stack.state["environment"].output("environmentId")
    config = railway.truth()["environments"][environment]["config"]
    found: dict[str, Any] = config["services"][stack.state["service"].output("serviceId")]
    return found


def edit(railway: StandIn, stack: Stack, service: dict[str, Any]) -> None:
    """Commit an edit in the dashboard; it deploys, as there."""
    ids = stack.state["service"].output("serviceId")
    environment = stack.state["environment"].output("environmentId")
    railway.ask(COMMIT, {"e": environment, "p": {"services": {ids: service}}})


def test_an_estate_is_made_with_one_deployment_after_the_volume_is_mounted(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    before = railway.truth()["requests"]
    assert stack.up(estate().program()) == []
    (deployment,) = deployments(railway, stack)
    assert deployment["live"]
    names = [call["operation"] for call in railway.calls(before)]
    assert names.index("VolumeCreate") < names.index("ServiceInstanceDeploy")
    assert names.count("ServiceInstanceDeploy") == 1
    config = settings(railway, stack)
    assert config["deploy"]["multiRegionConfig"] == {"europe-west4-drams3a": {"numReplicas": 1}}
    assert config["deploy"]["limitOverride"]["containers"]["memoryBytes"] == 512 * 1024 * 1024
    assert config["source"]["autoUpdates"] == {"type": "disabled"}
    assert config["variables"]["POLY_PRIVATE_KEY"]["isSealed"]


def test_an_up_without_changes_asks_railway_nothing(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    declared = estate()
    assert stack.up(declared.program()) == []
    before = railway.truth()["requests"]
    assert stack.up(declared.program()) == []
    assert railway.truth()["requests"] == before


def test_a_refresh_of_the_whole_estate_stays_within_twelve_requests(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    assert stack.up(estate().program()) == []
    before = railway.truth()["requests"]
    assert stack.refresh() == []
    assert railway.truth()["requests"] - before <= 11  # and one to configure


def test_several_changes_in_one_up_deploy_once(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    declared = estate()
    assert stack.up(declared.program()) == []
    declared.plain = {"POLY_MODE": "LIVE"}
    declared.service = {"drainingSeconds": 3}
    declared.image = OTHER_IMAGE
    assert stack.up(declared.program()) == []
    assert len(deployments(railway, stack)) == 2
    assert stack.refresh() == []


def test_a_rotated_sealed_secret_deploys_once_and_shows_nowhere(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    declared = estate()
    assert stack.up(declared.program()) == []
    declared.sealed = {"POLY_PRIVATE_KEY": "rotated-planted"}
    said = stack.preview(declared.program())
    assert "variables: update sealed.POLY_PRIVATE_KEY" in said
    assert stack.up(declared.program()) == []
    assert len(deployments(railway, stack)) == 2
    assert settings(railway, stack)["variables"]["POLY_PRIVATE_KEY"]["value"] == "rotated-planted"
    assert "planted" not in f"{[decode(one.state) for one in stack.state.values()]}"
    assert stack.refresh() == []


def test_a_variable_no_longer_declared_goes_and_others_stay(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    declared = estate(plain={"POLY_MODE": "PAPER", "POLY_OLD": "1"})
    assert stack.up(declared.program()) == []
    edit(railway, stack, {"variables": {"FROM_THE_DASHBOARD": {"value": "x"}}})
    declared.plain = {"POLY_MODE": "PAPER"}
    assert stack.up(declared.program()) == []
    names = set(settings(railway, stack)["variables"])
    assert "POLY_OLD" not in names
    assert {"FROM_THE_DASHBOARD", "POLY_MODE"} <= names


@pytest.mark.parametrize(
    ("edited", "drifted"),
    [
        ({"deploy": {"drainingSeconds": 99}}, {"service", "deployment"}),
        ({"variables": {"POLY_MODE": {"value": "LIVE"}}}, {"variables", "deployment"}),
        ({"variables": {"POLY_API_KEY": None}}, {"variables", "deployment"}),
        ({"source": {"image": OTHER_IMAGE}}, {"deployment"}),
        ({"variables": {"UNDECLARED": {"value": "x"}}}, {"deployment"}),
    ],
)
def test_drift_is_seen_and_its_repair_deploys_once(
    stack: Stack, railway: StandIn, estate: Declare, edited: dict[str, Any], drifted: set[str]
) -> None:
    declared = estate()
    assert stack.up(declared.program()) == []
    edit(railway, stack, edited)
    before = len(deployments(railway, stack))
    assert set(stack.refresh()) == drifted
    assert stack.up(declared.program()) == []
    assert len(deployments(railway, stack)) == before + 1
    assert stack.refresh() == []
    assert stack.up(declared.program()) == []
    assert len(deployments(railway, stack)) == before + 1


@pytest.mark.parametrize("name", ["POLY_HALT", "POLY_RESUME", "RAILWAY_RUN_UID"])
def test_the_kill_switchs_variables_are_no_drift_and_are_never_declared(
    stack: Stack, railway: StandIn, estate: Declare, name: str
) -> None:
    declared = estate()
    assert stack.up(declared.program()) == []
    edit(railway, stack, {"variables": {name: {"value": "1"}}})
    assert stack.refresh() == []
    declared.plain = {"POLY_MODE": "PAPER", name: "0"}
    (error,) = stack.up(declared.program())
    assert name in error
    assert "belongs to the kill switch or to Railway" in error


def test_a_newer_or_a_stopped_deployment_of_the_same_configuration_is_no_difference(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    declared = estate()
    assert stack.up(declared.program()) == []
    first = deployments(railway, stack)[0]["id"]
    railway.ask("mutation($i: String!) { deploymentRedeploy(id: $i) { id } }", {"i": first})
    newest = deployments(railway, stack)[-1]["id"]
    assert newest != first
    railway.ask("mutation($i: String!) { deploymentRemove(id: $i) }", {"i": newest})
    assert stack.refresh() == []
    assert stack.up(declared.program()) == []
    assert len(deployments(railway, stack)) == 2


def test_a_patch_staged_by_an_interrupted_run_is_committed(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    declared = estate()
    assert stack.up(declared.program()) == []
    railway.arm("dropped-before", "EnvironmentPatchCommitStaged", times=1)
    declared.service = {"drainingSeconds": 9}
    (error,) = stack.up(declared.program())
    assert "reads back differently at" in error
    railway.calm()
    assert stack.up(declared.program()) == []
    assert settings(railway, stack)["deploy"]["drainingSeconds"] == 9


def test_somebodys_staged_changes_are_refused_by_their_paths_and_left_alone(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    declared = estate()
    assert stack.up(declared.program()) == []
    service = stack.state["service"].output("serviceId")
    environment = stack.state["environment"].output("environmentId")
    staged = {"services": {service: {"variables": {"THEIRS": {"value": PLANTED}}}}}
    railway.ask(STAGE, {"e": environment, "i": staged})
    declared.service = {"drainingSeconds": 9}
    (error,) = stack.up(declared.program())
    assert f"services.{service}.variables.THEIRS.value" in error
    assert PLANTED not in error
    assert railway.truth()["environments"][environment]["staged"] == staged
    assert settings(railway, stack)["deploy"]["drainingSeconds"] == 1


def test_nothing_that_holds_a_volume_is_deleted_without_confirmation(
    stack: Stack, railway: StandIn, estate: Declare, reconfigure: Reconfigure
) -> None:
    declared = estate()
    assert stack.up(declared.program()) == []
    volume = stack.state["volume"].output("volumeId")
    for name in ("project", "environment", "service", "volume"):
        with pytest.raises(Exception, match=rf"POLY_CONFIRM_VOLUME={volume}"):
            stack.delete(name)
    assert any(one["volume_id"] == volume for one in railway.truth()["volumes"])
    reconfigure(POLY_CONFIRM_VOLUME=f"some-other-id, {volume}")
    assert stack.destroy() == []
    left = [one for one in railway.truth()["volumes"] if not one["deleted"]]
    assert volume not in {one["volume_id"] for one in left}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mountPath": "/elsewhere"}, "changing mountPath of"),
        ({"region": "us-west2"}, "changing region of"),
        ({"serviceId": "another"}, "changing serviceId of"),
    ],
)
def test_a_volume_is_not_moved_without_confirmation_and_a_preview_says_so(
    stack: Stack, railway: StandIn, estate: Declare, change: dict[str, str], words: str
) -> None:
    declared = estate()
    assert stack.up(declared.program()) == []
    declared.volume = change
    before = railway.truth()["requests"]
    with pytest.raises(Exception, match=words):
        stack.preview(declared.program())
    (error,) = stack.up(declared.program())
    assert words in error
    assert "POLY_CONFIRM_VOLUME=" in error
    assert [one for one in railway.calls(before) if one["kind"] == "mutation"] == []


def test_a_service_is_not_moved_with_its_volume_without_confirmation(
    stack: Stack, estate: Declare
) -> None:
    declared = estate()
    assert stack.up(declared.program()) == []
    declared.service = {"region": "us-west2"}
    with pytest.raises(Exception, match="moving 'bot' to us-west2 migrates the volume ledger"):
        stack.preview(declared.program())


def test_a_volume_grows_and_never_shrinks(stack: Stack, railway: StandIn, estate: Declare) -> None:
    declared = estate(volume={"sizeMb": 60_000})
    assert stack.up(declared.program()) == []
    declared.volume = {"sizeMb": 70_000}
    assert stack.up(declared.program()) == []
    assert stack.refresh() == []
    declared.volume = {"sizeMb": 69_999}
    (error,) = stack.up(declared.program())
    assert "sizeMb is 69999, less than the 70000 the volume has" in error


def test_resources_made_in_parallel_do_not_lose_each_others_changes(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    """Of two changes in flight Railway loses one, and the engine works in parallel."""
    assert stack.up(estate(sealed={}).program()) == []
    railway.control("POST", "faults", name="patches-race", rate=1.0)
    place = {
        "projectId": stack.state["project"].output("projectId"),
        "environmentId": stack.state["environment"].output("environmentId"),
        "serviceId": stack.state["service"].output("serviceId"),
    }

    def make(number: int) -> str:
        inputs = {**place, "plain": {f"PARALLEL_{number}": "1"}}
        made = stack.stub.Create(
            provider_pb2.CreateRequest(
                urn=stack.urn(f"set-{number}", "VariableSet"),
                type="railway:index:VariableSet",
                properties=encode(inputs),
            )
        )
        return str(made.id)

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(make, range(6)))) == 6
    assert {f"PARALLEL_{number}" for number in range(6)} <= set(
        settings(railway, stack)["variables"]
    )


def test_an_answer_later_than_we_wait_is_a_lost_one_and_doubles_nothing(
    railway: StandIn, estate: Declare, environ: dict[str, str]
) -> None:
    impatient = replace(quick(), timeout_s=1.0)
    program = estate().program()
    with serving(Provider(environ=environ, pace=impatient)) as stub:
        configured(stub)
        stack = Stack(stub)
        assert stack.up(program[:4]) == []
        railway.control("POST", "delays", scale=0.03)
        railway.arm("slow-reply", "BucketCreate")
        errors = stack.up(program[:5])
        railway.calm()
        railway.control("POST", "delays", scale=0.001)
        assert railway.struck()["slow-reply"] == 1
        assert len(errors) <= 1
        assert stack.up(program) == []
        environment = stack.state["environment"].output("environmentId")
        assert len(railway.truth()["environments"][environment]["config"]["buckets"]) == 1


def test_an_instance_in_another_environment_is_an_error_that_can_be_mended(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    declared = estate()
    program = declared.program()
    assert stack.up(program[:2]) == []
    project = stack.state["project"].id
    made = railway.ask(
        'mutation($p: String!) { environmentCreate(input: {projectId: $p, name: "staging"}) '
        "{ id } }",
        {"p": project},
    )["environmentCreate"]["id"]
    (error,) = stack.up(program)
    assert "also came into being in the environments staging" in error
    service = stack.state["service"].output("serviceId")
    (again,) = stack.up(program)
    assert "staging" in again
    railway.ask(
        "mutation($s: String!, $e: String!) { serviceDelete(id: $s, environmentId: $e) }",
        {"s": service, "e": made},
    )
    assert stack.up(program) == []
    assert stack.state["service"].output("serviceId") == service


def test_a_service_that_requires_a_volume_is_not_deployed_without_it(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    program = estate().program()
    without = [one for one in program if one.name not in ("volume", "schedule")]

    def inputs(output: Callable[[str, str], Any]) -> dict[str, Any]:
        given = program[-1].inputs(output)
        return {**given, "configuration": {"service": "x"}}

    without[-1] = type(without[-1])("deployment", "Deployment", inputs)
    (error,) = stack.up(without)
    assert "requires a volume at /app/data and none is mounted there" in error
    assert deployments(railway, stack) == []


def test_the_state_holds_a_sealed_value_once_and_encrypted(stack: Stack, estate: Declare) -> None:
    assert stack.up(estate().program()) == []
    resource = stack.state["variables"]
    digests = resource.output("sealedDigests")
    assert set(digests) == {"POLY_PRIVATE_KEY"}
    assert SEALED not in f"{digests}"
