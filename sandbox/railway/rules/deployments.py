"""Deployments: what one is made of, and what may be done to it. Running it is `deploy/`."""

import copy
from dataclasses import dataclass

from sandbox.railway.model.config import peek
from sandbox.railway.model.records import (
    ACTIVE,
    PENDING,
    Deployment,
    Environment,
    Json,
    ServiceInstance,
    Status,
    VolumeInstance,
)
from sandbox.railway.model.references import Renderer
from sandbox.railway.model.refusal import Refusal
from sandbox.railway.model.world import World

ROLLOUT_FAULTS = (
    "deploy-fails",
    "deploy-stuck",
    "host-moves",
    "deployments-overlap",
    "mount-missing",
)
HISTORY_MAX = 500
"""Removed deployments, patches and workflows that are remembered."""
LIVE = ("CREATED", "INITIALIZING", "RUNNING", "RESTARTING", "REMOVING")
"""Instance statuses in which a process may run."""


@dataclass(frozen=True, slots=True)
class MadeOf:
    """What a deployment is made of where that is not what is configured now."""

    source: Json
    variables: dict[str, str] | None = None
    """None takes those configured now."""


def has_source(environment: Environment, service_id: str) -> bool:
    """Say whether a service has an image or a repository to deploy from."""
    source = peek(environment.config, "services", service_id, "source")
    return bool(source.get("image") or source.get("repo"))


def request(
    world: World,
    instance: ServiceInstance,
    reason: str,
    made_of: MadeOf | None = None,
    *,
    commit: str | None = None,
) -> Deployment:
    """Make a deployment of what is configured now and begin to roll it out.

    Raises:
        Refusal: the service has nothing to deploy.

    """
    environment = world.estate.environments[instance.environment_id]
    if made_of is None:
        if not has_source(environment, instance.service_id):
            raise Refusal("Cannot deploy a service without a source")
        source = peek(environment.config, "services", instance.service_id, "source")
        made_of = MadeOf(copy.deepcopy(source))
    variables = made_of.variables
    if variables is None:
        service = world.estate.services[instance.service_id]
        variables = Renderer(world.estate, environment, world.s3_url).service(service)
    faults = frozenset(name for name in ROLLOUT_FAULTS if world.arms.strikes(name))
    body = peek(environment.config, "services", instance.service_id)
    now = world.now()
    deployment = Deployment(
        id=world.new_id(),
        project_id=environment.project_id,
        environment_id=environment.id,
        service_id=instance.service_id,
        created_at=now,
        updated_at=now,
        status_at=now,
        status=Status.QUEUED if pending(world, instance) else Status.INITIALIZING,
        reason=reason,
        source=made_of.source,
        deploy=copy.deepcopy(body.get("deploy") or {}),
        variables=variables,
        snapshot_id=world.new_id(),
    )
    deployment.meta = _meta(deployment, body, volume_of(world, deployment), commit)
    world.estate.deployments[deployment.id] = deployment
    world.platform.start(deployment, faults)
    return deployment


def _meta(
    deployment: Deployment, body: Json, volume: VolumeInstance | None, commit: str | None
) -> Json:
    source, deploy = deployment.source, deployment.deploy
    meta: Json = {
        "reason": deployment.reason,
        "runtime": "V2",
        "volumeMounts": [] if volume is None else [volume.mount_path],
        "fileServiceManifest": {},
        "serviceManifest": {
            "build": copy.deepcopy(body.get("build") or {}),
            "deploy": {
                "restartPolicyType": "ON_FAILURE",
                "restartPolicyMaxRetries": 10,
                "numReplicas": 1,
                **{k: v for k, v in deploy.items() if k != "registryCredentials"},
            },
        },
    }
    if source.get("image"):
        meta["image"] = source["image"]
    if source.get("repo"):
        meta |= {
            "repo": source["repo"],
            "branch": source.get("branch"),
            "commitHash": commit or source.get("commitSha") or deployment.snapshot_id[:8] * 5,
        }
    return meta


def volume_of(world: World, deployment: Deployment) -> VolumeInstance | None:
    """Return the volume attached to a deployment's service, or None."""
    for volume in world.estate.volume_instances.values():
        attached = volume.service_id == deployment.service_id and volume.deleted_at is None
        if attached and volume.environment_id == deployment.environment_id:
            return volume
    return None


def of(world: World, service_id: str, environment_id: str) -> list[Deployment]:
    """Return a service's deployments in an environment, newest first."""
    mine = [
        one
        for one in world.estate.deployments.values()
        if one.service_id == service_id and one.environment_id == environment_id
    ]
    return mine[::-1]


def pending(world: World, instance: ServiceInstance) -> bool:
    """Say whether another deployment of this instance is still on its way."""
    return any(
        one.status in PENDING for one in of(world, instance.service_id, instance.environment_id)
    )


def is_stopped(deployment: Deployment) -> bool:
    """Answer `deploymentStopped`: true whenever no instance is live, also while DEPLOYING."""
    return not any(one.status in LIVE for one in deployment.instances)


def stop(world: World, deployment: Deployment) -> None:
    """Stop the container; status SUCCESS stays. Repeating it is no error.

    Raises:
        Refusal: not running yet, or refused by a fault.

    """
    if world.arms.strikes("stop-refused"):
        raise Refusal("Problem processing request")
    if deployment.status in PENDING:
        raise Refusal("An operation is already in progress")
    if deployment.status in (*ACTIVE, Status.CRASHED) and not world.arms.strikes("stop-lies"):
        deployment.stopped = True
        world.platform.stop(deployment, kill=world.arms.strikes("stop-kills"))


def restart(world: World, deployment: Deployment) -> None:
    """Start the same deployment again, with the variables it was made with.

    Raises:
        Refusal: it was removed, has not run yet, or its image is no longer kept.

    """
    if deployment.status not in (*ACTIVE, Status.CRASHED):
        raise Refusal(f"Cannot restart a deployment with status {deployment.status}")
    _image_kept(world)
    deployment.stopped = False
    world.platform.restart(deployment, kill=world.arms.strikes("stop-kills"))


def cancel(world: World, deployment: Deployment) -> None:
    """Give up a deployment that does not run yet.

    Raises:
        Refusal: it runs, or is over.

    """
    if deployment.status not in PENDING:
        raise Refusal(f"Cannot cancel a deployment with status {deployment.status}")
    world.platform.cancel(deployment)


def remove(world: World, deployment: Deployment) -> None:
    """Remove a deployment: its process is stopped, its file system deleted."""
    if deployment.status in PENDING:
        world.platform.cancel(deployment)
    elif deployment.status not in {Status.REMOVED, Status.REMOVING}:
        world.platform.remove(deployment)


def rollback(world: World, deployment: Deployment, instance: ServiceInstance) -> Deployment:
    """Deploy an old deployment's image again, with that deployment's variables.

    Source: docs.railway.com/deployments/deployment-actions, read 2026-11-22.
    """
    if not can_rollback(world, deployment):
        raise Refusal("Cannot rollback to this deployment")
    _image_kept(world)
    return request(
        world,
        instance,
        "rollback",
        MadeOf(copy.deepcopy(deployment.source), dict(deployment.variables)),
    )


def redeploy(world: World, deployment: Deployment, instance: ServiceInstance) -> Deployment:
    """Deploy the image of that deployment again, not the one configured since.

    Source: Crossbill PR #497, read 2026-11-22.
    """
    return request(world, instance, "redeploy", MadeOf(copy.deepcopy(deployment.source)))


def can_rollback(world: World, deployment: Deployment) -> bool:
    """Say whether its image is still kept: some days after removal, by plan."""
    if deployment.removed_at is None:
        return deployment.ran
    age = (world.now() - deployment.removed_at).total_seconds()
    return deployment.ran and age < world.plan.image_hours * 3600


def forget(world: World) -> None:
    """Drop the oldest of what only history needs, so that a long run stays bounded."""
    over = [one for one in world.estate.deployments.values() if one.status is Status.REMOVED]
    for deployment in over[:-HISTORY_MAX]:
        del world.estate.deployments[deployment.id]
        world.store.log(deployment.id).unlink(missing_ok=True)
    for history in (world.estate.patches, world.estate.workflows):
        for key in list(history)[:-HISTORY_MAX]:
            del history[key]


def _image_kept(world: World) -> None:
    if world.arms.strikes("image-gone"):
        raise Refusal("The image of this deployment is no longer available")
