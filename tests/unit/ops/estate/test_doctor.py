"""Each question of the doctor, answered by a Railway whose every answer the test decides."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from infra.railway.client import Railway
from infra.railway.errors import NotFound
from infra.railway.token import Token, TokenKind
from ops.estate import doctor
from ops.estate.cost import Plan
from ops.estate.doctor import Finding, Health, Visit
from ops.estate.stack import Declared, Target

TARGET = Target(project="p-1", environment="e-1", service="s-1")
DECLARED = Declared(
    name="prod",
    plan=Plan.PRO,
    cpu=1,
    memory_gb=1,
    volume_gb=10,
    mode="PAPER",
    region="us-west2",
    scheduled=True,
    bucket=True,
)
LAST = {"pageInfo": {"hasNextPage": False, "endCursor": None}}

Ask = Callable[..., list[Finding]]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Return `ask(question, answers, kind)`: what the doctor finds when Railway says that."""
    clients: list[Railway] = []

    def asked(
        question: Callable[[Visit], Iterator[Finding]],
        answers: dict[str, Any],
        kind: TokenKind = TokenKind.BEARER,
    ) -> list[Finding]:
        def answer(request: httpx.Request) -> httpx.Response:
            name = json.loads(request.content)["operationName"]
            return httpx.Response(200, json={"data": answers[name]})

        client = Railway(Token(kind, "secret"), transport=httpx.MockTransport(answer))
        clients.append(client)
        return list(question(Visit(client, DECLARED, TARGET)))

    yield asked
    for client in clients:
        client.close()


def region(name: str, replacement: str | None = None) -> dict[str, Any]:
    info = {"isDeprecated": replacement is not None, "replacementRegion": replacement}
    return {
        "name": name,
        "location": "Somewhere",
        "country": "X",
        "deploymentConstraints": {"deprecationInfo": info},
    }


def test_a_declared_region_railway_still_has_is_a_note_about_the_geoblock(ask: Ask) -> None:
    (found,) = ask(doctor.region, {"RegionsRead": {"regions": [region("us-west2")]}})
    assert found.health is Health.NOTE
    assert "0012-region" in found.remedy


@pytest.mark.parametrize(
    ("regions", "said"),
    [
        ([region("us-east4-eqdc4a")], "us-west2 is none of Railway's"),
        ([region("us-west2", "us-west3")], "us-west2 is deprecated"),
    ],
)
def test_a_region_that_is_gone_or_going_has_to_be_changed(
    ask: Ask, regions: list[dict[str, Any]], said: str
) -> None:
    (found,) = ask(doctor.region, {"RegionsRead": {"regions": regions}})
    assert (found.health, found.seen) == (Health.BAD, said)
    assert "us-" in found.remedy


def project(**changed: object) -> dict[str, Any]:
    good = {
        "id": "p-1",
        "name": "poly",
        "workspaceId": "w-1",
        "deletedAt": None,
        "subscriptionType": "pro",
        "subscriptionPlanLimit": {"volumes": {"maxBackupsCount": 10}},
    }
    return {"ProjectRead": {"project": {**good, **changed}}}


def test_the_plan_says_how_many_backups_it_allows(ask: Ask) -> None:
    (found,) = ask(doctor.plan, project())
    assert (found.health, found.seen) == (Health.GOOD, "pro, at most 10 volume backups")


def test_another_plan_than_declared_and_a_scheduled_deletion_are_both_told(ask: Ask) -> None:
    deleted, plan = ask(
        doctor.plan, project(subscriptionType="hobby", deletedAt="2026-11-22T00:00:00Z")
    )
    assert deleted.health is plan.health is Health.BAD
    assert "48 h" in deleted.remedy
    assert "poly:plan hobby" in plan.remedy


def test_staged_changes_are_named_by_path_and_never_by_value(ask: Ask) -> None:
    state = {
        "environment": {"id": "e-1", "projectId": "p-1", "config": {}, "deletedAt": None},
        "environmentStagedChanges": {
            "id": "x",
            "status": "STAGED",
            "patch": {"services": {"s-1": {"variables": {"KEY": {"value": "hunter2"}}}}},
        },
    }
    (found,) = ask(doctor.staged, {"EnvironmentStateRead": state})
    assert found.health is Health.BAD
    assert "services.s-1.variables.KEY" in found.seen
    assert "hunter2" not in found.seen


def volumes(*nodes: dict[str, Any]) -> dict[str, Any]:
    edges = [{"node": node} for node in nodes]
    return {
        "EnvironmentVolumesPage": {"environment": {"volumeInstances": {"edges": edges, **LAST}}}
    }


VOLUME: dict[str, Any] = {
    "id": "vi-1",
    "volumeId": "v-1",
    "environmentId": "e-1",
    "mountPath": "/app/data",
    "volume": {"id": "v-1", "name": "poly-data", "projectId": "p-1"},
    "sizeMB": 5000,
    "currentSizeMB": 12.5,
    "serviceId": "s-1",
    "state": "READY",
}


def test_a_ready_volume_where_the_bot_looks_is_good(ask: Ask) -> None:
    (found,) = ask(doctor.volume, volumes(VOLUME))
    assert found.health is Health.GOOD
    assert "12 of 5000 MB" in found.seen


@pytest.mark.parametrize(
    "changed", [{"mountPath": "/data"}, {"state": "MIGRATING"}, {"serviceId": None}]
)
def test_a_volume_elsewhere_busy_or_detached_is_bad(ask: Ask, changed: dict[str, Any]) -> None:
    (found,) = ask(doctor.volume, volumes({**VOLUME, **changed}))
    assert found.health is Health.BAD


def test_a_public_name_is_bad_and_a_deleted_one_is_not(ask: Ask) -> None:
    open_door = {"id": "d-1", "domain": "poly.up.railway.app", "deletedAt": None}
    answers = {"DomainsRead": {"domains": {"serviceDomains": [open_door], "customDomains": []}}}
    (found,) = ask(doctor.domains, answers)
    assert (found.health, found.seen) == (Health.BAD, "poly.up.railway.app is public")
    open_door["deletedAt"] = "2026-11-22T00:00:00Z"
    (found,) = ask(doctor.domains, answers)
    assert found.health is Health.GOOD


def flag(name: str, service: str | None) -> dict[str, Any]:
    return {"node": {"id": name, "name": name, "isSealed": True, "serviceId": service}}


@pytest.mark.parametrize("service", ["s-1", None])
def test_a_railway_token_among_the_bots_or_the_shared_variables_is_bad(
    ask: Ask, service: str | None
) -> None:
    edges = [flag("RAILWAY_API_TOKEN", service), flag("RAILWAY_TOKEN", "another")]
    page = {"environment": {"variables": {"edges": edges, **LAST}}}
    (found,) = ask(doctor.token_in_bot, {"VariableFlagsPage": page})
    assert found.health is Health.BAD
    assert "RAILWAY_API_TOKEN" in found.seen
    assert "RAILWAY_TOKEN" not in found.seen


def test_a_token_for_several_workspaces_asks_for_a_choice(ask: Ask) -> None:
    workspaces = [{"id": "w-1", "name": "mine"}, {"id": "w-2", "name": "ours"}]
    findings = ask(doctor.token, {"TokenScope": {"apiToken": {"workspaces": workspaces}}})
    about = {found.about: found for found in findings}
    assert "mine (w-1), ours (w-2)" in about["token"].seen
    assert "poly:workspace" in about["workspace"].remedy


def test_an_incident_is_passed_on(ask: Ask) -> None:
    notice = {"id": "i", "message": "Builds are slow", "status": "OPEN", "url": "https://x.invalid"}
    platform = {"isStable": False, "incident": notice, "maintenance": None}
    (found,) = ask(doctor.platform, {"PlatformRead": {"platformStatus": platform}})
    assert (found.health, found.seen) == (Health.NOTE, "Builds are slow")


def test_a_question_railway_refuses_is_a_finding_and_not_the_end() -> None:
    def refused(_: Visit) -> Iterator[Finding]:
        raise NotFound("Project not found")
        yield

    client = Railway(Token(TokenKind.BEARER, "secret"))
    (found,) = doctor.asked(refused, Visit(client, None, None))
    client.close()
    assert (found.about, found.health) == ("refused", Health.BAD)
    assert "Project not found" in found.seen
