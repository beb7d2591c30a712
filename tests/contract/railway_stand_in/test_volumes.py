"""Volumes: instances, attachment, growth, deletion, backups, schedules, restores."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.railway_stand_in.railway import Bot, Railway

CREATE = "mutation($i: VolumeCreateInput!) { volumeCreate(input: $i) { id name } }"
UPDATE = """mutation($v: String!, $e: String, $i: VolumeInstanceUpdateInput!) {
  volumeInstanceUpdate(volumeId: $v, environmentId: $e, input: $i) }"""
STAGE = """mutation($e: String!, $p: EnvironmentConfig!) {
  environmentStageChanges(environmentId: $e, input: $p, merge: true) { id } }"""
BACKUP = """mutation($v: String!, $n: String) {
  volumeInstanceBackupCreate(volumeInstanceId: $v, name: $n) { workflowId } }"""
BACKUPS = """query($v: String!) { volumeInstanceBackupList(volumeInstanceId: $v) {
  id name expiresAt scheduleId usedMB } }"""
RESTORE = """mutation($v: String!, $b: String!) { volumeInstanceBackupRestore(
  volumeInstanceId: $v, volumeInstanceBackupId: $b) { workflowId } }"""
SCHEDULE = """mutation($v: String!, $k: [VolumeInstanceBackupScheduleKind!]!) {
  volumeInstanceBackupScheduleUpdate(volumeInstanceId: $v, kinds: $k) }"""
SCHEDULES = """query($v: String!) { volumeInstanceBackupScheduleList(volumeInstanceId: $v) {
  kind cron retentionSeconds } }"""
WORKFLOW = "query($w: String!) { workflowStatus(workflowId: $w) { status error } }"


def finished(railway: Railway, started: Any) -> str:
    """Wait for a workflow; return how it ended."""

    def over() -> str | None:
        status = railway.ask(WORKFLOW, w=started["workflowId"])["status"]
        return status if status in {"Complete", "Error"} else None

    return str(railway.until(over, "the workflow"))


def backed_up(railway: Railway, bot: Bot, name: str = "one") -> str:
    assert finished(railway, railway.ask(BACKUP, v=bot.disk, n=name)) == "Complete"
    listed = railway.ask(BACKUPS, v=bot.disk)
    return str(next(one["id"] for one in listed if one["name"] == name))


def disk(railway: Railway, bot: Bot) -> Any:
    return next(d for d in railway.disks(bot.environment) if d["id"] == bot.disk)


def test_without_an_environment_a_volume_has_no_instance(railway: Railway) -> None:
    project, environment = railway.project()
    railway.ask(CREATE, i={"projectId": project, "mountPath": "/app/data"})
    assert railway.disks(environment) == []


def test_a_new_instance_is_invisible_for_a_while(start: Callable[..., Railway]) -> None:
    railway = start("--delay-scale", "1")
    project, environment = railway.project()
    place = {"projectId": project, "environmentId": environment, "mountPath": "/app/data"}
    railway.ask(CREATE, i=place)
    assert railway.disks(environment) == []
    railway.control("clock", advance_s=4)
    assert len(railway.disks(environment)) == 1


def test_an_instance_can_be_late_by_fault_for_so_many_reads(railway: Railway) -> None:
    bot = railway.bot()
    railway.control("faults", name="volume-instance-late", times=2)
    assert [len(railway.disks(bot.environment)) for _ in range(3)] == [0, 0, 1]


def test_a_service_has_one_volume(railway: Railway) -> None:
    bot = railway.bot()
    second = {
        "projectId": bot.project,
        "environmentId": bot.environment,
        "serviceId": bot.service,
        "mountPath": "/other",
    }
    assert "already attached" in railway.refusal(CREATE, i=second)
    assert len(railway.disks(bot.environment)) == 1


def test_names_are_unique_in_a_project(railway: Railway) -> None:
    project, environment = railway.project()
    rename = """mutation($v: String!, $n: String) {
      volumeUpdate(volumeId: $v, input: {name: $n}) { name } }"""
    first, _ = railway.volume(project, environment, None)
    second, _ = railway.volume(project, environment, None)
    railway.ask(rename, v=first, n="data")
    assert railway.refusal(rename, v=second, n="data") == "Volume name already exists"


def test_a_service_id_that_is_left_out_disconnects(railway: Railway) -> None:
    """As the published schema describes it: always send both."""
    bot = railway.bot()
    place: dict[str, Any] = {"v": bot.volume, "e": bot.environment}
    railway.ask(UPDATE, **place, i={"mountPath": "/elsewhere"})
    assert disk(railway, bot)["serviceId"] is None
    railway.ask(UPDATE, **place, i={"serviceId": bot.service})
    assert disk(railway, bot)["mountPath"] == "/elsewhere"
    assert disk(railway, bot)["serviceId"] == bot.service


def test_a_volume_grows_and_never_shrinks(railway: Railway) -> None:
    bot = railway.bot()
    assert disk(railway, bot)["sizeMB"] == 50_000
    railway.patch(bot.environment, {"volumes": {bot.volume: {"sizeMB": 60_000}}})
    railway.until(lambda: disk(railway, bot)["state"] == "READY", "the resize")
    assert disk(railway, bot)["sizeMB"] == 60_000
    smaller = {"volumes": {bot.volume: {"sizeMB": 50_000}}}
    assert "cannot be shrunk" in railway.refusal(STAGE, e=bot.environment, p=smaller)


def test_the_plan_bounds_the_size(start: Callable[..., Railway]) -> None:
    railway = start("--delay-scale", "0")
    bot = railway.bot()
    assert disk(railway, bot)["sizeMB"] == 5_000
    more = {"volumes": {bot.volume: {"sizeMB": 6_000}}}
    assert "plan limit" in railway.refusal(STAGE, e=bot.environment, p=more)


def test_a_deleted_volume_stays_listed_and_is_wiped_after_48_hours(
    start: Callable[..., Railway],
) -> None:
    railway = start("--delay-scale", "0")
    bot = railway.bot()
    bot.up()
    directory = Path(railway.truth()["volumes"][0]["directory"])
    railway.ask("mutation($v: String!) { volumeDelete(volumeId: $v) }", v=bot.volume)
    found = disk(railway, bot)
    assert found["isPendingDeletion"] is True
    assert found["serviceId"] is None
    assert directory.exists()
    railway.control("clock", advance_s=48 * 3600)
    railway.until(lambda: not directory.exists(), "the wiping")


def test_a_backup_is_found_by_listing_and_its_workflow_is_late(
    start: Callable[..., Railway],
) -> None:
    railway = start("--plan", "pro", "--delay-scale", "1")
    project, environment = railway.project()
    railway.control("clock", advance_s=40)
    place = {"projectId": project, "environmentId": environment, "mountPath": "/app/data"}
    railway.ask(CREATE, i=place)
    railway.control("clock", advance_s=5)
    (instance,) = railway.disks(environment)
    started = railway.ask(BACKUP, v=instance["id"], n="first")
    assert set(started) == {"workflowId"}
    seen = [railway.ask(WORKFLOW, w=started["workflowId"])["status"]]
    railway.control("clock", advance_s=2)
    seen.append(railway.ask(WORKFLOW, w=started["workflowId"])["status"])
    railway.control("clock", advance_s=10)
    assert finished(railway, started) == "Complete"
    assert seen == ["NotFound", "Running"]
    assert [one["name"] for one in railway.ask(BACKUPS, v=instance["id"])] == ["first"]


def test_on_hobby_backups_are_not_authorized(start: Callable[..., Railway]) -> None:
    railway = start("--delay-scale", "0")
    bot = railway.bot()
    assert railway.refusal(BACKUP, v=bot.disk, n="x") == "Not Authorized"
    assert railway.refusal(SCHEDULE, v=bot.disk, k=["DAILY"]) == "Not Authorized"
    assert railway.ask(SCHEDULE, v=bot.disk, k=[]) is True


def test_a_restore_only_stages_and_brings_another_volume(railway: Railway) -> None:
    bot = railway.bot()
    first = bot.up()
    backup = backed_up(railway, bot)
    second = bot.up()
    assert bot.says(second, "boot")["rows"] == [first, second]
    assert finished(railway, railway.ask(RESTORE, v=bot.disk, b=backup)) == "Complete"
    third = bot.up()
    assert bot.says(third, "boot")["rows"] == [first, second, third], "nothing was committed yet"
    railway.ask(
        """mutation($e: String!) {
          environmentPatchCommitStaged(environmentId: $e, skipDeploys: true) }""",
        e=bot.environment,
    )
    fourth = bot.up()
    assert bot.says(fourth, "boot")["rows"] == [first, fourth]
    attached = [d for d in railway.disks(bot.environment) if d["serviceId"] == bot.service]
    assert len(attached) == 1
    assert attached[0]["volumeId"] != bot.volume
    assert disk(railway, bot)["serviceId"] is None


def test_a_backup_of_a_living_writer_is_one_moment(railway: Railway, tmp_path: Path) -> None:
    """Two files that are always written one after the other never differ by more than one."""
    program = tmp_path / "writer.py"
    program.write_text(
        "import itertools, os\n"
        "os.makedirs('data', exist_ok=True)\n"
        "print('ready', flush=True)\n"
        "for n in itertools.count():\n"
        "    for name in 'ab':\n"
        "        with open(f'data/{name}.new', 'w') as file:\n"
        "            file.write(str(n))\n"
        "        os.replace(f'data/{name}.new', f'data/{name}')\n"
    )
    bot = railway.bot(startCommand=f"python {program}", drainingSeconds=None)
    identity = bot.deploy()
    bot.says(identity, "ready")
    kept = Path(railway.hello["state"], "backups", backed_up(railway, bot))
    a, b = (int((kept / name).read_text()) for name in "ab")
    assert 0 <= a - b <= 1
    bot.act("deploymentRemove", identity)


def test_schedules_are_replaced_as_a_whole_and_run_by_the_clock(
    start: Callable[..., Railway],
) -> None:
    railway = start("--plan", "pro", "--delay-scale", "0")
    bot = railway.bot()
    railway.ask(SCHEDULE, v=bot.disk, k=["DAILY", "WEEKLY"])
    railway.ask(SCHEDULE, v=bot.disk, k=["DAILY"])
    assert railway.ask(SCHEDULES, v=bot.disk) == [
        {"kind": "DAILY", "cron": "5 6 * * *", "retentionSeconds": 518_400}
    ]
    railway.control("clock", advance_s=86_400)
    (made,) = railway.until(lambda: railway.ask(BACKUPS, v=bot.disk), "the daily backup")
    assert made["scheduleId"]
    assert made["expiresAt"]
    lock = """mutation($v: String!, $b: String!) { volumeInstanceBackupLock(
              volumeInstanceId: $v, volumeInstanceBackupId: $b) }"""
    railway.ask(lock, v=bot.disk, b=made["id"])
    railway.control("clock", advance_s=7 * 86_400)
    railway.until(lambda: len(railway.ask(BACKUPS, v=bot.disk)) > 1, "the next one")
    kept = [one["id"] for one in railway.ask(BACKUPS, v=bot.disk)]
    assert made["id"] in kept, "locked, so it does not expire"


@pytest.mark.parametrize("fault", ["workflow-late", "workflow-fails"])
def test_workflows_can_be_late_or_fail(railway: Railway, fault: str) -> None:
    bot = railway.bot()
    railway.control("faults", name=fault, times=1)
    ended = finished(railway, railway.ask(BACKUP, v=bot.disk, n="x"))
    assert ended == ("Error" if fault == "workflow-fails" else "Complete")
    assert len(railway.ask(BACKUPS, v=bot.disk)) == (0 if ended == "Error" else 1)


@pytest.mark.parametrize("path", ["data", "", "/"])
def test_a_mount_path_is_absolute(railway: Railway, path: str) -> None:
    project, environment = railway.project()
    place: dict[str, Any] = {"projectId": project, "environmentId": environment, "mountPath": path}
    assert railway.refusal(CREATE, i=place) == "Error in mountPath - Invalid input"
