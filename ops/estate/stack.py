"""What a stack declares, read from its file, and what it made, asked from the Pulumi CLI.

The file is read as it is: secrets in it are ciphertext and are not touched. Nothing here changes a
stack.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.domain.refusal import ExitCode, Refused
from ops.estate import cli
from ops.estate.cost import TYPICAL, Plan, Usage

DEFAULT_VOLUME_GB = {Plan.HOBBY: 5.0, Plan.PRO: 50.0}
OUTPUTS_S_MAX = 60.0
NO_YAML = "PyYAML is missing: install poly with its extra [demo]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The part of a stack that decides its cost, and what `poly infra` compares."""

    name: str
    plan: Plan
    cpu: float
    memory_gb: float
    volume_gb: float
    mode: str
    region: str
    scheduled: bool
    bucket: bool

    def expected(self) -> Usage:
        """Return a typical month, never more than the limits allow."""
        volume = min(TYPICAL.volume_gb, self.volume_gb)
        return Usage(
            vcpu=min(TYPICAL.vcpu, self.cpu),
            memory_gb=min(TYPICAL.memory_gb, self.memory_gb),
            volume_gb=volume,
            backup_gb=volume if self.scheduled else 0.0,
            egress_gb=TYPICAL.egress_gb,
            bucket_gb=TYPICAL.bucket_gb if self.bucket else 0.0,
        )

    def at_limits(self) -> Usage:
        """Return a month at the declared limits with a full volume."""
        return Usage(
            vcpu=self.cpu,
            memory_gb=self.memory_gb,
            volume_gb=self.volume_gb,
            backup_gb=self.volume_gb if self.scheduled else 0.0,
            egress_gb=TYPICAL.egress_gb,
            bucket_gb=TYPICAL.bucket_gb if self.bucket else 0.0,
        )


def config_folder() -> Path:
    """Return where the stacks' files are, as the project says.

    Raises:
        Refused: its Pulumi.yaml cannot be read.

    """
    import msgspec  # noqa: PLC0415 - not needed by the commands that do not read a stack

    file = cli.project() / "Pulumi.yaml"
    try:
        return file.parent / str(msgspec.yaml.decode(file.read_bytes())["stackConfigDir"])
    except ImportError:
        raise Refused(NO_YAML, ExitCode.USAGE) from None
    except (OSError, msgspec.DecodeError, KeyError, TypeError) as error:
        raise Refused(f"{file}: {' '.join(str(error).split())}", ExitCode.USAGE) from None


def declared(name: str, inside: Path | None = None) -> Declared:
    """Read what a stack's file declares.

    Raises:
        Refused: there is no such stack file, it is no YAML, or a value cannot be read.

    """
    import msgspec  # noqa: PLC0415 - not needed by the commands that do not read a stack

    folder = inside or config_folder()
    file = folder / f"Pulumi.{name}.yaml"
    if not file.is_file():
        there = ", ".join(sorted(stacks(folder))) or "none"
        raise Refused(f"stack {name!r}: {file} does not exist; stacks: {there}", ExitCode.USAGE)
    try:
        document = msgspec.yaml.decode(file.read_bytes())
        config = {
            key.removeprefix("poly:"): value for key, value in (document["config"] or {}).items()
        }
        return _declared(name, config)
    except ImportError:
        raise Refused(NO_YAML, ExitCode.USAGE) from None
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        why = " ".join(str(error).split())
        raise Refused(f"stack {name!r}: {file} cannot be read: {why}", ExitCode.USAGE) from None


def _declared(name: str, config: Mapping[str, object]) -> Declared:
    plan = Plan(str(config["plan"]))
    size_mb = config.get("volumeMb")
    return Declared(
        name=name,
        plan=plan,
        cpu=float(str(config.get("cpu", 1))),
        memory_gb=float(str(config.get("memoryGb", 1))),
        volume_gb=float(str(size_mb)) / 1000 if size_mb else DEFAULT_VOLUME_GB[plan],
        mode=str(config.get("mode", "PAPER")),
        region=str(config["region"]),
        scheduled=bool(config.get("backupSchedule")),
        bucket=bool(config.get("bucket")),
    )


def stacks(folder: Path) -> list[str]:
    """Return the names of the stacks that have a file."""
    return [
        file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in folder.glob("*.yaml")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the bot runs on Railway."""

    project: str
    environment: str
    service: str


def target(stack: str | None, environment: Mapping[str, str] | None = None) -> Target:
    """Return the ids of the bot's service: from the stack's outputs, else from the environment.

    Raises:
        Refused: neither names all three.

    """
    given = os.environ if environment is None else environment
    if stack is not None:
        made = outputs(stack, given)
        names = ("projectId", "environmentId", "serviceId")
        remedy = f"run `pulumi up --stack {stack}` first"
    else:
        made = dict(given)
        names = ("RAILWAY_PROJECT_ID", "RAILWAY_ENVIRONMENT_ID", "RAILWAY_SERVICE_ID")
        remedy = "set it, or name the stack with --stack"
    for name in names:
        if not made.get(name):
            raise Refused(f"{name} is missing: {remedy}", ExitCode.USAGE)
    project, inside, service = (str(made[name]) for name in names)
    return Target(project=project, environment=inside, service=service)


def outputs(stack: str, environment: Mapping[str, str]) -> dict[str, object]:
    """Ask the CLI for what a stack exports.

    Raises:
        Refused: no CLI, no such stack, or an answer that is no JSON.

    """
    asked = cli.run(
        cli.need(),
        ["stack", "output", "--json", "--stack", stack],
        environment,
        timeout_s=OUTPUTS_S_MAX,
    )
    if asked.returncode:
        last = (asked.stderr.strip().splitlines() or ["no message"])[-1]
        raise Refused(f"pulumi stack output --stack {stack}: {last}", ExitCode.OUTSIDE)
    answer = json.loads(asked.stdout or "{}")
    return answer if isinstance(answer, dict) else {}
