"""What the stand-in remembers, one record a thing; saved and loaded as one document.

`config` is Railway's own EnvironmentConfig (an opaque JSON scalar in its schema) and is kept as
such: what was written is what is read. Volumes, mounts and buckets are records of their own and
are laid over it when it is read.
"""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]
"""An object of one of Railway's opaque JSON scalars; its shape is the vendor's business."""

Time = dt.datetime


class TokenKind(StrEnum):
    """Who a token speaks for; each kind has its own header."""

    ACCOUNT = "account"
    WORKSPACE = "workspace"
    PROJECT = "project"


class Status(StrEnum):
    """A deployment's status; there is no STOPPED."""

    QUEUED = "QUEUED"
    INITIALIZING = "INITIALIZING"
    BUILDING = "BUILDING"
    DEPLOYING = "DEPLOYING"
    SUCCESS = "SUCCESS"
    SLEEPING = "SLEEPING"
    FAILED = "FAILED"
    CRASHED = "CRASHED"
    REMOVING = "REMOVING"
    REMOVED = "REMOVED"


PENDING = (Status.QUEUED, Status.INITIALIZING, Status.BUILDING, Status.DEPLOYING)
ACTIVE = (Status.SUCCESS, Status.SLEEPING)


@dataclass(slots=True)
class Token:
    """A secret and what it opens."""

    id: str
    kind: TokenKind
    secret: str
    name: str
    created_at: Time
    workspace_id: str | None = None
    project_id: str | None = None
    environment_id: str | None = None
    first_project: bool = False
    """Given out before any project exists: it is bound to the first one made."""


@dataclass(slots=True)
class Workspace:
    """Who pays, and by which plan."""

    id: str
    name: str
    created_at: Time
    soft_limit_dollars: int | None = None
    hard_limit_dollars: int | None = None


@dataclass(slots=True)
class Project:
    """A project; `deleted_at` is when its deletion was asked for, 48 hours before it is gone."""

    id: str
    name: str
    description: str
    workspace_id: str
    created_at: Time
    updated_at: Time
    deleted_at: Time | None = None
    is_public: bool = False
    pr_deploys: bool = False
    base_environment_id: str | None = None


@dataclass(slots=True)
class Environment:
    """An environment with its configuration and what is staged over it."""

    id: str
    name: str
    project_id: str
    created_at: Time
    updated_at: Time
    source_id: str | None = None
    is_ephemeral: bool = False
    deleted_at: Time | None = None
    config: Json = field(default_factory=dict)
    staged: Json = field(default_factory=dict)
    staged_id: str = ""
    staged_at: Time | None = None


@dataclass(slots=True)
class Patch:
    """One committed change of an environment's configuration."""

    id: str
    environment_id: str
    created_at: Time
    message: str
    patch: Json
    status: str
    applied_at: Time | None = None
    error: str | None = None


@dataclass(slots=True)
class Service:
    """A service; its settings are in each environment's configuration."""

    id: str
    name: str
    project_id: str
    created_at: Time
    updated_at: Time
    icon: str | None = None
    deleted_at: Time | None = None


@dataclass(slots=True)
class ServiceInstance:
    """A service in one environment."""

    id: str
    service_id: str
    environment_id: str
    created_at: Time
    updated_at: Time
    visible_at: Time
    auto_deploy: bool = True
    deleted_at: Time | None = None


@dataclass(slots=True)
class Volume:
    """A volume's name; what it holds is in its instances."""

    id: str
    name: str
    project_id: str
    created_at: Time


@dataclass(slots=True)
class VolumeInstance:
    """A volume in one environment: a real directory of the stand-in's state."""

    id: str
    volume_id: str
    environment_id: str
    service_id: str | None
    mount_path: str
    region: str
    size_mb: int
    created_at: Time
    visible_at: Time
    state: str = "READY"
    deleted_at: Time | None = None
    more: Json = field(default_factory=dict)
    """Other keys of `volumes.<id>` as they were written: alerts, allowOnlineResize."""


@dataclass(slots=True)
class Schedule:
    """One backup schedule of a volume instance."""

    id: str
    volume_instance_id: str
    kind: str
    created_at: Time
    last_run_at: Time


@dataclass(slots=True)
class Backup:
    """A copy of a volume instance's directory."""

    id: str
    volume_instance_id: str
    name: str
    created_at: Time
    size_mb: int
    used_mb: int
    expires_at: Time | None = None
    schedule_id: str | None = None


@dataclass(slots=True)
class Workflow:
    """Work that goes on after its mutation was answered."""

    id: str
    visible_at: Time
    status: str = "Running"
    error: str | None = None


@dataclass(slots=True)
class Bucket:
    """A bucket's name, project wide."""

    id: str
    name: str
    project_id: str
    created_at: Time
    updated_at: Time


@dataclass(slots=True)
class BucketInstance:
    """A bucket in one environment, with the keys that open it."""

    bucket_id: str
    environment_id: str
    region: str
    store_name: str
    access_key: str
    secret_key: str
    created_at: Time
    credentials_at: Time
    deleted_at: Time | None = None


@dataclass(slots=True)
class Instance:
    """One run of a deployment's container."""

    id: str
    status: str
    started_at: Time
    exit_code: int | None = None


@dataclass(slots=True)
class Step:
    """One entry of `deploymentEvents`."""

    id: str
    step: str
    created_at: Time
    completed_at: Time | None = None
    error: str | None = None
    reason: str | None = None
    detail: str | None = None
    attempt: int | None = None
    max_attempts: int | None = None


@dataclass(slots=True)
class Deployment:
    """One deployment: what it was made of, and what became of it."""

    id: str
    project_id: str
    environment_id: str
    service_id: str
    created_at: Time
    updated_at: Time
    status_at: Time
    status: Status
    reason: str
    source: Json
    deploy: Json
    variables: dict[str, str]
    snapshot_id: str
    meta: Json = field(default_factory=dict)
    instances: list[Instance] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    stopped: bool = False
    """An operator stopped it; a restart of the stand-in leaves it so."""
    ran: bool = False
    restarts: int = 0
    mounted: str = ""
    """How the volume was given to the process, or why it was not mounted."""
    port: int | None = None
    pid: int | None = None
    removed_at: Time | None = None


@dataclass(slots=True)
class Domain:
    """A service domain or a custom one."""

    id: str
    environment_id: str
    service_id: str
    domain: str
    target_port: int | None
    custom: bool = False


@dataclass(slots=True)
class Trigger:
    """What a push to a branch deploys."""

    id: str
    environment_id: str
    service_id: str
    branch: str
    repository: str
    provider: str
    check_suites: bool


@dataclass(slots=True)
class Rule:
    """Where notifications go."""

    id: str
    workspace_id: str
    project_id: str | None
    channels: list[Json]
    event_types: list[str]
    severities: list[str]
    ephemeral: bool


@dataclass(slots=True)
class Estate:
    """Everything the stand-in remembers."""

    tokens: dict[str, Token] = field(default_factory=dict)
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)
    patches: dict[str, Patch] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    service_instances: dict[str, ServiceInstance] = field(default_factory=dict)
    volumes: dict[str, Volume] = field(default_factory=dict)
    volume_instances: dict[str, VolumeInstance] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    backups: dict[str, Backup] = field(default_factory=dict)
    workflows: dict[str, Workflow] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    bucket_instances: dict[str, BucketInstance] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    egress: dict[str, str] = field(default_factory=dict)
    """Service instance id to region, for those with static addresses."""
    clock_offset_s: float = 0.0
    made: int = 0
    """How many ids were drawn from the seed."""
