"""What a change does is said without asking anybody: what is safe, what replaces, what loses."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.provider.kinds import KINDS
from infra.provider.kinds.backup_schedule import BackupSchedule, BackupScheduleInputs
from infra.provider.kinds.bucket import Bucket, BucketInputs
from infra.provider.kinds.deployment import Deployment, DeploymentInputs
from infra.provider.kinds.difference import Sort, difference
from infra.provider.kinds.environment import EnvironmentInputs
from infra.provider.kinds.kind import Impact
from infra.provider.kinds.project import Project, ProjectInputs
from infra.provider.kinds.property import changed, untyped
from infra.provider.kinds.service import Service
from infra.provider.kinds.service_settings import ServiceInputs, settings_in, settings_patch
from infra.provider.kinds.variable_set import VariableSet, VariableSetInputs
from infra.provider.kinds.volume import Volume, VolumeInputs
from infra.provider.wire import UNKNOWN, Secret

HERE: dict[str, Any] = {"project_id": "p", "environment_id": "e"}
VOLUME = VolumeInputs(
    **HERE, service_id="s", name="ledger", mount_path="/app/data", size_mb=5000, region="ams"
)
SERVICE = ServiceInputs(**HERE, name="bot", region="ams")
VARIABLES = VariableSetInputs(
    **HERE, service_id="s", plain={"A": "1"}, secret={"B": "2"}, sealed={"C": "3"}
)
DEPLOYMENT = DeploymentInputs(**HERE, service_id="s", image="i@sha256:0", configuration={"x": "1"})
SAMPLES: dict[str, Any] = {
    "Project": ProjectInputs(name="poly"),
    "Environment": EnvironmentInputs(project_id="p", name="production"),
    "Service": SERVICE,
    "Volume": VOLUME,
    "VariableSet": VARIABLES,
    "Bucket": BucketInputs(**HERE, name="b", region="ams"),
    "BackupSchedule": BackupScheduleInputs(**HERE, volume_id="v", kinds=("DAILY", "WEEKLY")),
    "Deployment": DEPLOYMENT,
}


@pytest.mark.parametrize("name", SAMPLES)
def test_no_change_has_no_impact(name: str) -> None:
    assert KINDS[f"railway:index:{name}"].impact(SAMPLES[name], SAMPLES[name]) == {}


@pytest.mark.parametrize(
    ("change", "impact"),
    [
        ({"size_mb": 5001}, {"sizeMb": Impact.SAFE}),
        ({"size_mb": None}, {}),
        ({"region": None}, {}),
        ({"name": "other"}, {"name": Impact.SAFE}),
        ({"size_mb": 4999}, {"sizeMb": Impact.DESTRUCTIVE}),
        ({"mount_path": "/app"}, {"mountPath": Impact.DESTRUCTIVE}),
        ({"service_id": "t"}, {"serviceId": Impact.DESTRUCTIVE}),
        ({"region": "sin"}, {"region": Impact.DESTRUCTIVE}),
        ({"environment_id": "f"}, {"environmentId": Impact.REPLACE}),
        ({"project_id": "q"}, {"projectId": Impact.REPLACE}),
    ],
)
def test_only_growth_and_a_name_keep_a_volumes_data(
    change: dict[str, Any], impact: dict[str, Impact]
) -> None:
    assert Volume().impact(VOLUME, replace(VOLUME, **change)) == impact


def test_attaching_a_volume_somebody_detached_is_safe() -> None:
    detached = replace(VOLUME, service_id=None)  # type: ignore[arg-type]
    assert Volume().impact(detached, VOLUME) == {"serviceId": Impact.SAFE}


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_volume_is_safe_to_resize_exactly_when_it_grows(old: int, new: int) -> None:
    impacts = Volume().impact(replace(VOLUME, size_mb=old), replace(VOLUME, size_mb=new))
    faults = list(Volume().faults(replace(VOLUME, size_mb=old), replace(VOLUME, size_mb=new)))
    assert (impacts.get("sizeMb") is Impact.SAFE) == (new > old)
    assert bool(faults) == (new < old)


def test_moving_a_service_is_marked_as_what_moves_its_volume() -> None:
    assert Service().impact(SERVICE, replace(SERVICE, region="sin")) == {
        "region": Impact.DESTRUCTIVE
    }


def test_the_environment_made_with_a_project_is_only_named_once() -> None:
    old = ProjectInputs(name="poly", workspace_id="w", description="x")
    new = ProjectInputs(name="poly", default_environment_name="staging")
    assert Project().impact(old, new) == {}
    moved = replace(old, workspace_id="other")
    assert Project().impact(old, moved) == {"workspaceId": Impact.REPLACE}


def test_how_secret_a_variable_is_makes_no_difference() -> None:
    imported = replace(VARIABLES, plain={}, secret={"A": "1", "B": "2"})
    assert VariableSet().impact(imported, VARIABLES) == {}
    assert VariableSet().impact(VARIABLES, imported) == {}


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"plain": {"A": "9"}}, {"plain.A"}),
        ({"plain": {"A": "1", "N": "x"}}, {"plain.N"}),
        ({"plain": {}}, {"plain.A"}),
        ({"sealed": {"C": "9"}}, {"sealed.C"}),
        ({"sealed": {"C": "3", "B": "2"}, "secret": {}}, {"sealed.B"}),
    ],
)
def test_each_variable_is_a_difference_of_its_own(change: dict[str, Any], paths: set[str]) -> None:
    assert set(VariableSet().impact(VARIABLES, replace(VARIABLES, **change))) == paths


def test_a_sealed_variable_cannot_be_unsealed_in_one_go() -> None:
    unsealed = replace(VARIABLES, plain={"A": "1", "C": "3"}, sealed={})
    (fault,) = VariableSet().faults(VARIABLES, unsealed)
    assert fault.wire == "plain"
    assert "cannot be unsealed" in fault.reason


def test_a_name_stands_in_one_sort_only() -> None:
    twice = replace(VARIABLES, secret={"A": "1"})
    (fault,) = VariableSet().faults(None, twice)
    assert "has A, which is declared under plain as well" in fault.reason


def test_a_buckets_region_is_for_ever() -> None:
    old = SAMPLES["Bucket"]
    new = replace(old, region="sin")
    assert Bucket().impact(old, new) == {"region": Impact.DESTRUCTIVE}
    (fault,) = Bucket().faults(old, new)
    assert "made in ams for ever" in fault.reason


def test_the_order_of_schedules_is_no_difference() -> None:
    old = SAMPLES["BackupSchedule"]
    assert BackupSchedule().impact(old, replace(old, kinds=("WEEKLY", "DAILY"))) == {}
    assert BackupSchedule().impact(old, replace(old, kinds=("DAILY",))) == {"kinds": Impact.SAFE}


def test_a_changed_fingerprint_deploys_and_patience_does_not() -> None:
    changed_part = replace(DEPLOYMENT, configuration={"x": "2", "y": "1"})
    assert set(Deployment().impact(DEPLOYMENT, changed_part)) == {
        "configuration.x",
        "configuration.y",
    }
    assert Deployment().impact(DEPLOYMENT, replace(DEPLOYMENT, healthy_within_seconds=9)) == {}


def test_an_imported_deployment_is_taken_over_as_it_runs() -> None:
    imported = replace(DEPLOYMENT, configuration={})
    assert Deployment().impact(imported, DEPLOYMENT) == {}
    assert set(Deployment().impact(imported, replace(DEPLOYMENT, image="j"))) == {"image"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image": None}, "image or repo must be given"),
        ({"repo": "a/b", "branch": "main"}, "image or repo must be given, and not both"),
        ({"image": None, "repo": "a/b"}, "branch must be given with repo"),
        ({"branch": "main"}, "branch means nothing without repo"),
    ],
)
def test_a_source_is_an_image_or_a_branch(change: dict[str, Any], words: str) -> None:
    (fault,) = Deployment().faults(None, replace(DEPLOYMENT, **change))
    assert words in f"{fault.wire} {fault.reason}"


def test_an_unknown_value_is_a_difference_and_may_replace() -> None:
    old = untyped(VOLUME)
    found = difference(Volume(), old, {**old, "projectId": UNKNOWN, "sizeMb": UNKNOWN})
    assert found["projectId"].impact is Impact.REPLACE
    assert found["sizeMb"].impact is Impact.SAFE
    assert set(found) == {"projectId", "sizeMb"}


def test_an_unknown_variable_is_one_of_many() -> None:
    old = untyped(VARIABLES)
    found = difference(VariableSet(), old, {**old, "plain": {"A": "1", "N": UNKNOWN}})
    assert {path: one.sort for path, one in found.items()} == {"plain.N": Sort.ADD}


def test_a_secret_and_the_same_value_in_clear_do_not_differ() -> None:
    old = untyped(SERVICE)
    assert difference(Service(), old, {**old, "name": Secret("bot")}) == {}


def test_a_difference_says_added_deleted_or_updated() -> None:
    old = untyped(replace(SERVICE, start_command="a", cron_schedule="* * * * *"))
    new = untyped(replace(SERVICE, start_command="b", healthcheck_path="/health"))
    assert {path: one.sort for path, one in difference(Service(), old, new).items()} == {
        "startCommand": Sort.UPDATE,
        "cronSchedule": Sort.DELETE,
        "healthcheckPath": Sort.ADD,
    }


def test_settings_read_back_as_they_were_written() -> None:
    declared = replace(
        SERVICE,
        start_command="x",
        pre_deploy_command="y",
        healthcheck_path="/health",
        healthcheck_timeout_seconds=60,
        restart_policy_type="ALWAYS",
        restart_policy_max_retries=3,
        draining_seconds=45,
        required_mount_path="/app/data",
        vcpus_max=0.5,
        memory_mib_max=512,
    )
    patch: Any = settings_patch({}, "s", declared)
    read = settings_in(patch["services"]["s"])
    place = {"projectId": "p", "environmentId": "e", "name": "bot"}
    assert {**place, **read} == {
        name: value for name, value in untyped(declared).items() if value is not None
    }


def test_a_service_nobody_has_configured_reads_as_the_defaults() -> None:
    read = {"projectId": "p", "environmentId": "e", "name": "bot", **settings_in({})}
    assert "region" not in read
    defaults = untyped(SERVICE)
    assert read == {name: defaults[name] for name in read}


def test_a_region_that_is_not_declared_any_more_is_given_up() -> None:
    there = {"services": {"s": {"deploy": {"multiRegionConfig": {"sin": {"numReplicas": 1}}}}}}
    patch: Any = settings_patch(there, "s", SERVICE)
    regions = patch["services"]["s"]["deploy"]["multiRegionConfig"]
    assert regions == {"sin": None, "ams": {"numReplicas": 1}}


@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_what_changes_by_name_is_what_differs(name: str, data: st.DataObject) -> None:
    sample = SAMPLES[name]
    field = data.draw(st.sampled_from(["name", "project_id", "kinds", "image"]))
    if not hasattr(sample, field):
        return
    other = replace(sample, **{field: ("MONTHLY",) if field == "kinds" else "another"})
    assert len(changed(sample, other)) == 1
    assert len(KINDS[f"railway:index:{name}"].impact(sample, other)) == 1
