"""A storage bucket of a project, present in one environment: where backups go."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.resources.resource import Property, RailwayResource


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketArgs:
    """What a bucket is declared with."""

    project_id: pulumi.Input[str]
    environment_id: pulumi.Input[str]
    name: pulumi.Input[str]
    """Also the name in references: `${{<name>.ENDPOINT}}`."""
    region: pulumi.Input[str]
    """`sjc`, `iad`, `ams` or `sin`; fixed for ever, and not the names of compute regions."""


class Bucket(RailwayResource):
    """A bucket. Id: `<project>/<environment>/<bucket>`. Its keys never enter the state."""

    name = Property[str]("name")
    bucket_id = Property[str]("bucketId")
    references = Property[Mapping[str, str]]("references")
    """References by key, for `VariableSetArgs.references`: BUCKET, ACCESS_KEY_ID,
    SECRET_ACCESS_KEY, REGION, ENDPOINT."""

    def __init__(
        self, resource_name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(resource_name, args, ("bucketId", "references"), opts)
