"""What a stack may say, and the one line it gets for everything else."""

import pulumi
import pytest

from infra import settings
from infra.settings import Image, Mode, Plan, Region, Repository, Schedule, read

DIGEST = "ghcr.io/acme/poly@sha256:" + "a" * 64
GOOD = {
    "poly:plan": "pro",
    "poly:region": "europe-west4-drams3a",
    "poly:regionSignedOff": "europe-west4-drams3a 2026-11-23 R. Owner",
    "poly:image": DIGEST,
}


def given(*, secret: tuple[str, ...] = (), without: str = "", **keys: str) -> settings.Settings:
    """Read a good stack with some keys changed."""
    config = {**GOOD, **{f"poly:{name}": value for name, value in keys.items()}}
    config.pop(f"poly:{without}", None)
    pulumi.runtime.set_all_config(config, [f"poly:{name}" for name in secret])
    return read(pulumi.Config("poly"))


def refusal(*, secret: tuple[str, ...] = (), without: str = "", **keys: str) -> str:
    """Return the line a stack is refused with."""
    with pytest.raises(pulumi.RunError) as refused:
        given(secret=secret, without=without, **keys)
    line = str(refused.value)
    assert "\n" not in line
    return line


def test_the_least_a_stack_says_is_paper_in_one_project() -> None:
    said = given()
    assert (said.project, said.environment, said.service) == ("poly", "production", "poly")
    assert said.mode is Mode.PAPER
    assert (said.plan, said.region) == (Plan.PRO, Region.AMSTERDAM)
    assert said.source == Image(DIGEST)
    assert said.volume_mb is None
    assert said.start_command == "python -m bot.watchdog"
    assert said.backups.schedule == ()


@pytest.mark.parametrize("key", ["plan", "region", "image"])
def test_a_missing_key_is_named_with_the_command_that_sets_it(key: str) -> None:
    line = refusal(without=key)
    assert f"poly:{key} is missing" in line
    assert f"pulumi config set poly:{key}" in line


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("plan", "free", "hobby, pro"),
        ("region", "eu-west-1", "europe-west4-drams3a"),
        ("mode", "live", "REPLAY, PAPER, LIVE"),
        ("image", "ghcr.io/acme/poly:latest", "pin the digest"),
        ("storage", "turso", "does not exist yet"),
        ("storage", "memory", "use volume"),
        ("mountPath", "/data", "/app/data"),
        ("volumeMb", "0", "above 0"),
        ("volumeMb", "5000.5", "whole megabytes"),
        ("volumeMb", "five", "number"),
        ("cpu", "99", "at most 48"),
        ("memoryGb", "nan", "number"),
        ("project", "x" * 40, "1 to 32"),
        ("bucket", "Poly Backups", "small letters"),
        ("bucketRegion", "europe-west4-drams3a", "ams"),
        ("backupSchedule", '["HOURLY"]', "DAILY"),
        ("backupSchedule", '"DAILY"', "list"),
        ("sealSecrets", "yes", "true or false"),
        ("variables", '["POLY_SEED"]', "map of names"),
        ("variables", '{"poly seed": "3"}', "capital letters"),
        ("variables", '{"POLY_HALT": "1"}', "kill switch"),
        ("variables", '{"RAILWAY_TOKEN": "x"}', "Railway"),
        ("variables", '{"POLY_MODE": "LIVE"}', "estate sets"),
        ("secrets", '"POLYMARKET_API_KEY"', "list"),
        ("repository", "acme/poly", "poly:image is set too"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_remedy(
    key: str, value: str, remedy: str
) -> None:
    line = refusal(secret=(), without="", **{key: value})
    assert f"poly:{key} is " in line
    assert remedy in line


def test_a_value_of_a_variable_is_never_repeated() -> None:
    line = refusal(variables='{"POLY_SEED": 31337}')
    assert line == "poly:variables.POLY_SEED is 'int': quote it: values are strings"


def test_a_mistyped_key_is_refused_with_the_nearest_known_one() -> None:
    assert refusal(regoin="x") == ("poly:regoin is not a known key: did you mean poly:region?")


def test_a_sign_off_is_void_when_the_region_changes() -> None:
    line = refusal(region="us-west2")
    assert "poly:regionSignedOff" in line
    assert "us-west2 YYYY-MM-DD NAME" in line


def test_hobby_has_no_backups_and_is_told_so() -> None:
    assert "Hobby plan has no volume backups" in refusal(plan="hobby", backupSchedule='["DAILY"]')


def test_a_schedule_is_kept_in_one_order_without_doubles() -> None:
    said = given(backupSchedule='["WEEKLY","DAILY","WEEKLY"]')
    assert said.backups.schedule == (Schedule.DAILY, Schedule.WEEKLY)


def test_a_repository_has_a_branch_and_never_trades_live() -> None:
    assert "poly:branch is missing" in refusal(without="image", repository="acme/poly")
    assert given(without="image", repository="acme/poly", branch="main").source == Repository(
        "acme/poly", "main"
    )
    assert "LIVE needs poly:image" in refusal(
        without="image", repository="acme/poly", branch="main", mode="LIVE"
    )


def test_a_secret_in_clear_is_refused_without_being_printed() -> None:
    line = refusal(secrets='["POLYMARKET_API_KEY"]', POLYMARKET_API_KEY="hunter2-hunter2")
    assert "in clear" in line
    assert "pulumi config set --secret poly:POLYMARKET_API_KEY" in line
    assert "hunter2" not in line


def test_a_secret_without_a_value_is_refused_with_the_command_that_sets_it() -> None:
    line = refusal(secrets='["POLYMARKET_API_KEY"]')
    assert "poly:POLYMARKET_API_KEY is missing" in line
    assert "--secret" in line


async def test_secrets_stay_secret_outputs_and_are_sealed_on_pro() -> None:
    said = given(
        secret=("POLYMARKET_API_KEY",),
        secrets='["POLYMARKET_API_KEY"]',
        POLYMARKET_API_KEY="hunter2-hunter2",
    )
    output = said.variables.secret["POLYMARKET_API_KEY"]
    assert await output.is_secret()
    assert said.variables.sealed
    assert "hunter2" not in repr(said)


def test_sealing_is_off_on_hobby_unless_asked_for() -> None:
    assert not given(plan="hobby").variables.sealed
    assert given(plan="hobby", sealSecrets="true").variables.sealed
