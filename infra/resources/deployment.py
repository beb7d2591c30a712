"""What a service runs, and the one deployment at the end of an `up`."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.resources.resource import Property, RailwayResource


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentArgs:
    """What a deployment is declared with: an image, or a repository with its branch."""

    project_id: pulumi.Input[str]
    environment_id: pulumi.Input[str]
    service_id: pulumi.Input[str]
    image: pulumi.Input[str] | None = None
    """By digest in earnest: `ghcr.io/acme/poly@sha256:…`."""
    repo: pulumi.Input[str] | None = None
    """`owner/name` on GitHub; `branch` must then be given."""
    branch: pulumi.Input[str] | None = None
    commit_sha: pulumi.Input[str] | None = None
    configuration: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None
    """The `fingerprint` of everything the service is configured by, under any names:
    `{"service": service.fingerprint, "volume": volume.fingerprint, "variables": …}`.
    One that changes deploys; all that change in one `up` deploy once."""
    sealed_digests: pulumi.Input[Mapping[str, str]] | None = None
    """`VariableSet.sealed_digests`, since Railway never shows a sealed value again."""
    healthy_within_seconds: pulumi.Input[int] = 300


class Deployment(RailwayResource):
    """A deployment. Id: `<project>/<environment>/<service>`.

    A newer deployment of the same configuration, or one that was stopped, is no difference.
    """

    deployment_id = Property[str]("deploymentId")
    trigger = Property[str]("trigger")
    """Hash of the service's whole configuration as Railway had it when it was deployed."""
    status = Property[str]("status")

    def __init__(
        self, resource_name: str, args: DeploymentArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(resource_name, args, ("deploymentId", "trigger", "status"), opts)
