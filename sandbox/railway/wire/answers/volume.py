"""Volumes, their instances and backups, and the workflows those take."""

from sandbox.railway.model.records import Json, VolumeInstance
from sandbox.railway.model.refusal import Refusal, not_found
from sandbox.railway.rules import backups, services, volumes
from sandbox.railway.wire.answers import objects, plain
from sandbox.railway.wire.call import Call


def _create(call: Call, args: Json) -> Json:
    given = args["input"]
    project = call.project(given["projectId"])
    volumes.check_mount_path(given["mountPath"])
    volumes.check_region(given.get("region"))
    environment = None
    if given.get("environmentId"):
        environment = call.environment(given["environmentId"], project.id)
    service_id = given.get("serviceId")
    if service_id is not None:
        call.living_service(service_id)
    instance = None
    if environment is not None and service_id is not None:
        instance = services.find_instance(call.world, service_id, environment.id)
        if instance is None:
            raise not_found("ServiceInstance")
        volumes.refuse_second(call.world, instance)
    volume = volumes.create(call.world, project)
    # without an environment Railway has been seen to make no instance anywhere
    if environment is None or call.strikes("volume-without-instance"):
        return objects.volume(call, volume)
    disk = volumes.add_instance(
        call.world, volume, environment, given["mountPath"], given.get("region")
    )
    if instance is not None:
        volumes.attach(call.world, disk, instance)
    return objects.volume(call, volume)


def _rename(call: Call, args: Json) -> Json:
    volume = call.volume(args["volumeId"])
    name = args["input"].get("name")
    if not name:
        raise Refusal("Error in name - Invalid input", "BAD_USER_INPUT")
    volumes.rename(call.world, volume, name)
    return objects.volume(call, volume)


def _update_instance(call: Call, args: Json) -> bool:
    volume = call.volume(args["volumeId"])
    alive = volumes.live_instances(call.world, volume)
    if args.get("environmentId") is not None:
        environment = call.environment(args["environmentId"], volume.project_id)
        alive = [one for one in alive if one.environment_id == environment.id]
    if not alive:
        raise not_found("VolumeInstance")
    for instance in alive:
        volumes.update_instance(call.world, instance, args["input"])
    return True


def _delete(call: Call, args: Json) -> bool:
    volume = call.volume(args["volumeId"])
    if not volumes.live_instances(call.world, volume):
        raise not_found("Volume")
    volumes.delete(call.world, volume)
    return True


def _instance(call: Call, args: Json) -> Json:
    return objects.volume_instance(call, call.volume_instance(args["id"]))


def _disk(call: Call, args: Json) -> VolumeInstance:
    instance = call.volume_instance(args["volumeInstanceId"])
    if instance.deleted_at is not None:
        raise not_found("VolumeInstance")
    return instance


def _backups(call: Call, args: Json) -> list[Json]:
    return [plain.backup(one) for one in backups.of(call.world, _disk(call, args))]


def _schedules(call: Call, args: Json) -> list[Json]:
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "cron": backups.KINDS[one.kind][0],
            "name": one.kind.capitalize(),
            "retentionSeconds": backups.KINDS[one.kind][1],
            "createdAt": plain.stamp(one.created_at),
        }
        for one in backups.schedules_of(call.world, _disk(call, args))
    ]


def _backup_create(call: Call, args: Json) -> Json:
    workflow = backups.create(call.world, _disk(call, args), args.get("name"))
    return {"workflowId": workflow.id}


def _backup_delete(call: Call, args: Json) -> Json:
    disk = _disk(call, args)
    backup = backups.find(call.world, disk, args["volumeInstanceBackupId"])
    return {"workflowId": backups.delete(call.world, backup).id}


def _backup_lock(call: Call, args: Json) -> bool:
    disk = _disk(call, args)
    backups.need_plan(call.world)
    backups.find(call.world, disk, args["volumeInstanceBackupId"]).expires_at = None
    return True


def _backup_restore(call: Call, args: Json) -> Json:
    disk = _disk(call, args)
    backups.need_plan(call.world)
    backup = backups.find(call.world, disk, args["volumeInstanceBackupId"])
    return {"workflowId": backups.restore(call.world, disk, backup).id}


def _schedule_update(call: Call, args: Json) -> bool:
    backups.set_schedules(call.world, _disk(call, args), args["kinds"])
    return True


def _workflow(call: Call, args: Json) -> Json:
    workflow = call.world.estate.workflows.get(args["workflowId"])
    early = workflow is None or call.world.now() < workflow.visible_at
    if workflow is None or early or call.strikes("workflow-late"):
        return {"status": "NotFound", "error": None}
    return {"status": workflow.status, "error": workflow.error}


QUERY = {
    "volumeInstance": _instance,
    "volumeInstanceBackupList": _backups,
    "volumeInstanceBackupScheduleList": _schedules,
    "workflowStatus": _workflow,
}
MUTATION = {
    "volumeCreate": _create,
    "volumeUpdate": _rename,
    "volumeInstanceUpdate": _update_instance,
    "volumeDelete": _delete,
    "volumeInstanceBackupCreate": _backup_create,
    "volumeInstanceBackupDelete": _backup_delete,
    "volumeInstanceBackupLock": _backup_lock,
    "volumeInstanceBackupRestore": _backup_restore,
    "volumeInstanceBackupScheduleUpdate": _schedule_update,
}
