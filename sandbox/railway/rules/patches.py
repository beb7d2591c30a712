"""Changes of an environment's configuration: staged, committed, applied, and what they deploy.

Volumes, mounts and buckets are records of their own: a patch's part about them is carried out on
the records, the rest is kept as it was written.
"""

import copy

from sandbox.railway.model import shape
from sandbox.railway.model.config import etag, leaves, merged, peek, section
from sandbox.railway.model.records import Environment, Json, Patch, VolumeInstance
from sandbox.railway.model.refusal import Refusal, not_found
from sandbox.railway.model.world import World
from sandbox.railway.rules import backups, buckets, deployments, services, volumes

OWN = ("volumes", "buckets")
"""Sections that are records, not kept in the configuration."""


def rendered(world: World, environment: Environment) -> Json:
    """Return the whole configuration: what was written and the records over it."""
    config = copy.deepcopy(environment.config)
    config.setdefault("services", {})
    for volume in world.estate.volume_instances.values():
        if volume.environment_id != environment.id or volume.deleted_at is not None:
            continue
        section(config, "volumes")[volume.volume_id] = {
            **volume.more,
            "sizeMB": volume.size_mb,
            "region": volume.region,
        }
        if volume.service_id is not None:
            mount: Json = {"mountPath": volume.mount_path}
            kinds = [one.kind for one in backups.schedules_of(world, volume)]
            if kinds:
                mount["backupSchedules"] = kinds
            section(config, "services", volume.service_id, "volumeMounts")[volume.volume_id] = mount
    for bucket in world.estate.bucket_instances.values():
        if bucket.environment_id == environment.id and bucket.deleted_at is None:
            section(config, "buckets")[bucket.bucket_id] = {
                "region": bucket.region,
                "isCreated": True,
            }
    return config


def config_etag(world: World, environment: Environment) -> str:
    """Return the token that changes when the configuration does."""
    return etag(rendered(world, environment))


def stage(world: World, environment: Environment, patch: Json, *, merge: bool) -> None:
    """Put changes on top of what is staged, or in its place.

    Raises:
        Refusal: a value that cannot be.

    """
    check(world, environment, patch)
    base = environment.staged if merge else {}
    environment.staged = merged(base, patch, keep_null=True)
    environment.staged_at = world.now()


def commit_staged(world: World, environment: Environment, message: str, *, deploy: bool) -> Patch:
    """Commit everything that is staged, whoever staged it.

    Raises:
        Refusal: nothing is staged, or a value that cannot be.

    """
    if not environment.staged:
        raise Refusal("No staged changes to commit")
    staged = environment.staged
    committed = commit(world, environment, staged, message, deploy=deploy)
    environment.staged, environment.staged_id = {}, world.new_id()
    environment.staged_at = None
    return committed


def commit(
    world: World, environment: Environment, patch: Json, message: str, *, deploy: bool
) -> Patch:
    """Commit a patch; it is applied before this returns, unless a fault says otherwise.

    Raises:
        Refusal: a value that cannot be; nothing was changed.

    """
    check(world, environment, patch)
    now = world.now()
    record = Patch(world.new_id(), environment.id, now, message, copy.deepcopy(patch), "APPLYING")
    lost = _races(world, environment)
    world.estate.patches[record.id] = record
    if world.arms.strikes("patch-fails"):
        record.error = "The changes could not be applied"
        return record
    if world.arms.strikes("patch-key-dropped"):
        patch = without_one_key(patch)
    if world.arms.strikes("patch-late"):
        world.spawn(_later(world, environment, record, patch, deploy=deploy))
    elif lost:
        _applied(world, record)
    else:
        apply(world, environment, patch, deploy=deploy)
        _applied(world, record)
    return record


async def _later(
    world: World, environment: Environment, record: Patch, patch: Json, *, deploy: bool
) -> None:
    await world.clock.sleep(world.delays.seconds("patch"))
    try:
        apply(world, environment, patch, deploy=deploy)
    except Refusal as refusal:
        record.error = refusal.message
    else:
        _applied(world, record)
    world.changed()


def _applied(world: World, record: Patch) -> None:
    record.status, record.applied_at = "COMMITTED", world.now()


def _races(world: World, environment: Environment) -> bool:
    latest = [
        one.created_at
        for one in world.estate.patches.values()
        if one.environment_id == environment.id
    ]
    if not latest or not world.arms.faults.rates.get("patches-race"):
        return False
    close = (world.now() - max(latest)).total_seconds() < world.delays.seconds("race")
    return close and world.arms.strikes("patches-race")


def without_one_key(patch: Json) -> Json:
    """Return a patch without the first key of the first `deploy` in it."""
    result = copy.deepcopy(patch)
    for service in (result.get("services") or {}).values():
        deploy = (service or {}).get("deploy")
        if deploy:
            del deploy[next(iter(deploy))]
            break
    return result


def apply(world: World, environment: Environment, patch: Json, *, deploy: bool) -> None:
    """Carry a patch out and deploy the services it changes."""
    before = rendered(world, environment)
    for volume_id, body in (patch.get("volumes") or {}).items():
        _apply_volume(world, environment, volume_id, body or {})
    for bucket_id, body in (patch.get("buckets") or {}).items():
        _apply_bucket(world, environment, bucket_id, body or {})
    for service_id, body in (patch.get("services") or {}).items():
        _apply_service(world, environment, service_id, body)
    shared = {key: value for key, value in patch.items() if key not in {*OWN, "services"}}
    if "sharedVariables" in shared:
        shared["sharedVariables"] = _as_variables(shared["sharedVariables"])
    environment.config = merged(environment.config, shared)
    environment.updated_at = world.now()
    if deploy:
        _deploy_changed(world, environment, before)


def _deploy_changed(world: World, environment: Environment, before: Json) -> None:
    after = rendered(world, environment)
    shared = before.get("sharedVariables") != after.get("sharedVariables")
    for instance in services.instances_in(world, environment):
        key = instance.service_id
        changed = peek(before, "services", key) != peek(after, "services", key)
        if (changed or shared) and deployments.has_source(environment, key):
            deployments.request(world, instance, "deploy")


def _apply_service(world: World, environment: Environment, service_id: str, body: object) -> None:
    instance = services.find_instance(world, service_id, environment.id)
    if not isinstance(body, dict) or body.get("isDeleted"):
        if instance is not None:
            services.delete_instance(world, instance)
        return
    if instance is None:
        instance = services.add_instance(world, service_id, environment)
    mounts = body.get("volumeMounts") or {}
    # detach first: a restored volume takes the place of the old one in the same patch
    for volume_id, mount in sorted(mounts.items(), key=lambda pair: pair[1] is not None):
        _apply_mount(world, environment, service_id, volume_id, mount)
    kept = {key: value for key, value in body.items() if key != "volumeMounts"}
    if world.arms.strikes("seal-ignored"):
        kept = _unsealed(kept)
    if "variables" in kept:
        kept["variables"] = _as_variables(kept["variables"])
    _merge_settings(environment, service_id, kept)
    instance.updated_at = world.now()


def _as_variables(given: Json | None) -> Json:
    """Read `NAME: value` as `NAME: {value}`; null stays, it deletes."""
    return {
        name: one if isinstance(one, dict) or one is None else {"value": str(one)}
        for name, one in (given or {}).items()
    }


def _unsealed(body: Json) -> Json:
    result = copy.deepcopy(body)
    for variable in (result.get("variables") or {}).values():
        if isinstance(variable, dict):
            variable.pop("isSealed", None)
    return result


def _merge_settings(environment: Environment, service_id: str, kept: Json) -> None:
    """Lay a service's part over what is there; what is sealed stays so."""
    target = section(environment.config, "services")
    sealed = {n for n, v in peek(target, service_id, "variables").items() if v.get("isSealed")}
    target[service_id] = merged(target.get(service_id) or {}, kept)
    for name in sealed & set(peek(target, service_id, "variables")):
        target[service_id]["variables"][name]["isSealed"] = True  # nothing unseals


def _apply_mount(
    world: World, environment: Environment, service_id: str, volume_id: str, mount: object
) -> None:
    volume = find_volume_instance(world, environment, volume_id)
    if not isinstance(mount, dict):
        if volume.service_id == service_id:
            volume.service_id = None
        return
    instance = services.find_instance(world, service_id, environment.id)
    if instance is None:
        raise not_found("ServiceInstance")
    volumes.attach(world, volume, instance)
    volume.mount_path = mount.get("mountPath", volume.mount_path)
    if "backupSchedules" in mount:
        backups.set_schedules(world, volume, mount["backupSchedules"] or [])


def find_volume_instance(world: World, environment: Environment, volume_id: str) -> VolumeInstance:
    """Return a volume's instance in an environment.

    Raises:
        Refusal: there is none.

    """
    for volume in world.estate.volume_instances.values():
        here = volume.volume_id == volume_id and volume.environment_id == environment.id
        if here and volume.deleted_at is None:
            return volume
    raise not_found("VolumeInstance")


def _apply_volume(world: World, environment: Environment, volume_id: str, body: Json) -> None:
    if body.get("isCreated") and volume_id in world.estate.volumes:
        volume = world.estate.volumes[volume_id]
        if not volumes.live_instances(world, volume):
            volumes.add_instance(
                world, volume, environment, body.get("mountPath", "/data"), body.get("region")
            )
    instance = find_volume_instance(world, environment, volume_id)
    if body.get("isDeleted"):
        volumes.delete_instance(world, instance)
        return
    if body.get("sizeMB") is not None:
        volumes.resize(world, instance, body["sizeMB"])
    if body.get("region") is not None:
        volumes.move(world, instance, body["region"])
    more = {k: v for k, v in body.items() if k not in {"sizeMB", "region", "isCreated"}}
    instance.more = merged(instance.more, more)


def _apply_bucket(world: World, environment: Environment, bucket_id: str, body: Json) -> None:
    bucket = world.estate.buckets.get(bucket_id)
    if bucket is None or bucket.project_id != environment.project_id:
        raise not_found("Bucket")
    if body.get("isDeleted"):
        buckets.delete_instance(world, bucket_id, environment.id)
    elif body.get("isCreated"):
        buckets.add_instance(world, bucket, environment, str(body.get("region")))


def check(world: World, environment: Environment, patch: Json) -> None:
    """Refuse a patch with a value that cannot be.

    Raises:
        Refusal: names what cannot be; nothing was changed.

    """
    shape.check(patch, shape.CONFIG, "config")
    for service_id, body in (patch.get("services") or {}).items():
        service = world.estate.services.get(service_id)
        if service is None or service.project_id != environment.project_id:
            raise not_found("Service")
        if isinstance(body, dict):
            _check_service(world, environment, service_id, body)
    for volume_id, body in (patch.get("volumes") or {}).items():
        volumes.check_region((body or {}).get("region"))
        if (body or {}).get("sizeMB") is not None:
            instance = find_volume_instance(world, environment, volume_id)
            volumes.check_size(world, instance, body["sizeMB"])


def _check_service(world: World, environment: Environment, service_id: str, body: Json) -> None:
    deploy = body.get("deploy") or {}
    services.check_settings(world, deploy)
    replicas = deploy.get("numReplicas") or 1
    for region, wanted in (deploy.get("multiRegionConfig") or {}).items():
        volumes.check_region(region)
        count = (wanted or {}).get("numReplicas", 1) if wanted is not None else 0
        if wanted is not None and (not isinstance(count, int) or count < 1):
            raise Refusal("Error in numReplicas - Invalid input")
        replicas = max(replicas, count)
    mounts = body.get("volumeMounts") or {}
    for mount in mounts.values():
        if isinstance(mount, dict):
            volumes.check_mount_path(mount.get("mountPath", "/data"))
            backups.check_kinds(world, mount.get("backupSchedules") or [])
    attached = any(
        one.service_id == service_id and one.environment_id == environment.id
        for one in world.estate.volume_instances.values()
    )
    if replicas > 1 and (attached or any(mounts.values())):
        raise Refusal("Replicas are not supported for services with a volume")


def change_count(environment: Environment) -> int:
    """Count what is staged: `unmergedChangesCount`."""
    return sum(1 for _ in leaves(environment.staged))
