"""A deployment is a real process: its variables, directory, volume, stop, removal, successor."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.railway_stand_in.railway import Bot, Json, Railway


def mounted(bot: Bot, identity: str) -> Json:
    """Return what the bot saw; skip, with the stand-in's reason, where nothing can be mounted."""
    how = bot.railway.deployment_truth(identity)["mounted"]
    if how != "mounted":
        pytest.skip(f"nothing can be mounted here: {how}")
    return boot(bot, identity)


def boot(bot: Bot, identity: str) -> Json:
    return bot.says(identity, "boot")


def test_the_process_is_configured_by_variables_alone(railway: Railway) -> None:
    bot = railway.bot(COLOUR="blue")
    seen = boot(bot, bot.up())
    ours = set(seen["variables"])
    assert seen["variables"]["COLOUR"] == "blue"
    assert not {name for name in ours if name.startswith(("PYTEST", "POLY_", "VIRTUAL"))}


def test_railway_variables_are_injected(railway: Railway) -> None:
    bot = railway.bot()
    identity = bot.up()
    variables = boot(bot, identity)["variables"]
    assert variables["RAILWAY_DEPLOYMENT_ID"] == identity
    assert variables["RAILWAY_SERVICE_ID"] == bot.service
    assert variables["RAILWAY_ENVIRONMENT_ID"] == bot.environment
    assert variables["RAILWAY_PROJECT_ID"] == bot.project
    assert variables["RAILWAY_VOLUME_ID"] == bot.volume
    assert variables["RAILWAY_SERVICE_NAME"] == "bot"
    assert variables["RAILWAY_REPLICA_ID"]
    assert variables["PORT"].isdigit()


def test_the_volume_is_mounted_at_its_path(railway: Railway) -> None:
    """A mount point of its own below /app, as /proc/self/mountinfo tells the process."""
    bot = railway.bot()
    seen = mounted(bot, bot.up())
    assert seen["place"] == "/app/data"
    assert seen["mounted"] is True
    assert seen["cwd"] == "/app"


def test_mounting_leaves_no_trace_on_the_system(railway: Railway) -> None:
    before = Path("/app").exists()
    bot = railway.bot()
    mounted(bot, bot.up())
    assert Path("/app").exists() is before
    assert "/app/data" not in Path("/proc/self/mountinfo").read_text()


def test_where_nothing_can_be_mounted_the_directory_is_named(
    start: Callable[..., Railway],
) -> None:
    """Then the volume is the directory of RAILWAY_VOLUME_MOUNT_PATH, and log and truth say so."""
    railway = start("--no-mounts", "--delay-scale", "0")
    bot = railway.bot()
    identity = bot.up()
    seen = boot(bot, identity)
    assert seen["mounted"] is False
    assert Path(seen["place"], "rows").read_text().split() == [identity]
    assert railway.deployment_truth(identity)["mounted"] == "switched off"
    lines = [row["message"] for row in bot.log(identity)]
    assert any("cannot be mounted here (switched off)" in line for line in lines)


def test_the_volume_survives_a_redeploy_and_the_container_does_not(railway: Railway) -> None:
    bot = railway.bot()
    first = bot.up()
    directory = Path(railway.deployment_truth(first)["directory"])
    assert directory.exists()
    second = bot.up()
    assert boot(bot, second)["rows"] == [first, second]
    assert not directory.exists()
    assert bot.read(first)["status"] == "REMOVED"


def test_without_a_volume_the_ledger_is_lost(railway: Railway) -> None:
    bot = railway.bot(volume=False)
    bot.up()
    second = bot.up()
    assert boot(bot, second)["rows"] == [second]
    assert "RAILWAY_VOLUME_MOUNT_PATH" not in boot(bot, second)["variables"]


def test_with_a_volume_the_old_one_ends_before_the_new_one_starts(railway: Railway) -> None:
    bot = railway.bot()
    first = bot.up()
    second = bot.up()
    ended = [r["timestamp"] for r in bot.log(first) if r["message"] == "ended"]
    booted = [r["timestamp"] for r in bot.log(second) if r["message"] == "boot"]
    assert ended
    assert ended[0] < booted[0]


def test_without_a_volume_the_new_one_is_up_before_the_old_one_ends(railway: Railway) -> None:
    bot = railway.bot(volume=False, healthcheckPath="/", TINY_HEALTH=200)
    first = bot.up()
    second = bot.up()
    bot.reaches(first, "REMOVED")
    ended = [r["timestamp"] for r in bot.log(first) if r["message"] == "ended"]
    booted = [r["timestamp"] for r in bot.log(second) if r["message"] == "boot"]
    assert booted[0] < ended[0]


def test_overlap_with_a_volume_is_a_fault(railway: Railway) -> None:
    """Seen at Railway, so a ledger needs a lock of its own."""
    bot = railway.bot(healthcheckPath="/", TINY_HEALTH=200)
    first = bot.up()
    railway.control("faults", name="deployments-overlap", times=1)
    second = bot.up()
    bot.reaches(first, "REMOVED")
    ended = [r["timestamp"] for r in bot.log(first) if r["message"] == "ended"]
    booted = [r["timestamp"] for r in bot.log(second) if r["message"] == "boot"]
    assert booted[0] < ended[0]


def test_a_deaf_process_is_killed_after_draining(railway: Railway) -> None:
    bot = railway.bot(drainingSeconds=1, TINY_DEAF=1)
    identity = bot.up()
    bot.act("deploymentStop", identity)
    bot.instance_reaches(identity, "EXITED")
    assert bot.says(identity, "deaf")
    assert railway.deployment_truth(identity)["exit_code"] == 128 + 9


def test_without_draining_there_is_no_time_to_end(railway: Railway) -> None:
    """Railway's default is 0 s."""
    bot = railway.bot(drainingSeconds=None, TINY_DEAF=1)
    identity = bot.up()
    bot.act("deploymentStop", identity)
    bot.instance_reaches(identity, "EXITED")
    assert railway.deployment_truth(identity)["exit_code"] == 128 + 9


def test_status_stays_success_after_a_stop(railway: Railway) -> None:
    bot = railway.bot()
    identity = bot.up()
    pid = railway.deployment_truth(identity)["pid"]
    bot.act("deploymentStop", identity)
    bot.instance_reaches(identity, "EXITED")
    found = bot.read(identity)
    assert found["status"] == "SUCCESS"
    assert found["deploymentStopped"] is True
    assert not Path("/proc", str(pid)).exists()
    active = railway.ask(
        """query($s: String!, $e: String!) { serviceInstance(serviceId: $s, environmentId: $e) {
           activeDeployments { id } } }""",
        s=bot.service,
        e=bot.environment,
    )
    assert [one["id"] for one in active["activeDeployments"]] == [identity]


def test_a_restart_brings_the_same_deployment_back(railway: Railway) -> None:
    bot = railway.bot()
    identity = bot.up()
    bot.act("deploymentStop", identity)
    bot.instance_reaches(identity, "EXITED")
    bot.act("deploymentRestart", identity)
    bot.instance_reaches(identity, "RUNNING")
    railway.until(
        lambda: [r["message"] for r in bot.log(identity)].count("ready") == 2, "a second start"
    )


def test_a_restart_keeps_the_variables_of_the_deployment(railway: Railway) -> None:
    bot = railway.bot(COLOUR="blue")
    identity = bot.up()
    bot.act("deploymentStop", identity)
    bot.instance_reaches(identity, "EXITED")
    railway.patch(
        bot.environment, {"services": {bot.service: {"variables": {"COLOUR": {"value": "red"}}}}}
    )
    bot.act("deploymentRestart", identity)
    bot.instance_reaches(identity, "RUNNING")
    assert railway.until(
        lambda: [r for r in bot.log(identity) if r["message"] == "boot"][1:], "a second boot"
    )
    assert '"COLOUR": "blue"' in str(bot.log(identity)[-4:])


def test_a_removal_deletes_the_directory_and_ends_the_process(railway: Railway) -> None:
    bot = railway.bot()
    identity = bot.up()
    told = railway.deployment_truth(identity)
    bot.act("deploymentRemove", identity)
    bot.reaches(identity, "REMOVED")
    assert not Path(told["directory"]).exists()
    assert not Path("/proc", str(told["pid"])).exists()


def test_processes_that_left_the_group_end_too(railway: Railway) -> None:
    bot = railway.bot(TINY_CHILD=1)
    identity = bot.up()
    child = Path("/proc", str(bot.says(identity, "child")["pid"]))
    assert child.exists()
    bot.act("deploymentStop", identity)
    bot.instance_reaches(identity, "EXITED")
    # killed; whoever inherits it reaps it
    railway.until(
        lambda: not child.exists() or "State:\tZ" in (child / "status").read_text(), "its end"
    )


def test_required_mount_path_stops_a_deployment_without_its_volume(railway: Railway) -> None:
    bot = railway.bot(volume=False, requiredMountPath="/app/data")
    identity = bot.deploy()
    bot.reaches(identity, "FAILED")
    assert "requiredMountPath" in bot.log(identity)[-1]["message"]


def test_a_mount_may_be_missing_by_fault(railway: Railway) -> None:
    bot = railway.bot()
    railway.control("faults", name="mount-missing", times=1)
    seen = boot(bot, bot.up())
    assert seen["mounted"] is False
    assert seen["variables"]["RAILWAY_VOLUME_MOUNT_PATH"] == "/app/data"


def test_a_deployment_on_its_way_has_no_instance_and_reads_as_stopped(railway: Railway) -> None:
    """`deploymentStopped` alone is no proof of anything."""
    bot = railway.bot()
    railway.control("faults", name="deploy-stuck", times=1)
    identity = bot.deploy()
    found = bot.reaches(identity, "DEPLOYING")
    assert found["deploymentStopped"] is True
    assert found["instances"] == []
    stop = "mutation($id: String!) { deploymentStop(id: $id) }"
    assert "in progress" in railway.refusal(stop, id=identity)
    bot.act("deploymentCancel", identity)
    bot.reaches(identity, "REMOVED")


def test_a_running_deployment_cannot_be_cancelled(railway: Railway) -> None:
    bot = railway.bot()
    identity = bot.up()
    cancel = "mutation($id: String!) { deploymentCancel(id: $id) }"
    assert "Cannot cancel" in railway.refusal(cancel, id=identity)


def test_redeploy_runs_the_old_image_and_deploy_the_new_one(railway: Railway) -> None:
    bot = railway.bot()
    bot.up()
    railway.patch(
        bot.environment, {"services": {bot.service: {"source": {"image": "example/bot@sha256:2"}}}}
    )
    redeploy = """mutation($s: String!, $e: String!) {
                  serviceInstanceRedeploy(serviceId: $s, environmentId: $e) }"""
    assert railway.ask(redeploy, s=bot.service, e=bot.environment) is True
    latest = """query($s: String!, $e: String!) { serviceInstance(serviceId: $s, environmentId: $e)
                { source { image } latestDeployment { id meta } } }"""
    found = railway.ask(latest, s=bot.service, e=bot.environment)
    assert found["source"]["image"] == "example/bot@sha256:2"
    assert found["latestDeployment"]["meta"]["image"] == "example/bot@sha256:1"
    assert bot.read(bot.up())["meta"]["image"] == "example/bot@sha256:2"


def test_a_rollback_brings_the_old_variables_back(railway: Railway) -> None:
    """So it can take a halt away that was set by variable."""
    bot = railway.bot(COLOUR="blue")
    first = bot.up()
    railway.patch(
        bot.environment, {"services": {bot.service: {"variables": {"COLOUR": {"value": "red"}}}}}
    )
    second = bot.up()
    assert boot(bot, second)["variables"]["COLOUR"] == "red"
    bot.act("deploymentRollback", first)
    bot.reaches(second, "REMOVED")
    latest = railway.truth()["deployments"][-1]["id"]
    assert boot(bot, latest)["variables"]["COLOUR"] == "blue"


def test_a_host_move_deploys_unasked(railway: Railway) -> None:
    bot = railway.bot()
    railway.control("faults", name="host-moves", times=1)
    first = bot.deploy()
    bot.reaches(first, "REMOVED")
    railway.until(lambda: bot.statuses() == ["SUCCESS", "REMOVED"], "the deployment of the move")


def test_a_stop_can_lie(railway: Railway) -> None:
    bot = railway.bot()
    identity = bot.up()
    railway.control("faults", name="stop-lies", times=1)
    assert bot.act("deploymentStop", identity) is True
    assert railway.deployment_truth(identity)["pid"]
    bot.act("deploymentStop", identity)
    bot.instance_reaches(identity, "EXITED")
