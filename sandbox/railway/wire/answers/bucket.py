"""Buckets and their credentials; the instance itself comes and goes by patch."""

from sandbox.railway.model.records import Bucket, BucketInstance, Json
from sandbox.railway.model.refusal import Refusal
from sandbox.railway.rules import buckets, deployments, services
from sandbox.railway.wire.answers import plain
from sandbox.railway.wire.call import Call


def _create(call: Call, args: Json) -> Json:
    given = args["input"]
    project = call.project(given["projectId"])
    now = call.world.now()
    identity = call.world.new_id()
    name = given.get("name") or f"bucket-{identity[:6]}"
    _free(call, project.id, name, None)
    bucket = Bucket(identity, name, project.id, now, now)
    call.world.estate.buckets[bucket.id] = bucket
    return plain.bucket(bucket)


def _free(call: Call, project_id: str, name: str, mine: str | None) -> None:
    for other in call.world.estate.buckets.values():
        if other.project_id == project_id and other.name == name and other.id != mine:
            raise Refusal(f'A bucket named "{name}" already exists in this project')


def _rename(call: Call, args: Json) -> Json:
    bucket, name = call.bucket(args["id"]), args["input"]["name"]
    _free(call, bucket.project_id, name, bucket.id)
    bucket.name, bucket.updated_at = name, call.world.now()
    return plain.bucket(bucket)


def _find(call: Call, args: Json) -> BucketInstance:
    call.bucket(args["bucketId"])
    environment = call.environment(args["environmentId"], args.get("projectId"))
    return buckets.find_instance(call.world, args["bucketId"], environment.id)


def _shown(call: Call, one: BucketInstance) -> Json:
    """Return the credentials; path style, since no name resolves below a loopback address."""
    return {
        "accessKeyId": one.access_key,
        "secretAccessKey": one.secret_key,
        "bucketName": one.store_name,
        "endpoint": call.world.s3_url,
        "region": "auto",
        "urlStyle": "path",
        "createdAt": plain.stamp(one.created_at),
    }


def _credentials(call: Call, args: Json) -> list[Json]:
    return [_shown(call, buckets.credentials(call.world, _find(call, args)))]


def _reset(call: Call, args: Json) -> Json:
    instance = _find(call, args)
    buckets.reset_credentials(call.world, instance)
    if args.get("redeployDependents"):
        _redeploy_users(call, call.bucket(instance.bucket_id), instance.environment_id)
    return _shown(call, instance)


def _redeploy_users(call: Call, bucket: Bucket, environment_id: str) -> None:
    home = call.environment(environment_id)
    for one in services.instances_in(call.world, home):
        held = home.config.get("services", {}).get(one.service_id, {}).get("variables") or {}
        uses = any("${{" + bucket.name + "." in str(v.get("value")) for v in held.values())
        if uses and deployments.has_source(home, one.service_id):
            deployments.request(call.world, one, "deploy")


def _details(call: Call, args: Json) -> Json:
    count, size = buckets.measure(call.world, _find(call, args))
    return {"objectCount": count, "sizeBytes": size}


QUERY = {"bucketS3Credentials": _credentials, "bucketInstanceDetails": _details}
MUTATION = {"bucketCreate": _create, "bucketUpdate": _rename, "bucketCredentialsReset": _reset}
