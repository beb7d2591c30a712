"""Volumes and their instances: real directories; deleted ones stay listed for 48 hours."""

import asyncio
import shutil

from sandbox.railway.model.plan import PREFERRED_REGION, REGIONS
from sandbox.railway.model.records import (
    Environment,
    Json,
    Project,
    ServiceInstance,
    Volume,
    VolumeInstance,
)
from sandbox.railway.model.refusal import Refusal
from sandbox.railway.model.world import World
from sandbox.railway.rules import services

GRACE_S = 48 * 3600
"""Source: docs.railway.com/volumes/reference, read 2026-11-22; the undo is a link by e-mail."""


def create(world: World, project: Project) -> Volume:
    """Keep a new volume under a name of Railway's choosing; it has no instance yet.

    Raises:
        Refusal: too many volumes, or too quickly.

    """
    mine = [one for one in world.estate.volumes.values() if one.project_id == project.id]
    alive = [one for one in mine if live_instances(world, one)]
    if len(alive) >= world.plan.volumes_per_project:
        raise Refusal(f"Volume limit of {world.plan.volumes_per_project} per project reached")
    world.throttle("volumes", project.workspace_id)
    identity = world.new_id()
    volume = Volume(identity, f"volume-{identity[:6]}", project.id, world.now())
    world.estate.volumes[volume.id] = volume
    return volume


def add_instance(
    world: World, volume: Volume, environment: Environment, mount_path: str, region: str | None
) -> VolumeInstance:
    """Give a volume its disk in an environment, attached to nothing yet."""
    check_mount_path(mount_path)
    check_region(region)
    instance = VolumeInstance(
        id=world.new_id(),
        volume_id=volume.id,
        environment_id=environment.id,
        service_id=None,
        mount_path=mount_path,
        region=region or PREFERRED_REGION,
        size_mb=world.plan.volume_default_mb,
        created_at=world.now(),
        visible_at=world.due("volume_instance_visible"),
    )
    world.store.volume(instance.id).mkdir(parents=True, exist_ok=True)
    world.estate.volume_instances[instance.id] = instance
    return instance


def check_mount_path(path: object) -> None:
    """Refuse a mount path that is none.

    Raises:
        Refusal: not an absolute path below the root.

    """
    if not isinstance(path, str) or not path.startswith("/") or len(path) < 2:  # noqa: PLR2004
        raise Refusal("Error in mountPath - Invalid input")


def check_region(region: object) -> None:
    """Refuse a region Railway does not have.

    Raises:
        Refusal: unknown region.

    """
    if region is not None and region not in {one.name for one in REGIONS}:
        raise Refusal(f"Error in region - {region} is not a valid region")


def live_instances(world: World, volume: Volume) -> list[VolumeInstance]:
    """Return a volume's instances that are not deleted."""
    return [
        one
        for one in world.estate.volume_instances.values()
        if one.volume_id == volume.id and one.deleted_at is None
    ]


def refuse_second(
    world: World, service: ServiceInstance, instance: VolumeInstance | None = None
) -> None:
    """Refuse a second volume for one service.

    Raises:
        Refusal: it has another one already.

    """
    for other in world.estate.volume_instances.values():
        same = other.service_id == service.service_id and other.deleted_at is None
        if same and other.environment_id == service.environment_id and other is not instance:
            raise Refusal("A volume is already attached to this service")


def attach(world: World, instance: VolumeInstance, service: ServiceInstance) -> None:
    """Attach to a service; it is mounted when its next container starts.

    Raises:
        Refusal: the service has another volume already.

    """
    refuse_second(world, service, instance)
    instance.service_id = service.service_id


def update_instance(world: World, instance: VolumeInstance, given: Json) -> None:
    """Set service, mount path and state as `volumeInstanceUpdate` does.

    A service id that is not given disconnects the volume; a mount path that is not given stays.
    Source: the published schema's descriptions of VolumeInstanceUpdateInput.
    """
    if given.get("mountPath") is not None:
        check_mount_path(given["mountPath"])
    service_id = given.get("serviceId")
    if service_id is None:
        instance.service_id = None
    else:
        service = services.find_instance(world, service_id, instance.environment_id)
        if service is None:
            raise Refusal("ServiceInstance not found")
        attach(world, instance, service)
    if given.get("mountPath") is not None:
        instance.mount_path = given["mountPath"]
    if given.get("state") is not None:
        instance.state = given["state"]


def check_size(world: World, instance: VolumeInstance, size_mb: object) -> None:
    """Refuse a size that shrinks or that the plan lacks.

    Raises:
        Refusal: with the reason.

    """
    if not isinstance(size_mb, int) or isinstance(size_mb, bool) or size_mb <= 0:
        raise Refusal("Error in sizeMB - Invalid input")
    if size_mb < instance.size_mb:
        raise Refusal("Volumes cannot be shrunk")
    if size_mb > world.plan.volume_max_mb:
        raise Refusal(f"Volume size exceeds the plan limit of {world.plan.volume_max_mb} MB")


def resize(world: World, instance: VolumeInstance, size_mb: int) -> None:
    """Grow a volume; it is UPDATING for a moment."""
    if size_mb == instance.size_mb:
        return
    instance.size_mb, instance.state = size_mb, "UPDATING"
    world.spawn(_settle(world, instance))


def move(world: World, instance: VolumeInstance, region: str) -> asyncio.Task[None] | None:
    """Migrate a volume to another region; it is MIGRATING until the task is done."""
    if region == instance.region:
        return None
    instance.region, instance.state = region, "MIGRATING"
    return world.spawn(_settle(world, instance))


async def _settle(world: World, instance: VolumeInstance) -> None:
    await world.clock.sleep(world.delays.seconds("volume_resize"))
    if instance.deleted_at is None:
        instance.state = "READY"
    world.changed()


def rename(world: World, volume: Volume, name: str) -> None:
    """Rename a volume.

    Raises:
        Refusal: the name is taken in this project.

    """
    for other in world.estate.volumes.values():
        same = other.project_id == volume.project_id and other.name == name
        if same and other.id != volume.id and live_instances(world, other):
            raise Refusal("Volume name already exists")
    volume.name = name


def delete(world: World, volume: Volume) -> None:
    """Delete a volume in every environment; the disks are wiped 48 hours later."""
    for instance in live_instances(world, volume):
        delete_instance(world, instance)


def delete_instance(world: World, instance: VolumeInstance) -> None:
    """Delete one disk; it stays listed as pending deletion."""
    instance.deleted_at, instance.state = world.now(), "DELETING"
    instance.service_id = None


def purge(world: World) -> None:
    """Wipe the disks whose 48 hours are over, with their backups; then nothing lists them."""
    estate = world.estate
    for instance in list(estate.volume_instances.values()):
        since = instance.deleted_at
        if since is None or (world.now() - since).total_seconds() < GRACE_S:
            continue
        shutil.rmtree(world.store.volume(instance.id), ignore_errors=True)
        for key, backup in list(estate.backups.items()):
            if backup.volume_instance_id == instance.id:
                shutil.rmtree(world.store.backup(key), ignore_errors=True)
                del estate.backups[key]
        del estate.volume_instances[instance.id]
        if not any(v.volume_id == instance.volume_id for v in estate.volume_instances.values()):
            estate.volumes.pop(instance.volume_id, None)


def used_mb(world: World, instance: VolumeInstance) -> float:
    """Return how much the disk holds, in MB."""
    root = world.store.volume(instance.id)
    return sum(_size(path) for path in root.rglob("*")) / 1e6


def _size(path: object) -> int:
    try:
        status = path.lstat()  # type: ignore[attr-defined]
    except OSError:
        return 0  # deleted while we looked
    return int(status.st_size)
