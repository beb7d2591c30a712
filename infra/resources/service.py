"""A service of an environment: its name and everything Railway keeps under `deploy`."""

from dataclasses import dataclass

import pulumi

from infra.resources.resource import Property, RailwayResource


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceArgs:
    """What a service is declared with; a setting left out is Railway's default, not "as it is"."""

    project_id: pulumi.Input[str]
    environment_id: pulumi.Input[str]
    name: pulumi.Input[str]
    region: pulumi.Input[str]
    """Compute region, as in railway.com/regions: `europe-west4-drams3a`. Always stated."""
    num_replicas: pulumi.Input[int] = 1
    start_command: pulumi.Input[str] | None = None
    pre_deploy_command: pulumi.Input[str] | None = None
    """Runs before the volume is mounted: nothing that touches the ledger."""
    healthcheck_path: pulumi.Input[str] | None = None
    healthcheck_timeout_seconds: pulumi.Input[int] | None = None
    restart_policy_type: pulumi.Input[str] = "ON_FAILURE"
    """`ON_FAILURE`, `ALWAYS` or `NEVER`."""
    restart_policy_max_retries: pulumi.Input[int] = 10
    sleep_application: pulumi.Input[bool] = False
    draining_seconds: pulumi.Input[int] = 0
    """Seconds between SIGTERM and SIGKILL."""
    overlap_seconds: pulumi.Input[int] = 0
    required_mount_path: pulumi.Input[str] | None = None
    """Railway refuses to start a container without a volume mounted there."""
    cron_schedule: pulumi.Input[str] | None = None
    vcpus_max: pulumi.Input[float] | None = None
    memory_mib_max: pulumi.Input[int] | None = None


class Service(RailwayResource):
    """A service. Id: `<project>/<environment>/<service>`. It is made without a source."""

    name = Property[str]("name")
    service_id = Property[str]("serviceId")
    project_id = Property[str]("projectId")
    environment_id = Property[str]("environmentId")
    fingerprint = Property[str]("fingerprint")
    """Hash of the declared settings; goes into `DeploymentArgs.configuration`."""

    def __init__(
        self, resource_name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(resource_name, args, ("serviceId", "fingerprint"), opts)
