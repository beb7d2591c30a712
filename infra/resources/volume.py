"""A volume and where it is mounted: the ledger's home."""

from dataclasses import dataclass

import pulumi

from infra.resources.resource import Property, RailwayResource


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeArgs:
    """What a volume is declared with."""

    project_id: pulumi.Input[str]
    environment_id: pulumi.Input[str]
    service_id: pulumi.Input[str]
    """The service it is mounted in; another one detaches it, which needs a confirmation."""
    name: pulumi.Input[str]
    mount_path: pulumi.Input[str]
    size_mb: pulumi.Input[int] | None = None
    """Left out: as Railway made it. It can grow and never shrink."""
    region: pulumi.Input[str] | None = None
    """Left out: where the service is. Another region is a migration, which needs a confirmation."""


class Volume(RailwayResource):
    """A volume. Id: `<project>/<environment>/<volume>`.

    Whatever could lose what is on it (replacing, detaching, moving, deleting) is refused unless
    the environment variable POLY_CONFIRM_VOLUME holds its volume id.
    """

    name = Property[str]("name")
    mount_path = Property[str]("mountPath")
    volume_id = Property[str]("volumeId")
    volume_instance_id = Property[str]("volumeInstanceId")
    """What backups are keyed by."""
    state = Property[str]("state")
    fingerprint = Property[str]("fingerprint")
    """Hash of what is mounted where; goes into `DeploymentArgs.configuration`."""

    def __init__(
        self, resource_name: str, args: VolumeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(
            resource_name, args, ("volumeId", "volumeInstanceId", "state", "fingerprint"), opts
        )
