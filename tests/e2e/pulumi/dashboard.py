"""What a person clicks together in Railway's dashboard, before there was any Pulumi."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.railway.calls import (
    backups,
    buckets,
    deployments,
    environments,
    projects,
    services,
    variables,
    volumes,
)
from infra.railway.calls.volumes import NewVolume
from infra.railway.client import Railway
from ops.rehearsal.standin import StandIn

REGION = "europe-west4-drams3a"
PLAIN = {"POLY_MODE": "PAPER", "POLY_LOCK_WAIT_S": "60"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HandMade:
    """The ids of what was clicked together."""

    client: Railway
    project: str
    environment: str
    service: str
    volume: str
    bucket: str

    def names(self) -> dict[str, str]:
        """Return the variables that name the service."""
        return {
            "RAILWAY_PROJECT_ID": self.project,
            "RAILWAY_ENVIRONMENT_ID": self.environment,
            "RAILWAY_SERVICE_ID": self.service,
        }

    def ids(self, names: list[str]) -> dict[str, str]:
        """Return what each kind is imported by, with these names of variables."""
        inside = f"{self.project}/{self.environment}"
        return {
            "Project": self.project,
            "Environment": inside,
            "Service": f"{inside}/{self.service}",
            "Volume": f"{inside}/{self.volume}",
            "Bucket": f"{inside}/{self.bucket}",
            "BackupSchedule": f"{inside}/{self.volume}",
            "VariableSet": f"{inside}/{self.service}/{','.join(sorted(names))}",
            "Deployment": f"{inside}/{self.service}",
        }


def click(railway: StandIn, *, image: str, command: str, secrets: dict[str, str]) -> HandMade:
    """Click together a bot like the one the program declares, as a person would."""
    client = railway.client()
    project = projects.create(
        client,
        workspace_id=railway.said["workspace_id"],
        name="poly",
        description="made by hand",
        environment="production",
    )
    (environment,) = environments.of_project(client, project.id)
    service = services.create(
        client, project_id=project.id, environment_id=environment.id, name="poly"
    )
    ids = {"projectId": project.id, "environmentId": environment.id, "serviceId": service.id}
    volume = mounted(client, ids)
    bucket = buckets.create(client, project_id=project.id, name="poly-backups")
    patch = {
        "services": {
            service.id: {
                "source": {"image": image, "autoUpdates": {"type": "disabled"}},
                "deploy": settings(command),
            }
        },
        "buckets": {bucket.id: {"isCreated": True, "region": "ams"}},
    }
    edit(client, environment.id, patch)
    references = {
        f"POLY_BACKUP_{key}": f"${{{{poly-backups.{key}}}}}"
        for key in ("BUCKET", "ENDPOINT", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
    }
    variables.upsert(client, ids, {**PLAIN, **references, **secrets})
    deployments.deploy(client, environment_id=environment.id, service_id=service.id)
    return HandMade(
        client=client,
        project=project.id,
        environment=environment.id,
        service=service.id,
        volume=volume,
        bucket=bucket.id,
    )


def mounted(client: Railway, ids: Mapping[str, str]) -> str:
    """Make the volume with its name and its backups; return its id."""
    new = NewVolume(
        project_id=ids["projectId"],
        environment_id=ids["environmentId"],
        service_id=ids["serviceId"],
        mount_path="/app/data",
        region=REGION,
    )
    volume = volumes.create(client, new)
    volumes.rename(client, volume.id, "poly-data")
    instance = client.pace.until(
        lambda: next(iter(volumes.in_environment(client, ids["environmentId"])), None), 30
    )
    assert instance is not None
    backups.set_schedules(client, instance.id, ["DAILY"])
    return volume.id


def settings(command: str) -> dict[str, object]:
    """Return the deploy settings a careful person would choose."""
    return {
        "startCommand": command,
        "numReplicas": 1,
        "multiRegionConfig": {REGION: {"numReplicas": 1}},
        "restartPolicyType": "ON_FAILURE",
        "restartPolicyMaxRetries": 10,
        "sleepApplication": False,
        "drainingSeconds": 45,
        "overlapSeconds": 0,
        "requiredMountPath": "/app/data",
        "limitOverride": {"containers": {"cpu": 1, "memoryBytes": 1024**3}},
    }


def edit(client: Railway, environment: str, patch: Mapping[str, object]) -> None:
    """Change settings as the dashboard does, without a deployment."""
    environments.stage(client, environment, patch)
    environments.commit_staged(client, environment, "by hand")
