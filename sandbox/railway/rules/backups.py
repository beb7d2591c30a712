"""Backups of a volume instance: real copies of its directory, made while its writers are held.

A copy made this way is crash-consistent, as a copy-on-write snapshot is.
"""

import datetime as dt
import shutil
from collections.abc import Callable

from sandbox.railway.model.config import merged
from sandbox.railway.model.records import (
    Backup,
    Json,
    Schedule,
    VolumeInstance,
    Workflow,
)
from sandbox.railway.model.refusal import Refusal, not_authorized, not_found
from sandbox.railway.model.world import World
from sandbox.railway.rules import volumes

DAY_S = 86_400
KINDS = {
    "DAILY": ("5 6 * * *", 518_400, DAY_S),
    "WEEKLY": ("5 6 * * 0", 2_592_000, 7 * DAY_S),
    "MONTHLY": ("5 6 1 * *", 7_689_600, 30 * DAY_S),
}
"""Cron, retention in seconds, and how often it is due here.

Source: DAILY and MONTHLY as observed, the rest from docs.railway.com/volumes/backups, 2026-11-22.
"""


def need_plan(world: World) -> None:
    """Refuse on a plan without backups, in the one sentence Railway has for that.

    Raises:
        Refusal: Not Authorized.

    """
    if world.plan.backups_max == 0:
        raise not_authorized()


def check_kinds(world: World, kinds: list[object]) -> None:
    """Refuse kinds of schedule that do not exist, and any on a plan without backups.

    Raises:
        Refusal: with the reason.

    """
    if kinds:
        need_plan(world)
    if not all(isinstance(kind, str) and kind in KINDS for kind in kinds):
        raise Refusal("Error in backupSchedules - Invalid input")


def of(world: World, volume: VolumeInstance) -> list[Backup]:
    """Return a volume instance's backups, newest first."""
    mine = [b for b in world.estate.backups.values() if b.volume_instance_id == volume.id]
    return sorted(mine, key=lambda one: one.created_at, reverse=True)


def find(world: World, volume: VolumeInstance, backup_id: str) -> Backup:
    """Return one backup of a volume instance.

    Raises:
        Refusal: there is none of that id.

    """
    backup = world.estate.backups.get(backup_id)
    if backup is None or backup.volume_instance_id != volume.id:
        raise not_found("VolumeInstanceBackup")
    return backup


def create(
    world: World, volume: VolumeInstance, name: str | None, schedule: Schedule | None = None
) -> Workflow:
    """Begin a backup; its id is not told, it has to be found by listing.

    Raises:
        Refusal: the plan has none, or its limits are reached.

    """
    need_plan(world)
    existing = of(world, volume)
    if len(existing) >= world.plan.backups_max:
        raise Refusal(f"Backup limit of {world.plan.backups_max} reached")
    used = sum(one.used_mb for one in existing) + volumes.used_mb(world, volume)
    if schedule is None and used > world.plan.backups_share_max * volume.size_mb:
        raise Refusal("Backups would use more than 50 % of the volume's size")
    return _work(world, "backup", lambda: _copy(world, volume, name, schedule))


def _copy(
    world: World, volume: VolumeInstance, name: str | None, schedule: Schedule | None
) -> None:
    now = world.now()
    backup = Backup(
        id=world.new_id(),
        volume_instance_id=volume.id,
        name=name or f"backup-{now:%Y%m%d-%H%M%S}",
        created_at=now,
        size_mb=volume.size_mb,
        used_mb=0,
        schedule_id=schedule.id if schedule else None,
    )
    if schedule is not None:
        retention = KINDS[schedule.kind][1]
        backup.expires_at = now + dt.timedelta(seconds=retention)
    world.platform.freeze(volume.id, frozen=True)
    try:
        shutil.copytree(
            world.store.volume(volume.id),
            world.store.backup(backup.id),
            symlinks=True,
            ignore_dangling_symlinks=True,
        )
    finally:
        world.platform.freeze(volume.id, frozen=False)
    backup.used_mb = round(volumes.used_mb(world, volume)) or 1
    world.estate.backups[backup.id] = backup


def delete(world: World, backup: Backup) -> Workflow:
    """Begin to delete a backup."""
    need_plan(world)

    return _work(world, "backup", lambda: _drop(world, backup))


def _drop(world: World, backup: Backup) -> None:
    world.estate.backups.pop(backup.id, None)
    shutil.rmtree(world.store.backup(backup.id), ignore_errors=True)


def restore(world: World, volume: VolumeInstance, backup: Backup) -> Workflow:
    """Begin to copy a backup to a *new* volume and to stage the swap of the two.

    Nothing changes until the staged changes are committed, which commits all of them.
    Source: railwayapp/cli@df3838b src/commands/postgres/pitr.rs:1525; docs volumes/backups.
    """
    need_plan(world)

    def copied() -> None:
        project = world.estate.projects[world.estate.environments[volume.environment_id].project_id]
        environment = world.estate.environments[volume.environment_id]
        old = world.estate.volumes[volume.volume_id]
        fresh = type(old)(world.new_id(), f"{old.name}-restored", project.id, world.now())
        world.estate.volumes[fresh.id] = fresh
        instance = volumes.add_instance(world, fresh, environment, volume.mount_path, volume.region)
        instance.size_mb, instance.visible_at = volume.size_mb, world.now()
        target = world.store.volume(instance.id)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(world.store.backup(backup.id), target, symlinks=True)
        for newer in of(world, volume):
            if newer.created_at > backup.created_at:
                _drop(world, newer)
        if volume.service_id is not None:
            mounts: Json = {volume.volume_id: None, fresh.id: {"mountPath": volume.mount_path}}
            swap = {"services": {volume.service_id: {"volumeMounts": mounts}}}
            environment.staged = merged(environment.staged, swap, keep_null=True)
            environment.staged_at = world.now()
        volume.state = "READY"

    volume.state = "RESTORING"
    return _work(world, "restore", copied)


def set_schedules(world: World, volume: VolumeInstance, kinds: list[str]) -> None:
    """Replace a volume instance's schedules; none clears them.

    Raises:
        Refusal: the plan has no backups.

    """
    if kinds:
        need_plan(world)
    for key, schedule in list(world.estate.schedules.items()):
        if schedule.volume_instance_id == volume.id and schedule.kind not in kinds:
            del world.estate.schedules[key]
    existing = {one.kind for one in schedules_of(world, volume)}
    for kind in dict.fromkeys(kinds):
        if kind not in existing:
            now = world.now()
            schedule = Schedule(world.new_id(), volume.id, kind, now, now)
            world.estate.schedules[schedule.id] = schedule


def schedules_of(world: World, volume: VolumeInstance) -> list[Schedule]:
    """Return a volume instance's schedules."""
    return [s for s in world.estate.schedules.values() if s.volume_instance_id == volume.id]


def run_due(world: World) -> None:
    """Make the backups whose time has come and drop those that expired."""
    for schedule in list(world.estate.schedules.values()):
        volume = world.estate.volume_instances.get(schedule.volume_instance_id)
        if volume is None or volume.deleted_at is not None:
            continue
        if (world.now() - schedule.last_run_at).total_seconds() >= KINDS[schedule.kind][2]:
            schedule.last_run_at = world.now()
            if len(of(world, volume)) < world.plan.backups_max:
                create(world, volume, None, schedule)
    for backup in list(world.estate.backups.values()):
        if backup.expires_at is not None and backup.expires_at <= world.now():
            _drop(world, backup)


def _work(world: World, delay: str, finish: Callable[[], None]) -> Workflow:
    workflow = Workflow(world.new_id(), world.due("workflow_visible"))
    world.estate.workflows[workflow.id] = workflow
    fails = world.arms.strikes("workflow-fails")

    async def run() -> None:
        await world.clock.sleep(world.delays.seconds(delay))
        if fails:
            workflow.status, workflow.error = "Error", "The workflow failed"
        else:
            finish()
            workflow.status = "Complete"
        world.changed()

    world.spawn(run())
    return workflow
