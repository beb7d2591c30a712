"""Volumes and their instances; everything that could lose what is on one says so."""

import msgspec

from infra.railway.client import Connection, Railway


class Volume(msgspec.Struct, frozen=True, rename="camel"):
    """A volume of a project; where it is mounted is its instances' business."""

    id: str
    name: str
    project_id: str


class VolumeInstance(msgspec.Struct, frozen=True, rename="camel"):
    """A volume in one environment. Backups are keyed by this id, not by the volume's."""

    id: str
    volume_id: str
    environment_id: str
    mount_path: str
    volume: Volume
    size_mb: int = msgspec.field(name="sizeMB")
    used_mb: float = msgspec.field(name="currentSizeMB", default=0.0)
    service_id: str | None = None
    region: str | None = None
    state: str | None = None
    """READY, UPDATING, MIGRATING, …; an open set."""
    is_pending_deletion: bool = False
    deleted_at: str | None = None

    @property
    def gone(self) -> bool:
        """Say whether it is deleted or about to be: tombstones stay in listings."""
        deleted = self.state in ("DELETING", "DELETED")
        return self.is_pending_deletion or self.deleted_at is not None or deleted


class _Instances(msgspec.Struct, frozen=True, rename="camel"):
    volume_instances: Connection[VolumeInstance]


class _InstancesPage(msgspec.Struct, frozen=True):
    environment: _Instances


class _Volumes(msgspec.Struct, frozen=True):
    volumes: Connection[Volume]


class _VolumesPage(msgspec.Struct, frozen=True):
    project: _Volumes


class _Created(msgspec.Struct, frozen=True, rename="camel"):
    volume_create: Volume


class _InstanceRead(msgspec.Struct, frozen=True, rename="camel"):
    volume_instance: VolumeInstance


def in_environment(api: Railway, environment_id: str) -> tuple[VolumeInstance, ...]:
    """Return the volume instances of an environment that are not deleted.

    One just made may be missing for some seconds.

    Raises:
        RailwayError: as `Railway.query`.

    """
    found = api.pages(
        "EnvironmentVolumesPage",
        {"id": environment_id},
        _InstancesPage,
        lambda reply: reply.environment.volume_instances,
    )
    return tuple(instance for instance in found if not instance.gone)


def of_project(api: Railway, project_id: str) -> tuple[Volume, ...]:
    """Return a project's volumes, also those without an instance anywhere.

    Raises:
        RailwayError: as `Railway.query`.

    """
    found = api.pages(
        "ProjectVolumesPage", {"id": project_id}, _VolumesPage, lambda reply: reply.project.volumes
    )
    return tuple(found)


def instance(api: Railway, volume_instance_id: str) -> VolumeInstance:
    """Return a volume instance by its own id.

    Raises:
        NotFound: there is none.
        RailwayError: as `Railway.query`.

    """
    asked = {"id": volume_instance_id}
    return api.query("VolumeInstanceRead", asked, _InstanceRead).volume_instance


class NewVolume(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a volume is made with: always in one environment, always mounted."""

    project_id: str
    environment_id: str
    service_id: str
    mount_path: str
    region: str | None = None
    """Left out: where the service is."""


def create(api: Railway, new: NewVolume) -> Volume:
    """Make a volume mounted in a service, under a name Railway chooses.

    Raises:
        Throttled: about one in 30 s.
        RailwayError: as `Railway.mutate`.

    """
    asked = {"input": msgspec.to_builtins(new)}
    return api.mutate("VolumeCreate", asked, _Created).volume_create


def rename(api: Railway, volume_id: str, name: str) -> None:
    """Give a volume another name; unique in its project.

    Raises:
        AlreadyExists: another volume has it.
        RailwayError: as `Railway.mutate`.

    """
    asked = {"volumeId": volume_id, "input": {"name": name}}
    api.mutate("VolumeRename", asked, dict[str, object])


def attach(
    api: Railway, volume_id: str, *, environment_id: str, service_id: str, mount_path: str
) -> None:
    """Mount a volume in a service.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {
        "volumeId": volume_id,
        "environmentId": environment_id,
        "serviceId": service_id,
        "mountPath": mount_path,
    }
    api.mutate("VolumeAttach", asked, dict[str, object])


def detach(api: Railway, volume_id: str, environment_id: str) -> None:
    """Unmount a volume; what is on it stays.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {"volumeId": volume_id, "environmentId": environment_id}
    api.mutate("VolumeDetach", asked, dict[str, object])


def delete(api: Railway, volume_id: str) -> None:
    """Delete a volume in all environments; for 48 h a link mailed to the owner brings it back.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    api.mutate("VolumeDelete", {"volumeId": volume_id}, dict[str, object])
