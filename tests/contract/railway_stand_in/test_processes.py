"""A container's process: commands, exit codes, restarts, health at deploy time, log, sleep."""

from collections.abc import Callable

from tests.contract.railway_stand_in.railway import Railway


def test_exit_0_is_not_restarted_and_stays_success(railway: Railway) -> None:
    bot = railway.bot(TINY_EXIT=0)
    identity = bot.up()
    bot.instance_reaches(identity, "EXITED")
    assert bot.read(identity)["status"] == "SUCCESS"
    assert railway.deployment_truth(identity)["restarts"] == 0


def test_a_crash_is_restarted_as_often_as_the_policy_says_and_then_crashed(
    railway: Railway,
) -> None:
    bot = railway.bot(TINY_EXIT=3, restartPolicyMaxRetries=2)
    identity = bot.deploy()
    bot.reaches(identity, "CRASHED")
    told = railway.deployment_truth(identity)
    assert told["restarts"] == 2
    assert told["exit_code"] == 3
    assert [r["message"] for r in bot.log(identity)].count("boot") == 3


def test_never_is_never(railway: Railway) -> None:
    bot = railway.bot(TINY_EXIT=3, restartPolicyType="NEVER")
    identity = bot.deploy()
    bot.reaches(identity, "CRASHED")
    assert railway.deployment_truth(identity)["restarts"] == 0


def test_a_killed_process_comes_back_with_its_container(railway: Railway) -> None:
    bot = railway.bot(volume=False)
    identity = bot.up()
    railway.control("deployments", id=identity, do="kill")
    railway.until(
        lambda: [r["message"] for r in bot.log(identity)].count("ready") == 2, "a restart"
    )
    rows = [r for r in bot.log(identity) if r["message"] == "boot"][-1]["attributes"]
    assert {a["key"]: a["value"] for a in rows}["rows"] == f'["{identity}", "{identity}"]'


def test_a_health_check_that_passes_makes_success(railway: Railway) -> None:
    bot = railway.bot(healthcheckPath="/health", TINY_HEALTH=200)
    bot.up()


def test_a_health_check_that_fails_makes_failed_and_ends_the_process(railway: Railway) -> None:
    bot = railway.bot(healthcheckPath="/health", healthcheckTimeout=1, TINY_HEALTH=503)
    identity = bot.deploy()
    bot.reaches(identity, "FAILED")
    assert railway.deployment_truth(identity)["live"] is False
    events = railway.ask(
        """query($id: String!) { deploymentEvents(id: $id, first: 20) {
           edges { node { step payload { error attempt } } } } }""",
        id=identity,
    )
    health = next(e["node"] for e in events["edges"] if e["node"]["step"] == "HEALTHCHECK")
    assert "no HTTP 200 within 1 s" in health["payload"]["error"]
    assert health["payload"]["attempt"] > 0


def test_a_command_that_cannot_run_crashes(railway: Railway) -> None:
    bot = railway.bot(startCommand="no-such-program --now", restartPolicyMaxRetries=0)
    identity = bot.deploy()
    bot.reaches(identity, "CRASHED")
    assert railway.deployment_truth(identity)["exit_code"] == 127
    assert any("no-such-program" in row["message"] for row in bot.log(identity))


def test_a_start_command_is_exec_form(railway: Railway) -> None:
    """No shell: a dollar and an ampersand reach the program as they are."""
    script = "import sys; print(sys.argv[1:])"
    bot = railway.bot(startCommand=f'python -c "{script}" $HOME && x')
    identity = bot.deploy()
    bot.reaches(identity, "SUCCESS")
    bot.says(identity, "['$HOME', '&&', 'x']")


def test_a_pre_deploy_command_runs_without_the_volume(railway: Railway) -> None:
    code = "import os; print('pre', 'RAILWAY_VOLUME_ID' in os.environ)"
    bot = railway.bot(preDeployCommand=[f'python -c "{code}"'])
    identity = bot.up()
    bot.says(identity, "pre False")


def test_a_failing_pre_deploy_command_fails_the_deployment(railway: Railway) -> None:
    bot = railway.bot(preDeployCommand=['python -c "raise SystemExit(4)"'])
    identity = bot.deploy()
    bot.reaches(identity, "FAILED")


def test_log_rows_are_parsed_filtered_and_limited(railway: Railway) -> None:
    bot = railway.bot()
    identity = bot.up()
    rows = bot.log(identity)
    assert rows == sorted(rows, key=lambda row: row["timestamp"])
    assert {row["tags"]["deploymentId"] for row in rows} == {identity}
    errors = bot.log(identity, filter="@level:error")
    assert [row["message"] for row in errors] == ["plain words on stderr"]
    assert [row["message"] for row in bot.log(identity, filter="ready")] == ["ready"]
    assert len(bot.log(identity, limit=2)) == 2
    railway.control("faults", name="log-row-more", times=1)
    assert len(bot.log(identity, limit=2)) == 3


def test_more_than_500_lines_a_second_are_dropped(railway: Railway) -> None:
    bot = railway.bot(TINY_LINES=3000)
    identity = bot.deploy()
    railway.until(
        lambda: any("rate limit of 500" in r["message"] for r in bot.log(identity, limit=5000)),
        "the note of dropped lines",
    )
    kept = [r for r in bot.log(identity, limit=5000) if r["message"].startswith("line ")]
    assert len(kept) < 3000


def test_a_sleeping_deployment_says_so_and_wakes(railway: Railway) -> None:
    bot = railway.bot(sleepApplication=True)
    identity = bot.up()
    railway.control("deployments", id=identity, do="sleep")
    bot.instance_reaches(identity, "EXITED")
    assert bot.read(identity)["status"] == "SLEEPING"
    railway.control("deployments", id=identity, do="wake")
    bot.reaches(identity, "SUCCESS")


def test_a_hard_usage_limit_takes_everything_offline(start: Callable[..., Railway]) -> None:
    railway = start("--delay-scale", "0")
    bot = railway.bot()
    identity = bot.up()
    limits = {"softLimitDollars": 5, "hardLimitDollars": 10}
    railway.ask(
        "mutation($i: UsageLimitSetInput!) { usageLimitSet(input: $i) }",
        i={"customerId": railway.hello["workspace_id"], **limits},
    )
    assert railway.control("usage-limit")["stopped"] == [identity]
    bot.instance_reaches(identity, "EXITED")
