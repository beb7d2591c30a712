"""Deployments: asking for them, acting on them, their events and logs."""

import datetime as dt
import re

from sandbox.railway.deploy import logs
from sandbox.railway.model.records import Deployment, Json, ServiceInstance, Step
from sandbox.railway.model.refusal import Refusal, not_found
from sandbox.railway.rules import deployments, services
from sandbox.railway.wire.answers import objects, plain
from sandbox.railway.wire.call import Call

ROWS = 500
"""Log rows nobody gave a limit for."""
ROWS_MAX = 5_000
LONG_FRACTION = re.compile(r"(\.\d{6})\d+")
"""Railway stamps log rows to the nanosecond."""


def _deploy(call: Call, args: Json) -> Deployment:
    instance = call.instance(args["serviceId"], args["environmentId"])
    made = deployments.request(call.world, instance, "deploy", commit=args.get("commitSha"))
    if call.strikes("deploy-twice"):
        deployments.request(call.world, instance, "deploy", commit=args.get("commitSha"))
    return made


def _deploy_v2(call: Call, args: Json) -> str:
    return _deploy(call, args).id


def _deploy_v1(call: Call, args: Json) -> bool:
    _deploy(call, args)
    return True


def _redeploy_instance(call: Call, args: Json) -> bool:
    """Run the image of the deployment that ran last, whatever the source has become."""
    instance = call.instance(args["serviceId"], args["environmentId"])
    for one in deployments.of(call.world, instance.service_id, instance.environment_id):
        if one.ran:
            deployments.redeploy(call.world, one, instance)
            return True
    raise Refusal("No deployment to redeploy")


def _home(call: Call, deployment: Deployment) -> ServiceInstance:
    instance = services.find_instance(call.world, deployment.service_id, deployment.environment_id)
    if instance is None:
        raise not_found("ServiceInstance")
    return instance


def _redeploy(call: Call, args: Json) -> Json:
    deployment = call.deployment(args["id"])
    instance = _home(call, deployment)
    if args.get("usePreviousImageTag") is False:
        return objects.deployment(call, deployments.request(call.world, instance, "deploy"))
    made = deployments.redeploy(call.world, deployment, instance)
    return objects.deployment(call, made)


def _rollback(call: Call, args: Json) -> bool:
    deployment = call.deployment(args["id"])
    deployments.rollback(call.world, deployment, _home(call, deployment))
    return True


def _stop(call: Call, args: Json) -> bool:
    deployments.stop(call.world, call.deployment(args["id"]))
    return True


def _restart(call: Call, args: Json) -> bool:
    deployments.restart(call.world, call.deployment(args["id"]))
    return True


def _cancel(call: Call, args: Json) -> bool:
    deployments.cancel(call.world, call.deployment(args["id"]))
    return True


def _remove(call: Call, args: Json) -> bool:
    deployments.remove(call.world, call.deployment(args["id"]))
    return True


def _approve(call: Call, args: Json) -> bool:
    raise Refusal(f"Deployment {call.deployment(args['id']).id} does not need approval")


def _read(call: Call, args: Json) -> Json:
    return objects.deployment(call, call.deployment(args["id"]))


def _list(call: Call, args: Json) -> Json:
    given = args["input"]
    if given.get("projectId"):
        call.project(given["projectId"])
    if given.get("environmentId"):
        call.environment(given["environmentId"], given.get("projectId"))
    if given.get("serviceId"):
        call.service(given["serviceId"])
    wanted = given.get("status") or {}
    listed = [
        objects.deployment(call, one)
        for one in reversed(call.world.estate.deployments.values())
        if _open(call, one)
        and given.get("projectId") in {None, one.project_id}
        and given.get("environmentId") in {None, one.environment_id}
        and given.get("serviceId") in {None, one.service_id}
        and (not wanted.get("in") or one.status in wanted["in"])
        and (not wanted.get("notIn") or one.status not in wanted["notIn"])
    ]
    return call.connection(listed, args)


def _open(call: Call, one: Deployment) -> bool:
    project = call.world.estate.projects.get(one.project_id)
    if project is None or not call.caller.sees_workspace(project.workspace_id):
        return False
    return call.caller.sees_environment(one.environment_id)


def _events(call: Call, args: Json) -> Json:
    deployment = call.deployment(args["id"])
    return call.connection([_event(step) for step in deployment.steps], args)


def _event(step: Step) -> Json:
    duration = None
    if step.completed_at is not None:
        duration = round((step.completed_at - step.created_at).total_seconds() * 1000)
    return {
        "id": step.id,
        "step": step.step,
        "createdAt": plain.stamp(step.created_at),
        "completedAt": plain.stamp(step.completed_at),
        "payload": {
            "attempt": step.attempt,
            "maxAttempts": step.max_attempts,
            "detail": step.detail,
            "durationMs": duration,
            "error": step.error,
            "reason": step.reason,
            "skipped": None,
        },
    }


def log_rows(call: Call, deployment: Deployment, args: Json, limit: int) -> list[Json]:
    """Return the last rows of a deployment's log that pass filter and dates, oldest first."""
    start, end = date(args.get("startDate")), date(args.get("endDate"))
    oldest = call.world.now() - dt.timedelta(days=call.world.plan.log_days)
    rows: list[Json] = []
    for line in reversed(call.rollouts.log(deployment).lines):
        if line.at < oldest or (start and line.at < start) or len(rows) >= limit:
            break
        if end and line.at > end:
            continue
        parsed = logs.parse(line)
        if logs.matches(parsed, deployment, args.get("filter")):
            rows.append(logs.shown(line, parsed, deployment))
    return rows[::-1]


def _deployment_logs(call: Call, args: Json) -> list[Json]:
    limit = min(args.get("limit") or ROWS, ROWS_MAX)
    if call.strikes("log-row-more"):
        limit += 1
    return log_rows(call, call.deployment(args["deploymentId"]), args, limit)


def _build_logs(call: Call, args: Json) -> list[Json]:
    deployment = call.deployment(args["deploymentId"])
    if not deployment.source.get("repo"):
        return []
    line = logs.Line(deployment.created_at, "Build time: 0.00 seconds", "info", "")
    return [logs.shown(line, logs.parse(line), deployment)]


def _environment_logs(call: Call, args: Json) -> list[Json]:
    environment = call.environment(args["environmentId"])
    rows = [
        row
        for one in call.world.estate.deployments.values()
        if one.environment_id == environment.id
        for row in log_rows(call, one, {"filter": args.get("filter")}, ROWS_MAX)
    ]
    rows.sort(key=lambda row: str(row["timestamp"]))
    anchor = args.get("anchorDate") or args.get("beforeDate")
    at = date(anchor) or call.world.now()
    before = [row for row in rows if (date(row["timestamp"]) or at) <= at]
    after = [row for row in rows if (date(row["timestamp"]) or at) > at]
    first = min(args.get("beforeLimit") or ROWS, ROWS_MAX)
    return before[-first:] + after[: min(args.get("afterLimit") or 0, ROWS_MAX)]


def date(text: str | None) -> dt.datetime | None:
    """Read a DateTime a client gave.

    Raises:
        Refusal: it is none.

    """
    if text is None:
        return None
    try:
        at = dt.datetime.fromisoformat(LONG_FRACTION.sub(r"\1", text))
    except ValueError:
        raise Refusal("Error in date - Invalid input", "BAD_USER_INPUT") from None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


QUERY = {
    "deployment": _read,
    "deployments": _list,
    "deploymentEvents": _events,
    "deploymentLogs": _deployment_logs,
    "buildLogs": _build_logs,
    "environmentLogs": _environment_logs,
}
MUTATION = {
    "serviceInstanceDeployV2": _deploy_v2,
    "serviceInstanceDeploy": _deploy_v1,
    "serviceInstanceRedeploy": _redeploy_instance,
    "deploymentRedeploy": _redeploy,
    "deploymentRollback": _rollback,
    "deploymentStop": _stop,
    "deploymentRestart": _restart,
    "deploymentCancel": _cancel,
    "deploymentRemove": _remove,
    "deploymentApprove": _approve,
}
