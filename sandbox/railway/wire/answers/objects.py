"""Records as the objects of the schema; connections inside them are made when they are asked for.

Each function gives the whole object; GraphQL takes the fields that were selected.
"""

from typing import Any

from sandbox.railway.model.config import peek, shown
from sandbox.railway.model.plan import PREFERRED_REGION
from sandbox.railway.model.records import (
    ACTIVE,
    Deployment,
    Environment,
    Json,
    Project,
    Service,
    ServiceInstance,
    Status,
    Token,
    Volume,
    VolumeInstance,
)
from sandbox.railway.rules import deployments, patches, projects, services, volumes
from sandbox.railway.wire.answers import plain
from sandbox.railway.wire.call import Call


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
        "createdAt": plain.stamp(one.created_at),
        "updatedAt": plain.stamp(one.updated_at),
        "deletedAt": plain.stamp(one.deleted_at),
        "expiredAt": plain.stamp(due),
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
            [plain.bucket(b) for b in kept(world.estate.buckets)], args
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
        "createdAt": plain.stamp(one.created_at),
        "updatedAt": plain.stamp(one.updated_at),
        "deletedAt": plain.stamp(one.deleted_at),
        "isEphemeral": one.is_ephemeral,
        "canAccess": True,
        "unmergedChangesCount": patches.change_count(one),
        "configEtag": lambda _info: patches.config_etag(world, one),
        "config": config,
        "serviceInstances": lambda _info, **args: call.connection(listed_instances(), args),
        "volumeInstances": lambda _info, **args: call.connection(listed_volumes(), args),
        "variables": lambda _info, **args: call.connection(plain.variables(one), args),
        "deployments": lambda _info, **args: call.connection(listed_deployments(), args),
        "deploymentTriggers": lambda _info, **args: call.connection(
            [
                plain.trigger(t)
                for t in world.estate.triggers.values()
                if t.environment_id == one.id
            ],
            args,
        ),
    }


def service(call: Call, one: Service) -> Json:
    """Return `Service`."""
    return {
        "id": one.id,
        "name": one.name,
        "icon": one.icon,
        "projectId": one.project_id,
        "createdAt": plain.stamp(one.created_at),
        "updatedAt": plain.stamp(one.updated_at),
        "deletedAt": plain.stamp(one.deleted_at),
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
        "createdAt": plain.stamp(one.created_at),
        "updatedAt": plain.stamp(one.updated_at),
        "deletedAt": plain.stamp(one.deleted_at),
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
        "domains": lambda _info: plain.domains(call, one.service_id, one.environment_id),
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
        "createdAt": plain.stamp(one.created_at),
        "updatedAt": plain.stamp(one.updated_at),
        "statusUpdatedAt": plain.stamp(one.status_at),
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
        "createdAt": plain.stamp(one.created_at),
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
        "isPendingDeletion": one.deleted_at is not None,
        "deletedAt": plain.stamp(one.deleted_at),
        "createdAt": plain.stamp(one.created_at),
        "externalId": f"vol_{one.id[:12]}",
        "volume": lambda _info: volume(call, held),
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
        "createdAt": plain.stamp(one.created_at),
        "project": lambda _info: project(call, estate.projects[one.project_id or ""]),
        "environment": lambda _info: environment(
            call, estate.environments[one.environment_id or ""]
        ),
    }
