"""What survives a restart of the stand-in, orderly or not, and what ends with it."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import boto3
from botocore.config import Config

from tests.contract.railway_stand_in.railway import Bot, Railway
from tests.contract.railway_stand_in.test_buckets import credentials, made


def same(bot: Bot, railway: Railway) -> Bot:
    """Return the bot as the restarted stand-in has it."""
    return Bot(railway, bot.project, bot.environment, bot.service, bot.volume, bot.disk)


def alive(pid: int) -> bool:
    status = Path("/proc", str(pid), "status")
    return status.exists() and "State:\tZ" not in status.read_text()


def test_everything_is_found_again(start: Callable[..., Railway], tmp_path: Path) -> None:
    options = ("--plan", "pro", "--delay-scale", "0", "--state", str(tmp_path / "state"))
    first = start(*options)
    bot = first.bot(COLOUR="blue")
    place = made(first, bot.project, bot.environment)
    keys = credentials(first, place)

    def s3(railway: Railway) -> object:
        return boto3.client(
            "s3",
            endpoint_url=railway.hello["s3_url"],
            aws_access_key_id=keys["accessKeyId"],
            aws_secret_access_key=keys["secretAccessKey"],
            region_name="auto",
            config=Config(s3={"addressing_style": "path"}),
        )

    s3(first).put_object(Bucket=keys["bucketName"], Key="k", Body=b"v")  # type: ignore[attr-defined]
    identity = bot.up()
    pid = first.deployment_truth(identity)["pid"]
    config = first.config(bot.environment)
    first.end()
    assert not alive(pid), "what it ran ends with it"

    second = start(*options)
    again = same(bot, second)
    for name in ("workspace_id", "account_token", "workspace_token", "project_token"):
        assert second.hello[name] == first.hello[name]
    assert second.hello["control_token"] != first.hello["control_token"]
    assert second.config(bot.environment) == config
    second.until(
        lambda: [r["message"] for r in again.log(identity)].count("ready") == 2,
        "the deployment's second start",
    )
    assert again.read(identity)["status"] == "SUCCESS"
    rows = Path(second.truth()["volumes"][0]["directory"], "rows").read_text().split()
    assert rows == [identity, identity], "the volume is the same"
    found = s3(second).get_object(Bucket=keys["bucketName"], Key="k")  # type: ignore[attr-defined]
    assert found["Body"].read() == b"v"


def test_what_was_stopped_stays_stopped(start: Callable[..., Railway], tmp_path: Path) -> None:
    options = ("--delay-scale", "0", "--state", str(tmp_path / "state"))
    first = start(*options)
    bot = first.bot()
    identity = bot.up()
    bot.act("deploymentStop", identity)
    bot.instance_reaches(identity, "EXITED")
    first.end()
    second = start(*options)
    told = second.deployment_truth(identity)
    assert (told["status"], told["live"], told["pid"]) == ("SUCCESS", False, None)


def test_a_killed_stand_in_takes_its_containers_along(
    start: Callable[..., Railway], tmp_path: Path
) -> None:
    options = ("--delay-scale", "0", "--state", str(tmp_path / "state"))
    first = start(*options)
    bot = first.bot(TINY_CHILD=1)
    identity = bot.up()
    pid = first.deployment_truth(identity)["pid"]
    child = bot.says(identity, "child")["pid"]
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    first.until(lambda: not alive(pid), "the end of the container's first process")

    second = start(*options)
    second.until(lambda: not alive(child), "the end of what had left the container")
    same(bot, second).instance_reaches(identity, "RUNNING")


def test_a_deployment_on_its_way_goes_on(start: Callable[..., Railway], tmp_path: Path) -> None:
    options = ("--delay-scale", "0", "--state", str(tmp_path / "state"))
    first = start(*options)
    bot = first.bot()
    first.control("faults", name="deploy-stuck", times=1)
    identity = bot.deploy()
    bot.reaches(identity, "DEPLOYING")
    first.end()
    second = start(*options)
    same(bot, second).reaches(identity, "SUCCESS")


def test_the_state_is_for_its_owner_only(start: Callable[..., Railway], tmp_path: Path) -> None:
    start("--state", str(tmp_path / "state"))
    file = tmp_path / "state" / "state.json"
    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text())["tokens"]


def test_without_a_state_nothing_is_left(start: Callable[..., Railway]) -> None:
    railway = start("--delay-scale", "0")
    railway.bot().up()
    directory = Path(railway.hello["state"])
    assert directory.exists()
    railway.end()
    assert not directory.exists()


def test_time_that_was_advanced_stays_so(start: Callable[..., Railway], tmp_path: Path) -> None:
    options = ("--state", str(tmp_path / "state"))
    first = start(*options)
    now = first.control("clock", advance_s=1_000_000)["now"]
    first.end()
    assert start(*options).truth()["now"] > now
