"""Buckets of a project and the keys that open them."""

from collections.abc import Mapping

import msgspec
from typing_extensions import override

from infra.railway.client import Connection, Railway


class Bucket(msgspec.Struct, frozen=True, rename="camel"):
    """A bucket of a project; its instance in an environment is part of the configuration."""

    id: str
    name: str
    project_id: str


class BucketView(msgspec.Struct, frozen=True):
    """A project's buckets with one environment's instances of them, by bucket id."""

    buckets: tuple[Bucket, ...]
    instances: Mapping[str, Mapping[str, object]]


class Credentials(msgspec.Struct, frozen=True, rename="camel"):
    """Keys of a bucket. Its name at the S3 server differs from its display name."""

    access_key_id: str
    secret_access_key: str
    bucket_name: str
    endpoint: str
    region: str
    url_style: str

    @override
    def __repr__(self) -> str:
        return f"Credentials(bucket_name={self.bucket_name!r}, ***)"


class Details(msgspec.Struct, frozen=True, rename="camel"):
    """How much is in a bucket."""

    object_count: int
    size_bytes: int


class _Config(msgspec.Struct, frozen=True):
    config: dict[str, object]


class _Buckets(msgspec.Struct, frozen=True):
    buckets: Connection[Bucket]


class _Page(msgspec.Struct, frozen=True):
    environment: _Config
    project: _Buckets


class _Created(msgspec.Struct, frozen=True, rename="camel"):
    bucket_create: Bucket


class _Credentials(msgspec.Struct, frozen=True, rename="camel"):
    bucket_s3_credentials: tuple[Credentials, ...] = msgspec.field(name="bucketS3Credentials")


class _Details(msgspec.Struct, frozen=True, rename="camel"):
    bucket_instance_details: Details | None = None


def view(api: Railway, *, project_id: str, environment_id: str) -> BucketView:
    """Return a project's buckets and which of them an environment has.

    Raises:
        NotFound: no such project or environment.
        RailwayError: as `Railway.query`.

    """
    configs: list[Mapping[str, object]] = []

    def page(reply: _Page) -> Connection[Bucket]:
        configs.append(reply.environment.config)
        return reply.project.buckets

    asked = {"id": project_id, "environmentId": environment_id}
    found = tuple(api.pages("ProjectBucketsPage", asked, _Page, page))
    here = configs[-1].get("buckets")
    instances = {
        name: entry
        for name, entry in (here.items() if isinstance(here, Mapping) else ())
        if isinstance(entry, Mapping) and entry.get("isDeleted") is not True
    }
    return BucketView(buckets=found, instances=instances)


def create(api: Railway, *, project_id: str, name: str) -> Bucket:
    """Make a bucket in a project; it is in no environment before a patch puts it there.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {"projectId": project_id, "name": name}
    return api.mutate("BucketCreate", {"input": asked}, _Created).bucket_create


def rename(api: Railway, bucket_id: str, name: str) -> None:
    """Give a bucket another display name, and with it its references.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    api.mutate("BucketRename", {"id": bucket_id, "input": {"name": name}}, dict[str, object])


def credentials(
    api: Railway, *, project_id: str, environment_id: str, bucket_id: str
) -> tuple[Credentials, ...]:
    """Return the keys of a bucket.

    Raises:
        NotFound: none, or not yet: they come some seconds after the bucket.
        RailwayError: as `Railway.query`.

    """
    asked = {"projectId": project_id, "environmentId": environment_id, "bucketId": bucket_id}
    return api.query("BucketCredentialsRead", asked, _Credentials).bucket_s3_credentials


def details(api: Railway, *, environment_id: str, bucket_id: str) -> Details | None:
    """Return how much is in a bucket.

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked = {"environmentId": environment_id, "bucketId": bucket_id}
    return api.query("BucketDetailsRead", asked, _Details).bucket_instance_details
