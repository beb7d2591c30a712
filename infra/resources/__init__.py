"""Typed resources of the railway provider: what a Pulumi program imports, one file a resource.

They declare and do nothing: every rule lives in the provider's kind of the same name, and nothing
here talks to Railway. The type tokens (`railway:index:<Class>`) are for ever: a rename is an alias.
"""

from infra.resources.backup_schedule import BackupSchedule, BackupScheduleArgs
from infra.resources.bucket import Bucket, BucketArgs
from infra.resources.deployment import Deployment, DeploymentArgs
from infra.resources.environment import Environment, EnvironmentArgs
from infra.resources.project import Project, ProjectArgs
from infra.resources.service import Service, ServiceArgs
from infra.resources.variable_set import VariableSet, VariableSetArgs
from infra.resources.volume import Volume, VolumeArgs

__all__ = [
    "BackupSchedule",
    "BackupScheduleArgs",
    "Bucket",
    "BucketArgs",
    "Deployment",
    "DeploymentArgs",
    "Environment",
    "EnvironmentArgs",
    "Project",
    "ProjectArgs",
    "Service",
    "ServiceArgs",
    "VariableSet",
    "VariableSetArgs",
    "Volume",
    "VolumeArgs",
]
