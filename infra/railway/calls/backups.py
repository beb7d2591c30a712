"""Railway's own volume backups, their schedules, and the workflows they run in.

All keyed by the volume *instance*. On the Hobby plan every call is refused as Not Authorized.
"""

from collections.abc import Sequence

import msgspec

from infra.railway.client import Railway


class Backup(msgspec.Struct, frozen=True, rename="camel"):
    """A backup Railway keeps."""

    id: str
    created_at: str
    name: str | None = None
    expires_at: str | None = None
    schedule_id: str | None = None
    used_mb: int | None = msgspec.field(name="usedMB", default=None)
    referenced_mb: int | None = msgspec.field(name="referencedMB", default=None)


class Schedule(msgspec.Struct, frozen=True, rename="camel"):
    """When backups are made and how long they are kept."""

    id: str
    kind: str
    cron: str = ""
    retention_seconds: int | None = None


class Workflow(msgspec.Struct, frozen=True):
    """How a long operation is going."""

    status: str
    """Running, Complete, Error; NotFound just after creation means "not yet"."""
    error: str | None = None


class _Started(msgspec.Struct, frozen=True, rename="camel"):
    workflow_id: str | None = None


class _Backups(msgspec.Struct, frozen=True, rename="camel"):
    volume_instance_backup_list: tuple[Backup, ...]


class _Schedules(msgspec.Struct, frozen=True, rename="camel"):
    volume_instance_backup_schedule_list: tuple[Schedule, ...]


class _Workflow(msgspec.Struct, frozen=True, rename="camel"):
    workflow_status: Workflow


class _BackupCreate(msgspec.Struct, frozen=True, rename="camel"):
    volume_instance_backup_create: _Started


class _BackupRestore(msgspec.Struct, frozen=True, rename="camel"):
    volume_instance_backup_restore: _Started


class _BackupDelete(msgspec.Struct, frozen=True, rename="camel"):
    volume_instance_backup_delete: _Started


def schedules(api: Railway, volume_instance_id: str) -> tuple[Schedule, ...]:
    """Return the schedules of a volume instance.

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked = {"volumeInstanceId": volume_instance_id}
    return api.query("BackupScheduleList", asked, _Schedules).volume_instance_backup_schedule_list


def set_schedules(api: Railway, volume_instance_id: str, kinds: Sequence[str]) -> None:
    """Replace the schedules of a volume instance; an empty list is none. Idempotent.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {"volumeInstanceId": volume_instance_id, "kinds": list(kinds)}
    api.mutate("BackupScheduleUpdate", asked, dict[str, object])


def read(api: Railway, volume_instance_id: str) -> tuple[Backup, ...]:
    """Return the backups of a volume instance; sizes may lag for hours.

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked = {"volumeInstanceId": volume_instance_id}
    return api.query("BackupList", asked, _Backups).volume_instance_backup_list


def create(api: Railway, volume_instance_id: str, name: str) -> str | None:
    """Start a backup; returns the workflow's id. The backup's own id comes from `read`.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {"volumeInstanceId": volume_instance_id, "name": name}
    return api.mutate(
        "BackupCreate", asked, _BackupCreate
    ).volume_instance_backup_create.workflow_id


def restore(api: Railway, volume_instance_id: str, backup_id: str) -> str | None:
    """Start a restore into a new volume and stage the swap; returns the workflow's id.

    Nothing changes before the staged changes are committed; the volume's id will be another.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {"volumeInstanceId": volume_instance_id, "volumeInstanceBackupId": backup_id}
    reply = api.mutate("BackupRestore", asked, _BackupRestore)
    return reply.volume_instance_backup_restore.workflow_id


def delete(api: Railway, volume_instance_id: str, backup_id: str) -> str | None:
    """Start deleting a backup; returns the workflow's id.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {"volumeInstanceId": volume_instance_id, "volumeInstanceBackupId": backup_id}
    reply = api.mutate("BackupDelete", asked, _BackupDelete)
    return reply.volume_instance_backup_delete.workflow_id


def lock(api: Railway, volume_instance_id: str, backup_id: str) -> None:
    """Keep a backup for ever; there is no way to unlock it.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {"volumeInstanceId": volume_instance_id, "volumeInstanceBackupId": backup_id}
    api.mutate("BackupLock", asked, dict[str, object])


def workflow(api: Railway, workflow_id: str) -> Workflow:
    """Return how a workflow is going.

    Raises:
        RailwayError: as `Railway.query`.

    """
    return api.query("WorkflowRead", {"workflowId": workflow_id}, _Workflow).workflow_status
