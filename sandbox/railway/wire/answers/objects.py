"""Records as the objects of the schema; connections inside them are made when they are asked for.

Each function gives the whole object; GraphQL takes the fields that were selected.
"""

import datetime
from collections.abc import Callable
from typing import Any

from sandbox.railway.model.config import peek, shown
from sandbox.railway.model.plan import PREFERRED_REGION
from sandbox.railway.model.records import (
    ACTIVE,
    Backup,
    Bucket,
    Deployment,
    Domain,
    Environment,
    Json,
    Patch,
    Project,
    Service,
    ServiceInstance,
    Status,
    Token,
    Trigger,
    Volume,
    VolumeInstance,
)
from sandbox.railway.model.references import names_in
from sandbox.railway.rules import deployments, patches, projects, services, volumes
from sandbox.railway.wire.call import Call

Lazy = Callable[..., Any]
"""A field computed when it is selected: called with GraphQL's resolve info and the arguments."""


def stamp(at: datetime.datetime | None) -> str | None:
    """Return a time as the DateTime scalar has it."""
    return (
        None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond:06}"[:3] + "Z"
    )


def project(call: Call, one: Project) -> Json:
    """Return `Project`."""
    world = call.world
    first = projects.primary(world, one)
    due = None if one.deleted_at is None else one.deleted_at + projects.GRACE

    def kept(records: dict[str, Any]) -> list[Any]:
        return [record for record in records.values() if record.project_id == one.id]

    def only_open(records: list[Environment]) -> list[Environment]:
        return [e for e in records if call.caller.sees_environment(e.id)]

    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "workspaceId": one.workspace_id,
        "createdAt": stamp(one.created_at),
        "updatedAt": stamp(one.updated_at),
        "deletedAt": stamp(one.deleted_at),
        "expiredAt": stamp(due),
        "isPublic": one.is_public,
        "prDeploys": one.pr_deploys,
        "baseEnvironmentId": one.base_environment_id,
        "primaryEnvironmentId": first.id if first else None,
        "subscriptionType": world.plan.name,
        "subscriptionPlanLimit": world.plan.limits(),
        "environments": lambda _info, **args: call.connection(
            [environment(call, e) for e in only_open(projects.environments(world, one))], args
        ),
        "services": lambda _info, **args: call.connection(
            [service(call, s) for s in kept(world.estate.services)], args
        ),
        "volumes": lambda _info, **args: call.connection(
            [volume(call, v) for v in kept(world.estate.volumes)], args
        ),
        "buckets": lambda _info, **args: call.connection(
            [bucket(b) for b in kept(world.estate.buckets)], args
        ),
    }


def environment(call: Call, one: Environment) -> Json:
    """Return `Environment`."""
    world = call.world

    def listed_instances() -> list[Json]:
        seen = [
            s
            for s in services.instances_in(world, one)
            if world.now() >= s.visible_at and not call.strikes("service-instance-late")
        ]
        return [service_instance(call, s) for s in seen]

    def listed_volumes() -> list[Json]:
        here = [v for v in world.estate.volume_instances.values() if v.environment_id == one.id]
        return [volume_instance(call, v) for v in here if call.visible(v)]

    def config(_info: object, **args: Any) -> Json:
        return shown(patches.rendered(world, one), decrypt=bool(args.get("decryptVariables")))

    def listed_deployments() -> list[Json]:
        here = [d for d in world.estate.deployments.values() if d.environment_id == one.id]
        return [deployment(call, d) for d in here[::-1]]

    return {
        "id": one.id,
        "name": one.name,
        "projectId": one.project_id,
        "createdAt": stamp(one.created_at),
        "updatedAt": stamp(one.updated_at),
        "deletedAt": stamp(one.deleted_at),
        "isEphemeral": one.is_ephemeral,
        "canAccess": True,
        "unmergedChangesCount": patches.change_count(one),
        "configEtag": lambda _info: patches.config_etag(world, one),
        "config": config,
        "serviceInstances": lambda _info, **args: call.connection(listed_instances(), args),
        "volumeInstances": lambda _info, **args: call.connection(listed_volumes(), args),
        "variables": lambda _info, **args: call.connection(variables(one), args),
        "deployments": lambda _info, **args: call.connection(listed_deployments(), args),
        "deploymentTriggers": lambda _info, **args: call.connection(
            [trigger(t) for t in world.estate.triggers.values() if t.environment_id == one.id],
            args,
        ),
    }


def variables(one: Environment) -> list[Json]:
    """Return the `Variable` objects of an environment: names and flags, never values."""
    holders = [(None, peek(one.config, "sharedVariables"))] + [
        (service_id, peek(one.config, "services", service_id, "variables"))
        for service_id in peek(one.config, "services")
    ]
    return [
        {
            "id": f"{service_id or one.id}:{name}",
            "name": name,
            "serviceId": service_id,
            "environmentId": one.id,
            "isSealed": bool(kept.get("isSealed")),
            "references": [] if kept.get("isSealed") else names_in(str(kept.get("value") or "")),
            "createdAt": stamp(one.created_at),
            "updatedAt": stamp(one.updated_at),
        }
        for service_id, held in holders
        for name, kept in held.items()
        if isinstance(kept, dict)
    ]


def service(call: Call, one: Service) -> Json:
    """Return `Service`."""
    return {
        "id": one.id,
        "name": one.name,
        "icon": one.icon,
        "projectId": one.project_id,
        "createdAt": stamp(one.created_at),
        "updatedAt": stamp(one.updated_at),
        "deletedAt": stamp(one.deleted_at),
        "serviceInstances": lambda _info, **args: call.connection(
            [service_instance(call, s) for s in services.instances_of(call.world, one)], args
        ),
    }


def service_instance(call: Call, one: ServiceInstance) -> Json:
    """Return `ServiceInstance`; what is configured, not what runs."""
    world = call.world
    home = world.estate.environments[one.environment_id]
    body = peek(home.config, "services", one.service_id)
    deploy, build = peek(body, "deploy"), peek(body, "build")
    source = peek(body, "source")
    mine = deployments.of(world, one.service_id, one.environment_id)
    active = [d for d in mine if d.status in (*ACTIVE, Status.REMOVING)]
    placed = [name for name, value in (deploy.get("multiRegionConfig") or {}).items() if value]
    return {
        "id": one.id,
        "serviceId": one.service_id,
        "serviceName": world.estate.services[one.service_id].name,
        "environmentId": one.environment_id,
        "createdAt": stamp(one.created_at),
        "updatedAt": stamp(one.updated_at),
        "deletedAt": stamp(one.deleted_at),
        "isUpdatable": True,
        "source": {"image": source.get("image"), "repo": source.get("repo")}
        if source.get("image") or source.get("repo")
        else None,
        "startCommand": deploy.get("startCommand"),
        "preDeployCommand": deploy.get("preDeployCommand"),
        "buildCommand": build.get("buildCommand"),
        "builder": build["builder"] if build.get("builder") in BUILDERS else "RAILPACK",
        "dockerfilePath": build.get("dockerfilePath"),
        "rootDirectory": source.get("rootDirectory"),
        "watchPatterns": build.get("watchPatterns") or [],
        "railwayConfigFile": None,
        "healthcheckPath": deploy.get("healthcheckPath"),
        "healthcheckTimeout": deploy.get("healthcheckTimeout"),
        "restartPolicyType": deploy.get("restartPolicyType") or "ON_FAILURE",
        "restartPolicyMaxRetries": _or(deploy.get("restartPolicyMaxRetries"), 10),
        "numReplicas": _or(deploy.get("numReplicas"), 1),
        "region": placed[0] if placed else PREFERRED_REGION,
        "sleepApplication": _or(deploy.get("sleepApplication"), default=False),
        "cronSchedule": deploy.get("cronSchedule"),
        "overlapSeconds": deploy.get("overlapSeconds"),
        "drainingSeconds": deploy.get("drainingSeconds"),
        "ipv6EgressEnabled": _or(deploy.get("ipv6EgressEnabled"), default=False),
        "latestDeployment": deployment(call, mine[0]) if mine else None,
        "activeDeployments": [deployment(call, d) for d in active],
        "domains": lambda _info: domains(call, one.service_id, one.environment_id),
    }


BUILDERS = ("HEROKU", "NIXPACKS", "PAKETO", "RAILPACK")
"""The enum has no DOCKERFILE though the configuration takes it."""


def _or(value: object, default: object) -> object:
    return default if value is None else value


def deployment(call: Call, one: Deployment) -> Json:
    """Return `Deployment`."""
    kept = deployments.can_rollback(call.world, one)
    return {
        "id": one.id,
        "projectId": one.project_id,
        "environmentId": one.environment_id,
        "serviceId": one.service_id,
        "status": str(one.status),
        "deploymentStopped": deployments.is_stopped(one),
        "createdAt": stamp(one.created_at),
        "updatedAt": stamp(one.updated_at),
        "statusUpdatedAt": stamp(one.status_at),
        "snapshotId": one.snapshot_id,
        "staticUrl": None,
        "url": None,
        "meta": one.meta,
        "canRedeploy": one.status not in {Status.QUEUED, Status.INITIALIZING},
        "canRollback": kept,
        "instances": [{"id": i.id, "status": i.status} for i in one.instances],
    }


def volume(call: Call, one: Volume) -> Json:
    """Return `Volume`."""

    def instances() -> list[Json]:
        mine = [v for v in call.world.estate.volume_instances.values() if v.volume_id == one.id]
        return [volume_instance(call, v) for v in mine if call.visible(v)]

    return {
        "id": one.id,
        "name": one.name,
        "projectId": one.project_id,
        "createdAt": stamp(one.created_at),
        "volumeInstances": lambda _info, **args: call.connection(instances(), args),
    }


def volume_instance(call: Call, one: VolumeInstance) -> Json:
    """Return `VolumeInstance`; a deleted one stays listed, pending deletion."""
    held = call.world.estate.volumes[one.volume_id]
    return {
        "id": one.id,
        "volumeId": one.volume_id,
        "serviceId": one.service_id,
        "environmentId": one.environment_id,
        "mountPath": one.mount_path,
        "region": one.region,
        "state": one.state,
        "sizeMB": one.size_mb,
        "currentSizeMB": lambda _info: round(volumes.used_mb(call.world, one), 3),
        "isPendingDeletion": one.deleted_at is not None and one.state != "DELETED",
        "deletedAt": stamp(one.deleted_at),
        "createdAt": stamp(one.created_at),
        "externalId": f"vol_{one.id[:12]}",
        "volume": lambda _info: volume(call, held),
    }


def backup(one: Backup) -> Json:
    """Return `VolumeInstanceBackup`."""
    return {
        "id": one.id,
        "name": one.name,
        "createdAt": stamp(one.created_at),
        "expiresAt": stamp(one.expires_at),
        "externalId": f"bak_{one.id[:12]}",
        "scheduleId": one.schedule_id,
        "creatorId": None,
        "usedMB": one.used_mb,
        "referencedMB": one.used_mb,
        "volumeInstanceSizeMB": one.size_mb,
    }


def bucket(one: Bucket) -> Json:
    """Return `Bucket`."""
    return {
        "id": one.id,
        "name": one.name,
        "projectId": one.project_id,
        "createdAt": stamp(one.created_at),
        "updatedAt": stamp(one.updated_at),
    }


def patch(one: Patch) -> Json:
    """Return a committed `EnvironmentPatch`."""
    return {
        "id": one.id,
        "environmentId": one.environment_id,
        "status": one.status,
        "message": one.message,
        "createdAt": stamp(one.created_at),
        "updatedAt": stamp(one.applied_at or one.created_at),
        "appliedAt": stamp(one.applied_at),
        "lastAppliedError": one.error,
        "patch": lambda _info, **args: shown(one.patch, decrypt=bool(args.get("decryptVariables"))),
    }


def staged_patch(one: Environment) -> Json:
    """Return what is staged; an empty placeholder, never null, where nothing is."""
    at = stamp(one.staged_at or one.updated_at)
    return {
        "id": one.staged_id,
        "environmentId": one.id,
        "status": "STAGED",
        "message": None,
        "createdAt": at,
        "updatedAt": at,
        "appliedAt": None,
        "lastAppliedError": None,
        "patch": lambda _info, **args: shown(
            one.staged, decrypt=bool(args.get("decryptVariables"))
        ),
    }


def trigger(one: Trigger) -> Json:
    """Return `DeploymentTrigger`."""
    return {
        "id": one.id,
        "branch": one.branch,
        "repository": one.repository,
        "provider": one.provider,
        "checkSuites": one.check_suites,
    }


def domains(call: Call, service_id: str, environment_id: str) -> Json:
    """Return `AllDomains` of a service in an environment."""
    mine = [
        one
        for one in call.world.estate.domains.values()
        if one.service_id == service_id and one.environment_id == environment_id
    ]
    return {
        "serviceDomains": [domain(one) for one in mine if not one.custom],
        "customDomains": [domain(one) for one in mine if one.custom],
    }


def domain(one: Domain) -> Json:
    """Return `ServiceDomain` or `CustomDomain`."""
    record = {
        "fqdn": one.domain,
        "hostlabel": one.domain.split(".")[0],
        "recordType": "DNS_RECORD_TYPE_CNAME",
        "requiredValue": f"{one.id[:8]}.up.railway.app",
        "currentValue": "",
        "status": "DNS_RECORD_STATUS_REQUIRES_UPDATE",
    }
    return {
        "id": one.id,
        "domain": one.domain,
        "suffix": None if one.custom else "up.railway.app",
        "targetPort": one.target_port,
        "syncStatus": "ACTIVE",
        "deletedAt": None,
        "status": {
            "verified": False,
            "verificationDnsHost": f"_railway-verify.{one.domain}",
            "verificationToken": f"railway-verify={one.id}",
            "dnsRecords": [record],
        },
    }


def project_token(call: Call, one: Token) -> Json:
    """Return `ProjectToken`; the secret is shown once, at creation, never here."""
    estate = call.world.estate
    return {
        "id": one.id,
        "name": one.name,
        "displayToken": f"{one.secret[:4]}****",
        "projectId": one.project_id,
        "environmentId": one.environment_id,
        "createdAt": stamp(one.created_at),
        "project": lambda _info: project(call, estate.projects[one.project_id or ""]),
        "environment": lambda _info: environment(
            call, estate.environments[one.environment_id or ""]
        ),
    }
