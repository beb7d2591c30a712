"""Each kind of token opens what Railway's opens, in its own header only."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.railway_stand_in.railway import Railway

PROJECT = "query($id: String!) { project(id: $id) { id name } }"
ME = "{ me { name } }"
CONTEXT = "{ apiToken { workspaces { id name } } }"
HERE = "{ projectToken { projectId environmentId } }"
PROJECTS = "{ projects(first: 50) { edges { node { id } } } }"
REFUSED = "Not Authorized"


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def project_header(secret: str) -> dict[str, str]:
    return {"Project-Access-Token": secret}


def minted(railway: Railway, project: str, environment: str) -> str:
    return str(
        railway.ask(
            "mutation($i: ProjectTokenCreateInput!) { projectTokenCreate(input: $i) }",
            i={"projectId": project, "environmentId": environment, "name": "ops"},
        )
    )


def test_without_a_token_only_introspection_is_open(railway: Railway) -> None:
    assert railway.refusal(CONTEXT, {}) == REFUSED
    assert railway.ask("{ __schema { queryType { name } } }", {})["queryType"]["name"] == "Query"


@pytest.mark.parametrize(
    "headers", [bearer("wrong"), project_header("wrong"), {"Authorization": "x"}]
)
def test_a_wrong_token_opens_nothing(railway: Railway, headers: dict[str, str]) -> None:
    assert railway.refusal(CONTEXT, headers) == REFUSED


def test_an_account_token_sees_the_person_and_every_workspace(railway: Railway) -> None:
    other = railway.control("workspaces", name="second")
    assert railway.ask(ME)["name"]
    seen = {one["id"] for one in railway.ask(CONTEXT)["workspaces"]}
    assert {railway.hello["workspace_id"], other["workspace_id"]} <= seen


def test_a_workspace_token_sees_its_workspace_and_not_the_person(railway: Railway) -> None:
    headers = bearer(railway.hello["workspace_token"])
    assert railway.refusal(ME, headers) == REFUSED
    (one,) = railway.ask(CONTEXT, headers)["workspaces"]
    assert one["id"] == railway.hello["workspace_id"]


def test_another_workspace_is_closed(railway: Railway) -> None:
    project, _ = railway.project()
    other = railway.control("workspaces", name="second")
    headers = bearer(other["workspace_token"])
    assert railway.refusal(PROJECT, headers, id=project) == REFUSED
    assert railway.ask(PROJECTS, headers)["edges"] == []


def test_a_project_token_counts_in_its_own_header_only(railway: Railway) -> None:
    secret = minted(railway, *railway.project())
    assert railway.ask(HERE, project_header(secret))
    assert railway.refusal(HERE, bearer(secret)) == REFUSED
    account = railway.hello["account_token"]
    assert railway.refusal(HERE, project_header(account)) == REFUSED
    assert railway.refusal(HERE, bearer(account)) == REFUSED


def test_a_project_token_opens_one_environment(railway: Railway) -> None:
    project, environment = railway.project()
    other_project, other_environment = railway.project("other")
    headers = project_header(minted(railway, project, environment))
    here = railway.ask(HERE, headers)
    assert here == {"projectId": project, "environmentId": environment}
    read = "query($id: String!) { environment(id: $id) { id } }"
    assert railway.ask(read, headers, id=environment)
    assert railway.refusal(read, headers, id=other_environment) == REFUSED
    assert railway.refusal(PROJECT, headers, id=other_project) == REFUSED
    assert railway.refusal(PROJECTS, headers) == REFUSED


def test_a_project_token_can_deploy_stop_and_restart(railway: Railway) -> None:
    """Enough for the kill switch."""
    bot = railway.bot()
    headers = project_header(minted(railway, bot.project, bot.environment))
    deploy = """mutation($s: String!, $e: String!) {
                serviceInstanceDeployV2(serviceId: $s, environmentId: $e) }"""
    identity = railway.ask(deploy, headers, s=bot.service, e=bot.environment)
    bot.reaches(identity, "SUCCESS")
    for name, status in (("deploymentStop", "EXITED"), ("deploymentRestart", "RUNNING")):
        assert railway.ask(f"mutation($id: String!) {{ {name}(id: $id) }}", headers, id=identity)
        bot.instance_reaches(identity, status)


def test_a_project_token_can_neither_patch_nor_back_up(railway: Railway) -> None:
    """Nobody has measured it, so nothing of ours may rely on it."""
    bot = railway.bot()
    headers = project_header(minted(railway, bot.project, bot.environment))
    commit = "mutation($e: String!) { environmentPatchCommitStaged(environmentId: $e) }"
    assert railway.refusal(commit, headers, e=bot.environment) == REFUSED
    backup = (
        "mutation($v: String!) { volumeInstanceBackupCreate(volumeInstanceId: $v) { workflowId } }"
    )
    assert railway.refusal(backup, headers, v=bot.disk) == REFUSED


def test_project_id_may_be_closed_to_a_project_token(railway: Railway) -> None:
    project, environment = railway.project()
    headers = project_header(minted(railway, project, environment))
    assert railway.ask(PROJECT, headers, id=project)
    railway.control("faults", name="project-token-narrow", times=1)
    assert railway.refusal(PROJECT, headers, id=project) == REFUSED


def test_a_deleted_token_opens_nothing(railway: Railway) -> None:
    project, environment = railway.project()
    headers = project_header(minted(railway, project, environment))
    listed = railway.ask(
        """query($p: String!) {
          projectTokens(projectId: $p) { edges { node { id displayToken } } } }""",
        p=project,
    )
    for edge in listed["edges"]:
        assert headers["Project-Access-Token"] not in str(edge)
        delete = "mutation($id: String!) { projectTokenDelete(id: $id) }"
        railway.ask(delete, id=edge["node"]["id"])
    assert railway.refusal(HERE, headers) == REFUSED


def test_the_project_token_of_the_first_line_is_bound_to_the_first_project(
    start: Callable[..., Any],
) -> None:
    railway = start("--delay-scale", "0")
    headers = project_header(railway.hello["project_token"])
    assert railway.refusal(HERE, headers) == REFUSED
    project, environment = railway.project()
    railway.project("second")
    assert railway.ask(HERE, headers) == {"projectId": project, "environmentId": environment}


def test_ids_that_do_not_belong_together_are_not_authorized(railway: Railway) -> None:
    project, _ = railway.project()
    _, other = railway.project("other")
    read = "query($e: String!, $p: String) { environment(id: $e, projectId: $p) { id } }"
    assert railway.refusal(read, e=other, p=project) == REFUSED


def test_control_needs_its_token(railway: Railway) -> None:
    response = railway.http.get(f"{railway.hello['control_url']}/truth")
    assert response.status_code == 401
