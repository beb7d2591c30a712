"""Variables of a service: only those named here, of four sorts."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.resources.resource import Property, RailwayResource


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableSetArgs:
    """What a set of variables is declared with; a name may stand in one sort only.

    Never POLY_HALT and POLY_RESUME (the kill switch's) nor RAILWAY_* (the platform's).
    """

    project_id: pulumi.Input[str]
    environment_id: pulumi.Input[str]
    service_id: pulumi.Input[str]
    plain: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None
    """Shown in previews."""
    secret: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None
    """Encrypted in state, readable at Railway by whoever may read the service."""
    sealed: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None
    """Encrypted in state, never readable at Railway again. A drift of the value cannot be seen."""
    references: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None
    """Railway's own references, `${{bucket.ENDPOINT}}`: the value never comes near the state."""


class VariableSet(RailwayResource):
    """Variables. Id: `<project>/<environment>/<service>/NAME,NAME`; no other name is touched."""

    fingerprint = Property[str]("fingerprint")
    """Hash of names and values; goes into `DeploymentArgs.configuration`."""
    sealed_digests = Property[Mapping[str, str]]("sealedDigests")
    """A digest of each sealed value; goes into `DeploymentArgs.sealed_digests`. Secret."""

    def __init__(
        self, resource_name: str, args: VariableSetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(resource_name, args, ("fingerprint", "sealedDigests"), opts)
