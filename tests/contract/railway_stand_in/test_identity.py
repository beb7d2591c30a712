"""Projects, environments and services: names, duplicates, forks, deletion and its grace."""

from collections.abc import Callable

from tests.contract.railway_stand_in.railway import Railway

SERVICE = "mutation($i: ServiceCreateInput!) { serviceCreate(input: $i) { id } }"
READ = """query($id: String!) { project(id: $id) {
  id name deletedAt subscriptionType subscriptionPlanLimit } }"""
INSTANCES = """query($id: String!) { service(id: $id) { deletedAt serviceInstances(first: 9) {
  edges { node { environmentId } } } } }"""


def test_names_of_projects_are_not_unique(railway: Railway) -> None:
    assert railway.project("twin") != railway.project("twin")


def test_names_of_services_are(railway: Railway) -> None:
    project, environment = railway.project()
    railway.service(project, environment, "bot")
    again = {"projectId": project, "environmentId": environment, "name": "bot"}
    found = railway.refusal(SERVICE, i=again)
    assert found == 'A service named "bot" already exists in this project'


def test_a_service_gets_an_instance_in_every_environment_that_is_no_fork(
    railway: Railway,
) -> None:
    project, environment = railway.project()
    staging = railway.ask(
        "mutation($i: EnvironmentCreateInput!) { environmentCreate(input: $i) { id } }",
        i={"projectId": project, "name": "staging"},
    )["id"]
    service = railway.service(project, environment)
    found = railway.ask(INSTANCES, id=service)["serviceInstances"]["edges"]
    assert {edge["node"]["environmentId"] for edge in found} == {environment, staging}


def test_deleting_in_one_environment_leaves_the_others(railway: Railway) -> None:
    bot = railway.bot()
    fork = railway.ask(
        "mutation($i: EnvironmentCreateInput!) { environmentCreate(input: $i) { id } }",
        i={
            "projectId": bot.project,
            "name": "fork",
            "sourceEnvironmentId": bot.environment,
            "skipInitialDeploys": True,
        },
    )["id"]
    delete = "mutation($id: String!, $e: String) { serviceDelete(id: $id, environmentId: $e) }"
    railway.ask(delete, id=bot.service, e=fork)
    found = railway.ask(INSTANCES, id=bot.service)
    assert found["deletedAt"] is None
    assert [e["node"]["environmentId"] for e in found["serviceInstances"]["edges"]] == [
        bot.environment
    ]
    railway.ask(delete, id=bot.service)
    assert railway.ask(INSTANCES, id=bot.service)["deletedAt"]


def test_a_deleted_service_leaves_its_volume_detached(railway: Railway) -> None:
    bot = railway.bot()
    bot.up()
    railway.ask("mutation($id: String!) { serviceDelete(id: $id) }", id=bot.service)
    (disk,) = railway.disks(bot.environment)
    assert disk["serviceId"] is None
    assert disk["deletedAt"] is None


def test_by_fault_it_takes_the_volume_along(railway: Railway) -> None:
    bot = railway.bot()
    railway.control("faults", name="service-delete-takes-volume", times=1)
    railway.ask("mutation($id: String!) { serviceDelete(id: $id) }", id=bot.service)
    (disk,) = railway.disks(bot.environment)
    assert disk["isPendingDeletion"] is True


def test_a_source_at_creation_deploys_before_there_is_a_volume(railway: Railway) -> None:
    """Why services are made without one."""
    project, environment = railway.project()
    railway.ask(
        SERVICE,
        i={
            "projectId": project,
            "environmentId": environment,
            "name": "eager",
            "source": {"image": "example/bot"},
        },
    )
    assert railway.truth()["deployments"][-1]["reason"] == "deploy"


def test_connecting_a_source_deploys_and_a_repository_without_branch_does_nothing(
    railway: Railway,
) -> None:
    project, environment = railway.project()
    service = railway.service(project, environment)
    connect = """mutation($id: String!, $i: ServiceConnectInput!) {
      serviceConnect(id: $id, input: $i) { id } }"""
    before = len(railway.truth()["deployments"])
    railway.ask(connect, id=service, i={"repo": "example/bot"})
    assert len(railway.truth()["deployments"]) == before
    railway.ask(connect, id=service, i={"image": "example/bot"})
    assert len(railway.truth()["deployments"]) == before + 1


def test_a_service_without_a_source_cannot_be_deployed(railway: Railway) -> None:
    project, environment = railway.project()
    service = railway.service(project, environment)
    deploy = """mutation($s: String!, $e: String!) {
      serviceInstanceDeployV2(serviceId: $s, environmentId: $e) }"""
    assert "without a source" in railway.refusal(deploy, s=service, e=environment)


def test_a_scheduled_deletion_can_be_undone(railway: Railway) -> None:
    project, _ = railway.project()
    railway.ask("mutation($id: String!) { projectScheduleDelete(id: $id) }", id=project)
    assert railway.ask(READ, id=project)["deletedAt"]
    listed = "{ projects(first: 500) { edges { node { id } } } }"
    assert project not in str(railway.ask(listed))
    railway.ask("mutation($id: String!) { projectScheduleDeleteCancel(id: $id) }", id=project)
    assert railway.ask(READ, id=project)["deletedAt"] is None


def test_a_scheduled_deletion_happens_after_48_hours(start: Callable[..., Railway]) -> None:
    railway = start("--delay-scale", "0")
    bot = railway.bot()
    identity = bot.up()
    railway.ask("mutation($id: String!) { projectScheduleDelete(id: $id) }", id=bot.project)
    pid = railway.deployment_truth(identity)["pid"]
    assert pid
    railway.control("clock", advance_s=48 * 3600)
    railway.until(lambda: not railway.truth()["projects"], "the deletion")
    assert railway.refusal(READ, id=bot.project) == "Project not found"


def test_a_deletion_at_once_is_at_once(railway: Railway) -> None:
    bot = railway.bot()
    bot.up()
    railway.ask("mutation($id: String!) { projectDelete(id: $id) }", id=bot.project)
    assert railway.refusal(READ, id=bot.project) == "Project not found"


def test_what_never_was_is_not_found(railway: Railway) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    assert railway.refusal(READ, id=nobody) == "Project not found"
    for field, kind in (
        ("environment", "Environment"),
        ("service", "Service"),
        ("deployment", "Deployment"),
        ("volumeInstance", "VolumeInstance"),
    ):
        document = f"query($id: String!) {{ {field}(id: $id) {{ id }} }}"
        assert railway.refusal(document, id=nobody) == f"{kind} not found"


def test_the_plan_tells_its_limits(start: Callable[..., Railway], railway: Railway) -> None:
    hobby = start("--delay-scale", "0")
    for one, plan, backups in ((hobby, "hobby", 0), (railway, "pro", 10)):
        found = one.ask(READ, id=one.project()[0])
        assert found["subscriptionType"] == plan
        assert found["subscriptionPlanLimit"]["volumes"]["maxBackupsCount"] == backups


def test_creations_in_a_row_come_too_quickly(start: Callable[..., Railway]) -> None:
    railway = start("--delay-scale", "1")
    railway.project()
    create = "mutation($i: ProjectCreateInput!) { projectCreate(input: $i) { id } }"
    assert "too quickly" in railway.refusal(create, i={"name": "second"})
    railway.control("clock", advance_s=31)
    assert railway.ask(create, i={"name": "second"})


def test_regions_are_the_four_there_are(railway: Railway) -> None:
    found = railway.ask(
        "{ regions { name deploymentConstraints { deprecationInfo { isDeprecated } } } }"
    )
    assert [one["name"] for one in found] == [
        "us-west2",
        "us-east4-eqdc4a",
        "europe-west4-drams3a",
        "asia-southeast1-eqsg3a",
    ]


def test_metrics_and_usage_are_measured(railway: Railway) -> None:
    bot = railway.bot()
    bot.up()
    metrics = """query($s: String!) { metrics(serviceId: $s, startDate: "2020-01-01T00:00:00Z",
      measurements: [CPU_USAGE, MEMORY_USAGE_GB], groupBy: [SERVICE_ID]) {
      measurement tags { serviceId } values { ts value } } }"""
    found = railway.until(lambda: railway.ask(metrics, s=bot.service), "a sample")
    memory = next(one for one in found if one["measurement"] == "MEMORY_USAGE_GB")
    assert memory["tags"]["serviceId"] == bot.service
    assert 0.001 < memory["values"][0]["value"] < 1
    usage = (
        """query($p: String!) { usage(projectId: $p, measurements: [MEMORY_USAGE_GB]) { value } }"""
    )
    assert railway.ask(usage, p=bot.project)[0]["value"] > 0
