"""Buckets: project wide by name, with keys and objects in each environment.

The names and keys are written where the S3 server looks for them at every request.
"""

import json

from sandbox.railway.model.plan import BUCKET_REGIONS
from sandbox.railway.model.records import Bucket, BucketInstance, Environment
from sandbox.railway.model.refusal import Refusal, not_found
from sandbox.railway.model.world import World


def add_instance(world: World, bucket: Bucket, environment: Environment, region: str) -> None:
    """Create the bucket in an environment; once made its region is fixed.

    Raises:
        Refusal: unknown region.

    """
    if region not in BUCKET_REGIONS:
        raise Refusal(f"Error in region - {region} is not a valid bucket region")
    key = f"{bucket.id}/{environment.id}"
    existing = world.estate.bucket_instances.get(key)
    if existing is not None:
        existing.deleted_at = None  # restored within its two days
    else:
        world.estate.bucket_instances[key] = BucketInstance(
            bucket_id=bucket.id,
            environment_id=environment.id,
            region=region,
            store_name=f"{bucket.name}-{world.secret(8)}"[:63],
            access_key=f"tid_{world.secret(32)}",
            secret_key=f"tsec_{world.secret(64)}",
            created_at=world.now(),
            credentials_at=world.due("bucket_credentials"),
        )
    publish(world)


def find_instance(world: World, bucket_id: str, environment_id: str) -> BucketInstance:
    """Return a bucket in an environment.

    Raises:
        Refusal: it is not there, or was deleted.

    """
    instance = world.estate.bucket_instances.get(f"{bucket_id}/{environment_id}")
    if instance is None or instance.deleted_at is not None:
        raise not_found("BucketInstance")
    return instance


def credentials(world: World, instance: BucketInstance) -> BucketInstance:
    """Return the instance once its credentials can be read.

    Raises:
        Refusal: not yet.

    """
    early = world.now() < instance.credentials_at
    if early or world.arms.strikes("bucket-credentials-late"):
        raise not_found("BucketInstanceCredential")
    return instance


def reset_credentials(world: World, instance: BucketInstance) -> None:
    """Give the bucket new keys; the old ones open nothing any more."""
    instance.access_key = f"tid_{world.secret(32)}"
    instance.secret_key = f"tsec_{world.secret(64)}"
    publish(world)


def delete_instance(world: World, bucket_id: str, environment_id: str) -> None:
    """Delete a bucket in an environment; for two days it can be restored with its objects."""
    find_instance(world, bucket_id, environment_id).deleted_at = world.now()
    publish(world)


def publish(world: World) -> None:
    """Write which bucket each key opens, for the S3 server."""
    names = {
        one.store_name: {"access_key": one.access_key, "secret_key": one.secret_key}
        for one in world.estate.bucket_instances.values()
        if one.deleted_at is None
    }
    for name in names:
        world.store.bucket(name).mkdir(exist_ok=True)
    keys = world.store.directory / "buckets" / "keys.json"
    draft = keys.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(names))
    draft.replace(keys)


def publish_faults(world: World) -> None:
    """Write whether the S3 server is to be unavailable, and how often."""
    faults = world.arms.faults
    name = "s3-unavailable"
    armed: list[dict[str, float]] = []
    if name in faults.times:
        armed.append({"times": faults.times[name]})
    if name in faults.rates:
        armed.append({"rate": faults.rates[name]})
    (world.store.directory / "buckets" / "faults.json").write_text(json.dumps(armed))


def measure(world: World, instance: BucketInstance) -> tuple[int, int]:
    """Return how many objects a bucket holds and their bytes."""
    files = [f for f in world.store.bucket(instance.store_name).glob("*.object") if f.is_file()]
    return len(files), sum(file.stat().st_size for file in files)
