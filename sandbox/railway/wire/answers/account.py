"""The account: workspaces, regions, platform, metrics and usage, limits."""

from sandbox.railway.deploy.metrics import Sample
from sandbox.railway.model.plan import PREFERRED_REGION, REGIONS
from sandbox.railway.model.records import Json, Workspace
from sandbox.railway.model.refusal import Refusal
from sandbox.railway.wire.answers import objects, plain
from sandbox.railway.wire.answers.deployment import date
from sandbox.railway.wire.call import Call

MONTH_S = 30 * 86_400
TAGS = {
    "PROJECT_ID": "projectId",
    "ENVIRONMENT_ID": "environmentId",
    "SERVICE_ID": "serviceId",
    "VOLUME_ID": "volumeId",
    "DEPLOYMENT_ID": "deploymentId",
    "REGION": "region",
}


def _workspace(call: Call, one: Workspace) -> Json:
    world = call.world
    return {
        "id": one.id,
        "name": one.name,
        "plan": world.plan.name.upper(),
        "createdAt": plain.stamp(one.created_at),
        "preferredRegion": PREFERRED_REGION,
        "apiTokenRateLimit": {
            "remainingPoints": call.budget.left(call.caller.key),
            "resetsAt": plain.stamp(call.budget.resets_at(call.caller.key, world.now())),
        },
        "projects": lambda _info, **args: call.connection(
            [
                objects.project(call, p)
                for p in world.estate.projects.values()
                if p.workspace_id == one.id and p.deleted_at is None
            ],
            args,
        ),
    }


def _mine(call: Call) -> list[Json]:
    kept = call.world.estate.workspaces.values()
    return [_workspace(call, one) for one in kept if call.caller.sees_workspace(one.id)]


def _api_token(call: Call, _args: Json) -> Json:
    return {"workspaces": _mine(call)}


def _me(call: Call, _args: Json) -> Json:
    token = call.caller.token
    return {
        "id": token.id if token else "",
        "name": "operator",
        "email": "operator@example.invalid",
        "workspaces": _mine(call),
    }


def _one_workspace(call: Call, args: Json) -> Json:
    return _workspace(call, call.world.estate.workspaces[call.workspace(args["workspaceId"])])


def _regions(_call: Call, _args: Json) -> list[Json]:
    return [
        {
            "name": one.name,
            "region": one.name,
            "country": one.country,
            "location": one.location,
            "workspaceId": None,
            "deploymentConstraints": {"deprecationInfo": None},
        }
        for one in REGIONS
    ]


def _platform(_call: Call, _args: Json) -> Json:
    return {"isStable": True, "incident": None, "maintenance": None}


def _samples(call: Call, args: Json) -> list[Sample]:
    for key, look in (("projectId", call.project), ("environmentId", call.environment)):
        if args.get(key):
            look(args[key])
    start, end = date(args.get("startDate")), date(args.get("endDate"))
    return [
        one
        for one in call.rollouts.meter.samples
        if (start is None or one.at >= start)
        and (end is None or one.at <= end)
        and all(
            args.get(key) in {None, one.tags[key]}
            for key in ("projectId", "environmentId", "serviceId", "volumeId")
        )
    ]


def _grouped(samples: list[Sample], args: Json) -> dict[tuple[tuple[str, str], ...], list[Sample]]:
    keys = [TAGS[tag] for tag in args.get("groupBy") or [] if tag in TAGS]
    groups: dict[tuple[tuple[str, str], ...], list[Sample]] = {}
    for one in samples:
        groups.setdefault(tuple((key, one.tags[key]) for key in keys), []).append(one)
    return groups


def _metrics(call: Call, args: Json) -> list[Json]:
    groups = _grouped(_samples(call, args), args)
    return [
        {
            "measurement": measurement,
            "tags": dict(tags),
            "values": [
                {"ts": int(one.at.timestamp()), "value": one.values[measurement]} for one in mine
            ],
        }
        for measurement in args["measurements"]
        for tags, mine in groups.items()
        if measurement in mine[0].values
    ]


def _minutes(samples: list[Sample], measurement: str) -> float:
    """Integrate: GB-minutes and vCPU-minutes, as usage is billed."""
    return sum(one.values.get(measurement, 0.0) * one.covers_s / 60 for one in samples)


def _usage(call: Call, args: Json) -> list[Json]:
    groups = _grouped(_samples(call, args), args)
    return [
        {
            "measurement": measurement,
            "value": _minutes(mine, measurement),
            "tags": dict(tags),
        }
        for measurement in args["measurements"]
        for tags, mine in groups.items()
    ]


def _estimated(call: Call, args: Json) -> list[Json]:
    rows = []
    projects = [args["projectId"]] if args.get("projectId") else list(call.world.estate.projects)
    for project_id in projects:
        mine = _samples(call, {"projectId": project_id})
        covered = sum(one.covers_s for one in mine) or 1.0
        rows += [
            {
                "projectId": project_id,
                "measurement": measurement,
                "estimatedValue": _minutes(mine, measurement) / covered * MONTH_S,
            }
            for measurement in args["measurements"]
        ]
    return rows


def _usage_limit(call: Call, args: Json) -> bool:
    """Set the limits; the customer is the workspace here."""
    given = args["input"]
    workspace = call.world.estate.workspaces[call.workspace(given["customerId"])]
    soft, hard = given["softLimitDollars"], given.get("hardLimitDollars")
    if soft < 1 or (hard is not None and hard < soft):
        raise Refusal("Error in softLimitDollars - Invalid input", "BAD_USER_INPUT")
    workspace.soft_limit_dollars, workspace.hard_limit_dollars = soft, hard
    return True


def _webhook_test(_call: Call, args: Json) -> int:
    """Answer as if the hook had answered: the stand-in calls nobody outside."""
    if not str(args["url"]).startswith(("http://", "https://")):
        raise Refusal("Error in url - Invalid input", "BAD_USER_INPUT")
    return 200


QUERY = {
    "apiToken": _api_token,
    "me": _me,
    "workspace": _one_workspace,
    "regions": _regions,
    "platformStatus": _platform,
    "metrics": _metrics,
    "usage": _usage,
    "estimatedUsage": _estimated,
}
MUTATION = {"usageLimitSet": _usage_limit, "webhookTest": _webhook_test}
