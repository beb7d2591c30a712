"""The environment a container starts with: the service's variables, Railway's, and a few of ours.

Ours are what an image would bring: PATH, PYTHONPATH, LANG (HOME and TMPDIR are set by
`launch.py`, inside the container). Nothing else of the stand-in's
own environment gets in: a deployment is configured by variables alone.
Source: docs.railway.com/variables/reference, read 2026-11-22; RAILWAY_VOLUME_ID as seen in
containers by several public programs.
"""

import os
import sys
from pathlib import Path

from sandbox.railway.model.plan import PREFERRED_REGION
from sandbox.railway.model.records import Deployment, Environment, VolumeInstance
from sandbox.railway.model.world import World

REPOSITORY = Path(__file__).parents[3]


def region_of(deployment: Deployment) -> str:
    """Return where a deployment runs; the `region` field is ignored, as Railway does."""
    wanted = deployment.deploy.get("multiRegionConfig") or {}
    return next((name for name, value in wanted.items() if value), PREFERRED_REGION)


def provided(world: World, environment: Environment, service_id: str) -> dict[str, str]:
    """Return what Railway adds to every deployment of a service, whichever it is."""
    estate = world.estate
    service = estate.services[service_id].name
    given = {
        "RAILWAY_PROJECT_ID": environment.project_id,
        "RAILWAY_PROJECT_NAME": estate.projects[environment.project_id].name,
        "RAILWAY_ENVIRONMENT_ID": environment.id,
        "RAILWAY_ENVIRONMENT": environment.name,
        "RAILWAY_ENVIRONMENT_NAME": environment.name,
        "RAILWAY_SERVICE_ID": service_id,
        "RAILWAY_SERVICE_NAME": service,
        "RAILWAY_PRIVATE_DOMAIN": f"{service}.railway.internal",
    }
    for domain in estate.domains.values():
        if domain.service_id == service_id and domain.environment_id == environment.id:
            given["RAILWAY_PUBLIC_DOMAIN"] = domain.domain
    for volume in estate.volume_instances.values():
        attached = volume.service_id == service_id and volume.deleted_at is None
        if attached and volume.environment_id == environment.id:
            given |= _of_volume(world, volume)
    return given


def _of_volume(world: World, volume: VolumeInstance) -> dict[str, str]:
    return {
        "RAILWAY_VOLUME_ID": volume.volume_id,
        "RAILWAY_VOLUME_NAME": world.estate.volumes[volume.volume_id].name,
        "RAILWAY_VOLUME_MOUNT_PATH": volume.mount_path,
    }


def variables(
    world: World, deployment: Deployment, volume: VolumeInstance | None
) -> dict[str, str]:
    """Return the variables Railway adds to a deployment's own; a volume's only with the volume."""
    environment = world.estate.environments[deployment.environment_id]
    given = {
        name: value
        for name, value in provided(world, environment, deployment.service_id).items()
        if not name.startswith("RAILWAY_VOLUME_")
    }
    given |= {
        "RAILWAY_DEPLOYMENT_ID": deployment.id,
        "RAILWAY_SNAPSHOT_ID": deployment.snapshot_id,
        "RAILWAY_REPLICA_REGION": region_of(deployment),
    }
    if volume is not None:
        given |= _of_volume(world, volume)
    if deployment.deploy.get("drainingSeconds") is not None:
        given["RAILWAY_DEPLOYMENT_DRAINING_SECONDS"] = str(deployment.deploy["drainingSeconds"])
    return given


def image() -> dict[str, str]:
    """Return what an image would have set."""
    here = str(Path(sys.executable).parent)
    return {
        "PATH": f"{here}:{os.defpath}:/usr/local/bin:/usr/sbin:/sbin",
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
        "LANG": "C.UTF-8",
    }
