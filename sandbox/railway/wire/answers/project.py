"""Projects, environments, project tokens, notification rules."""

import re

from sandbox.railway.model.records import Json, Project, Rule, TokenKind
from sandbox.railway.model.refusal import Refusal, not_authorized, not_found
from sandbox.railway.rules import projects
from sandbox.railway.wire.answers import objects
from sandbox.railway.wire.call import Call

NAME_MAX = 100


def _name(given: str | None) -> str:
    if not given or len(given) > NAME_MAX or not re.search(r"\S", given):
        raise Refusal("Error in name - Invalid input", "BAD_USER_INPUT")
    return given


def _project(call: Call, args: Json) -> Json:
    return objects.project(call, call.project(args["id"]))


def _projects(call: Call, args: Json) -> Json:
    workspace_id = args.get("workspaceId")
    if workspace_id is not None:
        call.workspace(workspace_id)
    listed = [
        objects.project(call, one)
        for one in call.world.estate.projects.values()
        if call.caller.sees_workspace(one.workspace_id)
        and workspace_id in {None, one.workspace_id}
        and (one.deleted_at is None or args.get("includeDeleted"))
    ]
    return call.connection(listed, args)


def _create(call: Call, args: Json) -> Json:
    given = args["input"]
    token = call.caller.token
    if token is None:
        raise not_authorized()
    workspace_id = given.get("workspaceId") or token.workspace_id
    if workspace_id is None:
        workspace_id = next(iter(call.world.estate.workspaces))
    call.workspace(workspace_id)
    now = call.world.now()
    project = Project(
        id=call.world.new_id(),
        name=_name(given.get("name") or "project"),
        description=given.get("description") or "",
        workspace_id=workspace_id,
        created_at=now,
        updated_at=now,
        is_public=bool(given.get("isPublic")),
        pr_deploys=bool(given.get("prDeploys")),
    )
    projects.create(call.world, project, given.get("defaultEnvironmentName") or "production")
    return objects.project(call, project)


def _update(call: Call, args: Json) -> Json:
    project, given = call.project(args["id"]), args["input"]
    if given.get("name") is not None:
        project.name = _name(given["name"])
    if "description" in given:
        project.description = given["description"] or ""
    if given.get("isPublic") is not None:
        project.is_public = given["isPublic"]
    if given.get("prDeploys") is not None:
        project.pr_deploys = given["prDeploys"]
    if given.get("baseEnvironmentId") is not None:
        project.base_environment_id = call.environment(given["baseEnvironmentId"], project.id).id
    project.updated_at = call.world.now()
    return objects.project(call, project)


def _schedule_delete(call: Call, args: Json) -> bool:
    project = call.project(args["id"])
    project.deleted_at = project.deleted_at or call.world.now()
    return True


def _cancel_delete(call: Call, args: Json) -> bool:
    call.project(args["id"]).deleted_at = None
    return True


def _delete(call: Call, args: Json) -> bool:
    projects.delete(call.world, call.project(args["id"]))
    return True


def _environment(call: Call, args: Json) -> Json:
    return objects.environment(call, call.environment(args["id"], args.get("projectId")))


def _environments(call: Call, args: Json) -> Json:
    project = call.project(args["projectId"])
    ephemeral = args.get("isEphemeral")
    listed = [
        objects.environment(call, one)
        for one in projects.environments(call.world, project)
        if call.caller.sees_environment(one.id) and ephemeral in {None, one.is_ephemeral}
    ]
    return call.connection(listed, args)


def _environment_create(call: Call, args: Json) -> Json:
    given = args["input"]
    project = call.project(given["projectId"])
    call.world.throttle("environments", project.workspace_id)
    environment = projects.new_environment(call.world, project, _name(given["name"]))
    environment.is_ephemeral = bool(given.get("ephemeral"))
    if given.get("sourceEnvironmentId"):
        source = call.environment(given["sourceEnvironmentId"], project.id)
        deploy = not given.get("skipInitialDeploys")
        projects.fork(call.world, source, environment, deploy=deploy)
    return objects.environment(call, environment)


def _environment_rename(call: Call, args: Json) -> Json:
    environment = call.environment(args["id"])
    name = _name(args["input"]["name"])
    project = call.project(environment.project_id)
    for other in projects.environments(call.world, project):
        if other.name == name and other.id != environment.id:
            raise Refusal(f'An environment named "{name}" already exists in this project')
    environment.name, environment.updated_at = name, call.world.now()
    return objects.environment(call, environment)


def _environment_delete(call: Call, args: Json) -> bool:
    projects.delete_environment(call.world, call.environment(args["id"]))
    return True


def _token(call: Call, _args: Json) -> Json:
    token = call.caller.token
    if token is None or token.kind is not TokenKind.PROJECT:
        raise not_authorized()
    return objects.project_token(call, token)


def _tokens(call: Call, args: Json) -> Json:
    project = call.project(args["projectId"])
    listed = [
        objects.project_token(call, one)
        for one in call.world.estate.tokens.values()
        if one.project_id == project.id
    ]
    return call.connection(listed, args)


def _token_create(call: Call, args: Json) -> str:
    given = args["input"]
    project = call.project(given["projectId"])
    environment = call.environment(given["environmentId"], project.id)
    return projects.mint(call.world, environment, _name(given["name"])).secret


def _token_delete(call: Call, args: Json) -> bool:
    token = call.world.estate.tokens.get(args["id"])
    if token is None or token.kind is not TokenKind.PROJECT or token.project_id is None:
        raise not_found("ProjectToken")
    call.project(token.project_id)
    del call.world.estate.tokens[token.id]
    return True


def _rule(one: Rule) -> Json:
    return {
        "id": one.id,
        "projectId": one.project_id,
        "eventTypes": one.event_types,
        "severities": one.severities,
        "ephemeralEnvironments": one.ephemeral,
        "channels": [
            {"id": f"{one.id}-{place}", "config": config}
            for place, config in enumerate(one.channels)
        ],
    }


def _rules(call: Call, args: Json) -> list[Json]:
    call.workspace(args["workspaceId"])
    return [
        _rule(one)
        for one in call.world.estate.rules.values()
        if one.workspace_id == args["workspaceId"]
        and args.get("projectId") in {None, one.project_id}
    ]


def _rule_create(call: Call, args: Json) -> Json:
    given = args["input"]
    call.workspace(given["workspaceId"])
    if given.get("projectId"):
        call.project(given["projectId"])
    rule = Rule(
        id=call.world.new_id(),
        workspace_id=given["workspaceId"],
        project_id=given.get("projectId"),
        channels=given["channelConfigs"],
        event_types=given["eventTypes"],
        severities=given.get("severities") or ["CRITICAL"],
        ephemeral=bool(given.get("ephemeralEnvironments")),
    )
    call.world.estate.rules[rule.id] = rule
    return _rule(rule)


def _own_rule(call: Call, rule_id: str) -> Rule:
    rule = call.world.estate.rules.get(rule_id)
    if rule is None:
        raise not_found("NotificationRule")
    call.workspace(rule.workspace_id)
    return rule


def _rule_update(call: Call, args: Json) -> Json:
    rule, given = _own_rule(call, args["id"]), args["input"]
    rule.channels = given.get("channelConfigs") or rule.channels
    rule.event_types = given.get("eventTypes") or rule.event_types
    rule.severities = given.get("severities") or rule.severities
    if given.get("ephemeralEnvironments") is not None:
        rule.ephemeral = given["ephemeralEnvironments"]
    return _rule(rule)


def _rule_delete(call: Call, args: Json) -> bool:
    del call.world.estate.rules[_own_rule(call, args["id"]).id]
    return True


QUERY = {
    "project": _project,
    "projects": _projects,
    "environment": _environment,
    "environments": _environments,
    "projectToken": _token,
    "projectTokens": _tokens,
    "notificationRules": _rules,
}
MUTATION = {
    "projectCreate": _create,
    "projectUpdate": _update,
    "projectScheduleDelete": _schedule_delete,
    "projectScheduleDeleteCancel": _cancel_delete,
    "projectScheduleDeleteForce": _delete,
    "projectDelete": _delete,
    "environmentCreate": _environment_create,
    "environmentRename": _environment_rename,
    "environmentDelete": _environment_delete,
    "projectTokenCreate": _token_create,
    "projectTokenDelete": _token_delete,
    "notificationRuleCreate": _rule_create,
    "notificationRuleUpdate": _rule_update,
    "notificationRuleDelete": _rule_delete,
}
