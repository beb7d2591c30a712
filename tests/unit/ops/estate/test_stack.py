"""What a stack's file declares, and the line for one that cannot be read."""

from pathlib import Path

import pytest

from bot.domain.refusal import ExitCode, Refused
from ops.estate import stack
from ops.estate.cost import Plan

FILE = """
encryptionsalt: v1:abc
config:
  poly:plan: pro
  poly:region: us-west2
  poly:cpu: "0.05"
  poly:memoryGb: "2"
  poly:volumeMb: "10000"
  poly:bucket: backups
  poly:backupSchedule: [DAILY]
  poly:POLYMARKET_API_KEY:
    secure: v1:ciphertext
"""


def write(folder: Path, text: str) -> Path:
    (folder / "Pulumi.prod.yaml").write_text(text)
    return folder


def test_a_stack_is_read_with_its_limits(tmp_path: Path) -> None:
    said = stack.declared("prod", write(tmp_path, FILE))
    assert (said.plan, said.cpu, said.memory_gb, said.volume_gb) == (Plan.PRO, 0.05, 2.0, 10.0)
    assert said.scheduled
    assert said.bucket
    assert said.mode == "PAPER"


def test_the_expected_month_stays_within_the_limits(tmp_path: Path) -> None:
    said = stack.declared("prod", write(tmp_path, FILE))
    assert said.expected().vcpu == 0.05
    assert said.expected().memory_gb == 0.5
    assert said.expected().backup_gb == said.expected().volume_gb == 2.0
    assert said.at_limits().volume_gb == 10.0


def test_every_stack_in_the_repository_can_be_estimated() -> None:
    names = stack.stacks(stack.config_folder())
    assert {"dev", "prod-example"} <= set(names)
    assert all(stack.declared(name).volume_gb > 0 for name in names)


@pytest.mark.parametrize(
    "text",
    ["config: [", "", "config:\n  poly:region: us-west2\n", "config:\n  poly:plan: free\n"],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused) as refused:
        stack.declared("prod", write(tmp_path, text))
    assert refused.value.code is ExitCode.USAGE
    assert "\n" not in str(refused.value)
    assert "Pulumi.prod.yaml" in str(refused.value)


def test_an_unknown_stack_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"stack 'dev'.*stacks: prod"):
        stack.declared("dev", write(tmp_path, FILE))


def test_the_target_is_taken_from_the_environment_when_no_stack_is_named() -> None:
    ids = {
        "RAILWAY_PROJECT_ID": "p",
        "RAILWAY_ENVIRONMENT_ID": "e",
        "RAILWAY_SERVICE_ID": "s",
    }
    assert stack.target(None, ids) == stack.Target(project="p", environment="e", service="s")
    with pytest.raises(Refused, match="RAILWAY_SERVICE_ID is missing: set it"):
        stack.target(None, {**ids, "RAILWAY_SERVICE_ID": ""})
