"""The estate: one project, one environment, the bot's service with its volume, and its backups.

Only wiring: what a stack decides is in `infra.settings`, what a resource means is in the provider.
Type token and child names are for ever; a rename needs an alias. No resource is made in an apply.
"""

from collections.abc import Mapping

import pulumi

from infra.resources import (
    BackupSchedule,
    BackupScheduleArgs,
    Bucket,
    BucketArgs,
    Deployment,
    DeploymentArgs,
    Environment,
    EnvironmentArgs,
    Project,
    ProjectArgs,
    Service,
    ServiceArgs,
    VariableSet,
    VariableSetArgs,
    Volume,
    VolumeArgs,
)
from infra.settings import MOUNT_PATH, Backups, Image, Plan, Settings

DRAINING_S = 45
"""The bot stops in order within 30 s of SIGTERM; Railway's own default kills it after none."""
LOCK_WAIT_S = 60
"""Old and new container can overlap on one volume; the new one waits for the old one's lock."""
HEALTH_PATH = "/health"
HEALTH_S = 120
"""The first answer comes within seconds, also while the lock is waited for."""
HEALTH_VARIABLES = {"POLY_HEALTH_PORT": "PORT", "POLY_HEALTH_BIND": "::"}
"""Railway asks at the port it names in PORT, from outside the container."""
RETRIES_MAX = 10
MIB_PER_GB = 1024
BACKUP_KEYS = ("BUCKET", "ENDPOINT", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")


class Estate(pulumi.ComponentResource):
    """Everything of one stack on Railway.

    All of it is protected. What could take the ledger with it is also retained when it leaves the
    program: with only the volume protected, a real `pulumi destroy` had deleted the rest before
    it was refused.
    """

    project_id: pulumi.Output[str]
    environment_id: pulumi.Output[str]
    service_id: pulumi.Output[str]
    volume_id: pulumi.Output[str]
    deployment_id: pulumi.Output[str]

    def __init__(
        self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("poly:railway:Estate", name, None, opts)
        self._name = name
        self._settings = settings
        project = Project(
            f"{name}-project",
            ProjectArgs(
                name=settings.project,
                workspace_id=settings.workspace,
                default_environment_name=settings.environment,
            ),
            self._kept(),
        )
        environment = Environment(
            f"{name}-environment",
            EnvironmentArgs(project_id=project.project_id, name=settings.environment),
            self._kept(),
        )
        self.project_id = project.project_id
        self.environment_id = environment.environment_id
        service = self._service()
        self.service_id = service.service_id
        volume = self._volume()
        self.volume_id = volume.volume_id
        beside = self._backups(settings.backups)
        variables = self._variables(settings.backups, [volume, *beside])
        self.deployment_id = self._deployment(service, volume, variables, beside).deployment_id
        self.register_outputs(self.exports())

    def exports(self) -> Mapping[str, pulumi.Input[str]]:
        """Return what a person or `poly` needs to find the bot on Railway."""
        return {
            "projectId": self.project_id,
            "environmentId": self.environment_id,
            "serviceId": self.service_id,
            "volumeId": self.volume_id,
            "deploymentId": self.deployment_id,
            "region": self._settings.region.value,
            "mode": self._settings.mode.value,
        }

    def _kept(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, protect=True, retain_on_delete=True)

    def _guarded(self, after: list[pulumi.Resource] | None = None) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, protect=True, depends_on=after)

    def _service(self) -> Service:
        settings = self._settings
        return Service(
            f"{self._name}-service",
            ServiceArgs(
                project_id=self.project_id,
                environment_id=self.environment_id,
                name=settings.service,
                region=settings.region.value,
                num_replicas=1,
                start_command=settings.start_command,
                healthcheck_path=HEALTH_PATH if settings.health_check else None,
                healthcheck_timeout_seconds=HEALTH_S if settings.health_check else None,
                restart_policy_type="ON_FAILURE",
                restart_policy_max_retries=RETRIES_MAX,
                sleep_application=False,
                draining_seconds=DRAINING_S,
                overlap_seconds=0,
                required_mount_path=MOUNT_PATH,
                vcpus_max=settings.limits.cpu,
                memory_mib_max=round(settings.limits.memory_gb * MIB_PER_GB),
            ),
            self._kept(),
        )

    def _volume(self) -> Volume:
        return Volume(
            f"{self._name}-volume",
            VolumeArgs(
                project_id=self.project_id,
                environment_id=self.environment_id,
                service_id=self.service_id,
                name=f"{self._settings.service}-data",
                mount_path=MOUNT_PATH,
                size_mb=self._settings.volume_mb,
                region=self._settings.region.value,
            ),
            self._kept(),
        )

    def _backups(self, backups: Backups) -> list[pulumi.Resource]:
        made: list[pulumi.Resource] = []
        if backups.bucket is not None:
            made.append(
                Bucket(
                    f"{self._name}-bucket",
                    BucketArgs(
                        project_id=self.project_id,
                        environment_id=self.environment_id,
                        name=backups.bucket,
                        region=backups.region.value,
                    ),
                    self._kept(),
                )
            )
        if backups.schedule:
            made.append(
                BackupSchedule(
                    f"{self._name}-backup-schedule",
                    BackupScheduleArgs(
                        project_id=self.project_id,
                        environment_id=self.environment_id,
                        volume_id=self.volume_id,
                        kinds=[kind.value for kind in backups.schedule],
                    ),
                    self._guarded(),
                )
            )
        elif self._settings.plan is Plan.HOBBY:
            pulumi.log.warn(
                "the Hobby plan has no volume backups, so none are scheduled; "
                "the bucket, if poly:bucket is set, holds the only second copy of the ledger",
                self,
            )
        return made

    def _variables(self, backups: Backups, after: list[pulumi.Resource]) -> VariableSet:
        given = self._settings.variables
        plain = {
            **(HEALTH_VARIABLES if self._settings.health_check else {}),
            **given.plain,
            "POLY_MODE": self._settings.mode.value,
            "POLY_LOCK_WAIT_S": str(LOCK_WAIT_S),
        }
        return VariableSet(
            f"{self._name}-variables",
            VariableSetArgs(
                project_id=self.project_id,
                environment_id=self.environment_id,
                service_id=self.service_id,
                plain=plain,
                secret=None if given.sealed or not given.secret else given.secret,
                sealed=given.secret if given.sealed and given.secret else None,
                references=references(backups.bucket),
            ),
            self._guarded(after),
        )

    def _deployment(
        self,
        service: Service,
        volume: Volume,
        variables: VariableSet,
        beside: list[pulumi.Resource],
    ) -> Deployment:
        source = self._settings.source
        image = source.reference if isinstance(source, Image) else None
        repository = None if isinstance(source, Image) else source
        return Deployment(
            f"{self._name}-deployment",
            DeploymentArgs(
                project_id=self.project_id,
                environment_id=self.environment_id,
                service_id=self.service_id,
                image=image,
                repo=repository.name if repository else None,
                branch=repository.branch if repository else None,
                configuration={
                    "service": service.fingerprint,
                    "volume": volume.fingerprint,
                    "variables": variables.fingerprint,
                },
                sealed_digests=variables.sealed_digests,
            ),
            self._guarded([service, volume, variables, *beside]),
        )


def references(bucket: str | None) -> dict[str, str] | None:
    """Return the backup variables as Railway's references, so that no key is ever copied."""
    if bucket is None:
        return None
    return {f"POLY_BACKUP_{key}": f"${{{{{bucket}.{key}}}}}" for key in BACKUP_KEYS}
